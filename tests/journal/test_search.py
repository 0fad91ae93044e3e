"""The index against brute force, and while the journal grows, is shared, damaged, deleted or another's."""

from __future__ import annotations

import re
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.events import ForumPosted
from aarctl.journal.reader import JournalReader, Record
from aarctl.journal.search import FILE, SearchIndex, question
from aarctl.journal.store import Journal, create

from .making import post


def words_of(record: Record) -> str | None:
    return record.event.text.head if isinstance(record.event, ForumPosted) else None


async def grow(run: Path, *texts: str, who: str = "r1") -> None:
    journal = await Journal.open(run, pid=1)
    await journal.record(*(post(number, text, who) for number, text in enumerate(texts)))
    await journal.close()


class Texts:
    """A journal of texts in memory: what an index reads."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def last_seq(self) -> int:
        return len(self.texts)

    def records(self, after: int = 0, *, upto: int | None = None, limit: int = -1):  # type: ignore[no-untyped-def]
        rows = list(enumerate(self.texts, 1))[after:upto]
        for seq, text in rows if limit < 0 else rows[:limit]:
            yield Record(seq, seq, f"r{seq % 2}", post(seq, text, f"r{seq % 2}"))


def brute(texts: tuple[str, ...], text: str) -> list[int]:
    """Events that have each word; the last one typed may have just begun."""

    def has(known: list[str], part: str, begun: bool) -> bool:
        run = re.findall("[a-z0-9]+", part.lower())
        for at in range(len(known) - len(run) + 1):
            *whole, last = known[at : at + len(run)]
            if whole == run[:-1] and (last.startswith(run[-1]) if begun else last == run[-1]):
                return True
        return False

    parts = [part for part in text.split() if re.search("[A-Za-z0-9]", part)]
    found = []
    for seq, each in enumerate(texts, 1):
        known = re.findall("[a-z0-9]+", each.lower())
        if parts and all(has(known, part, part is parts[-1] and not text[-1].isspace()) for part in parts):
            found.append(seq)
    return found[::-1]


LETTERS = st.text("abC1 _-\n\"*():^'", max_size=14)


@given(st.lists(LETTERS, max_size=8), LETTERS)
def test_hits_equal_brute_force(texts: list[str], text: str) -> None:
    with SearchIndex(None, Texts(*texts), words_of) as index:
        index.build(3)
        found = brute(tuple(texts), text)
        assert index.hits(text) == found
        assert index.count(text) == len(found)
        assert index.hits(text, researcher="r1") == [seq for seq in found if seq % 2]
        assert index.hits(text, before=4, limit=2) == [seq for seq in found if seq < 4][:2]


@given(st.text(max_size=30))
def test_whatever_a_person_types_is_a_question(text: str) -> None:
    with SearchIndex(None, Texts("weak teacher, strong student"), words_of) as index:
        index.build()
        index.hits(text)
        index.count(text, researcher=text.encode("utf-8", "replace").decode().replace("\0", "") or None)


def test_accents_and_case_do_not_matter_and_operators_are_words() -> None:
    with SearchIndex(None, Texts("Élan vital", "NEAR misses", "text OR nothing"), words_of) as index:
        index.build()
        assert index.hits("elan") == [1] and index.hits("E\u0301LAN") == [1]
        assert index.hits("near") == [2] and index.hits("or nothing") == [3] and index.hits("AND") == []


def test_a_question_of_marks_alone_finds_nothing() -> None:
    assert question(' "*() ') == "" == question("")
    assert question("weak_labels tea", "r1") == 'researcher : "r1" AND text : ("weak_labels" AND "tea" *)'


async def test_a_journal_that_grows_is_indexed_where_it_was_left(run: Path) -> None:
    await grow(run, *(f"event number {number}" for number in range(10)))
    with JournalReader(run) as reader, SearchIndex(run / FILE, reader, words_of) as index:
        assert index.step(4) == 4 and index.upto == 4
        assert len(index.hits("event")) == 3  # the first event is the supervisor's
        await grow(run, "something new")
        index.build(4)
        assert len(index.hits("event")) == 10 and index.hits("new") == [reader.last_seq()]
        assert index.step() == 0
    with JournalReader(run) as reader, SearchIndex(run / FILE, reader, words_of) as index:
        assert index.upto == reader.last_seq() and len(index.hits("event")) == 10


async def test_it_is_built_while_the_supervisor_writes(run: Path) -> None:
    await grow(run, "begins")
    done = threading.Event()
    found: list[int] = []

    def build() -> None:
        with JournalReader(run) as reader, SearchIndex(run / FILE, reader, words_of) as index:
            while not done.is_set():
                index.step(7)
            index.build(7)
            found.extend(index.hits("grown", limit=1000))

    thread = threading.Thread(target=build)
    thread.start()
    for _ in range(20):
        await grow(run, *(f"grown {number}" for number in range(9)))
    done.set()
    thread.join(30)
    assert len(found) == len(set(found)) == 180


async def test_two_that_build_at_once_do_no_work_twice(run: Path) -> None:
    await grow(run, *(f"event {number}" for number in range(60)))
    with JournalReader(run) as reader:
        with SearchIndex(run / FILE, reader, words_of) as one, SearchIndex(run / FILE, reader, words_of) as other:
            while one.step(5) or other.step(5):
                pass
            assert one.hits("event", limit=99) == other.hits("event", limit=99)
            assert one.count("event") == 60


async def test_one_that_is_deleted_damaged_or_another_journals_is_built_anew(run: Path, tmp_path: Path) -> None:
    await grow(run, "one", "two")
    file = run / FILE

    def hits() -> list[int]:
        with JournalReader(run) as reader, SearchIndex(file, reader, words_of) as index:
            index.build()
            return index.hits("two")

    whole = hits()
    assert whole
    file.unlink()
    assert hits() == whole
    file.write_bytes(b"no database at all" * 400)
    assert hits() == whole
    with sqlite3.connect(file) as db:
        db.execute("pragma user_version = 77")
    assert hits() == whole
    longer = tmp_path / "longer"
    longer.mkdir()
    create(longer)
    await grow(longer, *("two" for _ in range(9)))
    with JournalReader(longer) as reader, SearchIndex(file, reader, words_of) as index:
        index.build()
        assert index.count("two") == 9
    assert hits() == whole


async def test_where_nothing_can_be_written_it_searches_all_the_same(run: Path, tmp_path: Path) -> None:
    await grow(run, "one", "two")
    with JournalReader(run) as reader:
        with SearchIndex(tmp_path / "no such folder" / FILE, reader, words_of) as index:
            index.build()
            assert index.count("two") == 1
        assert not (run / FILE).exists()


async def test_a_step_that_fails_leaves_no_half(run: Path) -> None:
    await grow(run, "one", "two", "three")

    def fails_at_two(record: Record) -> str | None:
        words = words_of(record)
        if words == "two":
            raise ValueError("cannot be read")
        return words

    with JournalReader(run) as reader, SearchIndex(run / FILE, reader, fails_at_two) as index:
        with pytest.raises(ValueError, match="cannot be read"):
            index.step()
        assert index.upto == 0 and index.hits("one") == []
