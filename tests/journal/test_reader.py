"""Reading: beside a live writer, from read-only storage, at any seq."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from aarctl.journal.chunks import chunk_of, weight
from aarctl.journal.errors import JournalDamaged, JournalError, NoJournal
from aarctl.journal.events import UnknownEvent
from aarctl.journal.lookup import Lookup
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal

from .making import experiment, post


@pytest.fixture
async def filled(run: Path) -> Path:
    """601 events: 300 posts of r1, 100 experiments of r2, and the supervisor's start."""
    journal = await Journal.open(run, pid=1)
    for number in range(100):
        await journal.record(*[post(3 * number + each, "line\n" * (number * 9 + each)) for each in range(3)])
        journal.note(*experiment(number, "r2"))
    await journal.close()
    return run


async def test_a_reader_follows_a_live_writer_by_its_data_version(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    with JournalReader(run) as reader:
        assert reader.supervised()
        state, version = reader.state(), reader.data_version()
        assert reader.data_version() == version
        await journal.record(post(1))
        assert reader.data_version() != version
        assert reader.advance(state) == journal.state
        assert [record.seq for record in reader.records(after=1)] == [2]
        assert "last_seq=2" in repr(reader)
    await journal.close()
    with JournalReader(run) as reader:
        assert not reader.supervised()


async def test_a_half_read_query_stops_no_writer(filled: Path) -> None:
    with JournalReader(filled) as reader:
        records = reader.records()
        first = next(records)
        journal = await Journal.open(filled, pid=2)
        await journal.record(post(1000))
        assert first.seq == 1
        assert len(list(records)) == 600
        assert reader.last_seq() == 603
        await journal.close()


def test_records_can_be_asked_for_by_place_researcher_and_kind(filled: Path) -> None:
    with JournalReader(filled) as reader:
        assert [record.seq for record in reader.records(after=10, upto=13)] == [11, 12, 13]
        assert [record.seq for record in reader.records(limit=2, newest_first=True)] == [601, 600]
        assert len(list(reader.records(researcher="r1"))) == 300
        assert {record.researcher for record in reader.records(researcher="r2")} == {"r2"}
        assert len(list(reader.records(researcher=""))) == 1
        kinds = ("experiment.leased", "experiment.finished")
        found = list(reader.records(kinds=kinds, upto=300))
        assert found == [each for each in reader.records(upto=300) if each.event.__struct_config__.tag in kinds]
        assert list(reader.records(researcher="r1", kinds=kinds)) == []
        newest = next(reader.records(researcher="r2", kinds=("experiment.queued",), newest_first=True, limit=1))
        assert newest.event.experiment == "x99"


def test_the_state_at_any_seq_is_what_a_walk_from_the_start_gives(filled: Path) -> None:
    with JournalReader(filled) as reader:
        walked = reader.state(0)
        for seq in range(1, reader.last_seq() + 1, 37):
            assert reader.advance(walked, seq) == reader.state(seq)
        assert reader.state(10**9) == reader.state()


def test_the_seq_at_a_time_is_the_last_one_not_after_it(filled: Path) -> None:
    with JournalReader(filled) as reader:
        rows = [(record.at, record.seq) for record in reader.records()]
        for at in {at + shift for at, _ in rows for shift in (-1, 0, 1)}:
            assert reader.seq_at(at) == max((seq for when, seq in rows if when <= at), default=0)


def test_chunk_sums_equal_a_recount(filled: Path) -> None:
    with JournalReader(filled) as reader:
        for who in (None, "r1", "r2", ""):
            counted: Counter[int] = Counter()
            lines: Counter[int] = Counter()
            chars: Counter[int] = Counter()
            for record in reader.records(researcher=who):
                chunk = chunk_of(record.seq)
                counted[chunk] += 1
                lines[chunk] += weight(record.event)[0]
                chars[chunk] += weight(record.event)[1]
            every = range(chunk_of(reader.last_seq()) + 1)
            for _ in range(2):  # read, and remembered
                assert reader.sizes(who) == [(counted[each], lines[each], chars[each]) for each in every]


def test_no_journal_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(NoJournal, match="aarctl runs"):
        JournalReader(tmp_path)


def test_a_journal_of_another_version_names_both(run: Path) -> None:
    with sqlite3.connect(run / "journal.db") as db:
        db.execute("pragma user_version = 9")
    db.close()
    with pytest.raises(JournalError, match="version 9, this aarctl reads 1"):
        JournalReader(run)


def test_a_file_that_is_no_database_is_said_as_such(run: Path) -> None:
    (run / "journal.db").write_bytes(b"hello" * 1000)
    with pytest.raises(JournalDamaged, match="backup"):
        JournalReader(run)


def test_an_unreadable_row_names_the_way_on(filled: Path) -> None:
    with sqlite3.connect(filled / "journal.db") as db:
        db.execute("update events set body = ? where seq = 5", (b'{"kind":"from.the.future"}',))
    db.close()
    with JournalReader(filled) as reader, pytest.raises(UnknownEvent, match=r"from\.the\.future"):
        reader.state()


def test_a_relative_path_works(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(filled.parent)
    with JournalReader(Path(filled.name)) as reader:
        assert reader.run == filled.name
        assert reader.last_seq() == 601


def test_a_name_with_signs_that_mean_something_in_a_uri_works(filled: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a?b#c%41 d"
    shutil.copytree(filled, odd)
    with JournalReader(odd) as reader:
        assert reader.last_seq() == 601


# read-only storage

READ = """
import os, sys
from pathlib import Path
from aarctl.journal.reader import JournalReader
from aarctl.journal.verify import verify
if os.getuid() == 0:  # root may write everywhere, so be nobody; after the imports, which nobody may not do here
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
run = Path(sys.argv[1])
with JournalReader(run) as reader:
    print(reader.last_seq(), reader.state().epoch, verify(run).events, reader._copy is not None, reader.supervised())
"""


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that everybody may enter: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def read_without_rights(run: Path) -> str:
    """What a process that may not write in `run` reads there."""
    done = subprocess.run(
        [sys.executable, "-c", READ, run], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_a_read_only_folder_is_read_from_a_copy_wal_included(run: Path, readable: Path) -> None:
    journal = await Journal.open(run, pid=1)
    await journal.record(post(1))
    shutil.copytree(run, readable / "demo")  # as a crash would leave it: with a WAL
    await journal.close()
    copied = readable / "demo"
    assert (copied / "journal.db-wal").stat().st_size > 0
    before = sorted((path.name, path.stat().st_mtime_ns) for path in copied.iterdir())
    copied.chmod(0o555)
    assert read_without_rights(copied) == "2 1 2 True False"
    assert sorted((path.name, path.stat().st_mtime_ns) for path in copied.iterdir()) == before
    copied.chmod(0o755)


async def test_a_read_only_folder_without_a_wal_is_read_too(filled: Path, readable: Path) -> None:
    shutil.copytree(filled, readable / "demo", ignore=shutil.ignore_patterns("journal.db-*"))
    (readable / "demo").chmod(0o555)
    assert read_without_rights(readable / "demo") == "601 1 601 True False"
    (readable / "demo").chmod(0o755)


# from inside the supervisor


async def test_a_lookup_reads_the_same_rows_without_the_writers_connection(filled: Path) -> None:
    journal = await Journal.open(filled, pid=2)
    lookup = await Lookup.open(filled)
    with JournalReader(filled) as reader:
        assert await lookup.records(researcher="r2", limit=5) == list(reader.records(researcher="r2", limit=5))
    await journal.record(post(1000, "long " * 2000))
    assert await lookup.record(0) is None
    record = await lookup.record(603)
    assert record is not None
    assert record.event.post == "p1000"
    assert lookup.few(602, researcher=record.researcher, kinds=("forum.posted",)) == [record]
    assert lookup.few(602, researcher=record.researcher, kinds=("tool.completed",)) == []
    assert await lookup.text(await journal.text("long " * 2000)) == "long " * 2000
    assert await lookup.text(post(1, "short").text) == "short"
    await lookup.close()
    await journal.close()


async def test_a_lookup_of_no_run_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(NoJournal):
        await Lookup.open(tmp_path)
    assert not list(tmp_path.iterdir())
