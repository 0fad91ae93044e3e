"""The transcript's model against brute force: every place, every height, every replay limit."""

import asyncio
import random
from pathlib import Path

import pytest

from aarctl.journal import events as ev
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal
from aarctl.tui.transcript.model import TranscriptModel
from tests.fakes.journals import BEGINS, long_journal_now, write

EVENTS = 2_000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_journal_now(tmp_path_factory.mktemp("long") / "long", EVENTS, researchers=3)


def model_of(reader: JournalReader, who: str | None = None, width: int = 61) -> TranscriptModel:
    return TranscriptModel(reader, reader.last_seq(), who, origin=BEGINS, width=width)


def all_places(model: TranscriptModel) -> list[tuple[int, int]]:
    places = []
    item = model.next(0)
    while item is not None:
        places += [(item.seq, line) for line in range(model.layout(item).height)]
        item = model.next(item.seq)
    return places


@pytest.mark.parametrize("who", [None, "r2"])
def test_walking_equals_brute_force(run: Path, who: str | None) -> None:
    draw = random.Random(5)
    with JournalReader(run) as reader:
        model = model_of(reader, who)
        places = all_places(model)
        for _ in range(400):
            at, steps = draw.randrange(len(places)), draw.randint(-300, 300)
            assert model.walk(places[at], steps) == places[min(max(at + steps, 0), len(places) - 1)]


def test_heights_are_exact_once_everything_was_read(run: Path) -> None:
    with JournalReader(run) as reader:
        model = model_of(reader)
        places = all_places(model)
        for seq in range(0, EVENTS, 256):
            model.y_of(seq or 1, 0)
        model.y_of(EVENTS, 0)
        assert model.total == len(places)
        for y in range(0, len(places), 37):
            assert model.at_y(y) == places[y]
            assert model.y_of(*places[y]) == y


def test_the_guess_is_near_before_anything_was_read(run: Path) -> None:
    with JournalReader(run) as reader:
        model = model_of(reader)
        guess = model.total
        assert 0.4 < guess / len(all_places(model)) < 2.5


def test_totals_at_a_replay_limit_are_exact_and_nothing_later_can_be_reached(run: Path) -> None:
    draw = random.Random(3)
    with JournalReader(run) as reader:
        model = model_of(reader)
        for seq in [*range(1, EVENTS, 256), EVENTS]:
            model.y_of(seq, 0)
        places = all_places(model)
        for limit in [1, 255, 256, 257, EVENTS, *(draw.randint(1, EVENTS) for _ in range(30))]:
            model.limit = limit
            assert model.total == sum(seq <= limit for seq, _ in places)
            assert model.next(limit) is None and model.item(limit + 1) is None
            last = model.prev(EVENTS + 1)
            assert last is None or last.seq <= limit


def test_appended_events_are_where_a_new_model_has_them(run: Path) -> None:
    with JournalReader(run) as reader:
        grown = TranscriptModel(reader, 700, "r1", origin=BEGINS, width=61)
        grown.fill(grown.bottom(30), 30)
        records = list(reader.records(700))
        for at in range(0, len(records), 90):
            grown.append(records[at : at + 90])
        fresh = model_of(reader, "r1")
        assert grown.fill(grown.bottom(80), 80) == fresh.fill(fresh.bottom(80), 80)
        assert all_places(grown) == all_places(fresh)


def test_expanding_and_collapsing_leaves_no_trace(run: Path) -> None:
    with JournalReader(run) as reader:
        model = model_of(reader)
        places = all_places(model)
        long = next(seq for seq, _ in places if (item := model.item(seq)) is not None and model.layout(item).hidden)
        model.y_of(long, 0)
        before = model.y_of(EVENTS, 0)
        assert model.toggle(long) and model.y_of(EVENTS, 0) > before
        assert model.toggle(long) and model.y_of(EVENTS, 0) == before


def test_another_width_keeps_places_but_not_heights(run: Path) -> None:
    with JournalReader(run) as reader:
        model = model_of(reader)
        wide = len(all_places(model))
        model.set_width(30)
        assert len(all_places(model)) > wide


def test_a_cut_text_is_read_whole_when_it_is_expanded(tmp_path: Path) -> None:
    blob = "\n".join(f"line {number} of a long output" for number in range(800))
    run = tmp_path / "demo"
    write(run, "new")

    async def add() -> None:
        journal = await Journal.open(run, pid=2)
        kept = await journal.text(blob)
        await journal.record(ev.ToolCompleted(researcher="r1", call="c9", turn=1, tool="shell", ok=True, output=kept))
        await journal.close()

    asyncio.run(add())
    with JournalReader(run) as reader:
        model = model_of(reader, "r1")
        last = model.prev(model.end + 1)
        assert last is not None and last.more and "line 799" not in last.text
        assert model.toggle(last.seq)
        whole = model.item(last.seq)
        assert whole is not None and "line 799" in whole.text
