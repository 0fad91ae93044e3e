"""Searching the whole fleet: answers from an index that is still being built, of a journal that still grows."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aarctl.journal import events as ev
from aarctl.journal.reader import JournalReader, Record
from aarctl.journal.search import FILE
from aarctl.journal.store import Journal
from aarctl.tui.drawing.lines import plain
from aarctl.tui.screens.search import result_line, standing
from aarctl.tui.transcript.everywhere import Answer, Everywhere, Hit, hit_of
from aarctl.tui.transcript.items import item_of
from aarctl.tui.transcript.query import query_of_words
from tests.fakes.journals import HOSTILE, long_journal_now

EVENTS = 1_200


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return long_journal_now(tmp_path / "long", EVENTS, researchers=3)


@pytest.fixture
def search(run: Path) -> Iterator[Callable[..., Everywhere]]:
    made: list[Everywhere] = []

    def make(**options: object) -> Everywhere:
        told = threading.Event()
        made.append(Everywhere(run, told.set, **options).start())  # type: ignore[arg-type]
        made[-1].told = told  # type: ignore[attr-defined]
        return made[-1]

    yield make
    for each in made:
        each.stop()
        each._thread.join(60)
        assert not each._thread.is_alive()


def until(search: Everywhere, true: Callable[[Answer], bool]) -> Answer:
    end = time.monotonic() + 20
    while not true(search.answer):
        assert time.monotonic() < end, search
        search.told.wait(1)  # type: ignore[attr-defined]
        search.told.clear()  # type: ignore[attr-defined]
    return search.answer


def test_the_answer_is_what_brute_force_finds(run: Path, search: Callable[..., Everywhere]) -> None:
    asks = search()
    asks.ask("teacher student")
    answer = until(asks, lambda answer: answer.text == "teacher student" and answer.upto == answer.last)
    with JournalReader(run) as reader:
        texts = {record.seq: item_of(record, 0) for record in reader.records()}
    brute = [seq for seq, item in texts.items() if item and "teacher" in item.text and "student" in item.text]
    assert answer.total == len(brute) and [hit.seq for hit in answer.hits] == brute[::-1][:200]
    assert (run / FILE).exists()


async def test_what_comes_while_it_looks_is_found(run: Path, search: Callable[..., Everywhere]) -> None:
    asks = search()
    asks.ask("brandnew")
    until(asks, lambda answer: answer.text == "brandnew" and answer.upto == answer.last >= EVENTS)
    journal = await Journal.open(run, pid=3)
    await journal.record(ev.PersonTold(researcher="r2", text=ev.head_of("a brandnew thing")))
    await journal.close()
    answer = until(asks, lambda answer: answer.total == 1)
    assert answer.hits[0].researcher == "r2" and answer.hits[0].label == "tells you"


def test_a_replay_finds_nothing_after_its_cursor_and_a_read_only_room_leaves_nothing(
    run: Path, search: Callable[..., Everywhere]
) -> None:
    asks = search(readonly=True, upto=300)
    asks.ask("seed")
    answer = until(asks, lambda answer: answer.text == "seed" and answer.upto == answer.last)
    assert answer.hits and all(hit.seq <= 300 for hit in answer.hits) and not (run / FILE).exists()


def test_a_run_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    told = threading.Event()
    asks = Everywhere(tmp_path, told.set).start()
    assert told.wait(60) and "no run at" in asks.error


@pytest.mark.parametrize("words", HOSTILE)
def test_a_result_of_hostile_words_is_one_line_of_its_width(words: str) -> None:
    from aarctl.tui.drawing.lines import width

    event = ev.PersonTold(researcher="r1", text=ev.head_of(f"{words} needle {words}"))
    hit = hit_of(Record(7, 9, "r1", event), query_of_words("needle"))
    for room in (30, 60, 110):
        line = result_line(hit, 0, room)
        assert width(line) <= room
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in plain(line))


def test_the_hit_is_in_sight_however_far_along_its_line_it_is() -> None:
    hit = Hit(7, 90_000_000, "r1", "tells you", (), "x" * 150 + " needle", ((151, 157),))
    line = result_line(hit, 0, 80)
    assert [piece.text for piece in line if piece.tone == "here"] == ["needle"] and "…" in plain(line)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(""), "all words, in any order"),
        (Answer("x", (), 1, 50, 50), "1 event"),
        (Answer("x", (), 0, 50, 200), "0 events · indexed 25% so far"),
    ],
)
def test_how_it_stands_is_said(answer: Answer, words: str) -> None:
    assert words in standing(answer, answer.total)
    assert standing(Answer("x", (), 4_123, 9, 9), 200) == "the newest 200 of 4,123 events"
