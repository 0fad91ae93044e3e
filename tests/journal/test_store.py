"""The writer: order, durability, all or nothing, and what happens when the disk fails."""

from __future__ import annotations

import asyncio
import itertools
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aarctl.journal.checkpoints import EVERY
from aarctl.journal.errors import BadEvent, JournalBroken, NoJournal, RunExists, RunIsHeld
from aarctl.journal.events import BudgetExceeded, ForumPosted, ModelRequested, SupervisorStarted
from aarctl.journal.lock import is_held
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal, create
from aarctl.journal.verify import verify

from .making import post


def posts(run: Path) -> list[str]:
    with JournalReader(run) as reader:
        return [record.event.post for record in reader.records(kinds=("forum.posted",))]


@pytest.fixture
def full_disk(run: Path) -> Iterator[None]:
    """No file of this process may grow: SQLite's next commit fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill_disk(run: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((run / "journal.db-wal").stat().st_size, hard))


# order and durability


async def test_concurrent_producers_share_one_gapless_ordered_history(run: Path) -> None:
    journal = await Journal.open(run, pid=1)

    async def producer(who: str) -> None:
        for number in range(20):
            journal.note(post(number, "noted", who))
            await journal.record(post(number, "recorded", who), post(number, "with it", who))

    await asyncio.gather(*(producer(f"r{each}") for each in range(9)))
    await journal.close()
    with JournalReader(run) as reader:
        records = list(reader.records())
    assert [record.seq for record in records] == list(range(1, 1 + 1 + 9 * 60))
    assert all(one.at <= two.at for one, two in itertools.pairwise(records))
    for each in range(9):
        texts = [record.event.text.head for record in records if record.researcher == f"r{each}"]
        assert texts == ["noted", "recorded", "with it"] * 20
    assert verify(run).events == len(records)


async def test_what_record_returns_is_on_disk_and_what_note_queued_before_it_too(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    journal.note(post(1))
    (record,) = await journal.record(post(2))
    with JournalReader(run) as reader:
        assert reader.last_seq() == record.seq == 3
        assert next(reader.records(after=2)) == record
    assert posts(run) == ["p1", "p2"]
    await journal.close()


async def test_events_of_one_record_share_one_commit(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    with JournalReader(run) as reader:
        before = reader.data_version()
        await journal.record(*[post(number) for number in range(50)])
        assert reader.data_version() == before + 1
    await journal.close()


async def test_one_bad_event_refuses_all_of_its_record_and_nothing_else(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    with pytest.raises(BadEvent):
        await journal.record(post(1), BudgetExceeded(what="usd", used=1, limit=float("nan")))
    with pytest.raises(BadEvent):
        journal.note(post(2), BudgetExceeded(what="usd", used=1, limit=float("nan")))
    await journal.record(post(3))
    await journal.close()
    assert posts(run) == ["p3"]


async def test_time_never_runs_backwards_even_after_a_clock_that_was_ahead(run: Path) -> None:
    ahead = 2**52
    with sqlite3.connect(run / "journal.db") as db:
        db.execute(
            "insert into events values (1, ?, '', 'forum.read', ?, x'00')",
            (ahead, b'{"kind":"forum.read","post":"p1"}'),
        )
    db.close()
    journal = await Journal.open(run, pid=1)
    (record,) = await journal.record(post(1))
    assert record.at == ahead
    await journal.close()


async def test_a_cancelled_caller_neither_loses_nor_repeats_its_event(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    waiting = [asyncio.create_task(journal.record(post(number))) for number in range(8)]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in ended] == [True, False] * 4
    await journal.record(post(8))
    await journal.close()
    assert posts(run) == [f"p{number}" for number in range(9)]


async def test_recording_nothing_waits_for_nothing(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    assert await journal.record() == []
    assert journal.state.seq == 1
    await journal.close()


async def test_durable_waits_are_counted_per_researcher(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    journal.note(post(1, who="r1"))
    await journal.record(post(2, who="r1"), post(3, who="r1"))
    await journal.record(post(4, who="r2"))
    assert journal.counts == {"r1": 1, "r2": 1}
    await journal.close()


async def test_whoever_waits_for_a_change_wakes_at_the_next_commit(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    waiting = asyncio.create_task(journal.changed(1))
    await asyncio.sleep(0)
    journal.note(post(1))
    assert await waiting == 2
    assert await journal.changed(0) == 2
    await journal.close()


# beginning and ending


async def test_each_supervisor_begins_an_epoch(run: Path) -> None:
    for epoch in (1, 2, 3):
        journal = await Journal.open(run, pid=10 + epoch)
        assert (journal.state.epoch, journal.state.pid) == (epoch, 10 + epoch)
        await journal.close()
    with JournalReader(run) as reader:
        assert [record.event for record in reader.records()] == [
            SupervisorStarted(epoch=epoch, pid=10 + epoch) for epoch in (1, 2, 3)
        ]


async def test_a_second_supervisor_is_refused_and_the_first_goes_on(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    with pytest.raises(RunIsHeld):
        await Journal.open(run, pid=2)
    await journal.record(post(1))
    await journal.close()
    assert verify(run).events == 2


async def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoJournal, match="aarctl run RECIPE"):
        await Journal.open(tmp_path, pid=1)
    assert not list(tmp_path.iterdir())


def test_a_journal_is_never_made_over_another(run: Path) -> None:
    before = (run / "journal.db").stat().st_ino
    with pytest.raises(RunExists, match="choose another name"):
        create(run)
    assert (run / "journal.db").stat().st_ino == before
    assert sorted(path.name for path in run.glob("journal*")) == ["journal.db"]


async def test_closing_writes_what_is_queued_and_lets_the_next_one_in(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    for number in range(100):
        journal.note(post(number))
    await journal.close()
    await journal.close()
    assert len(posts(run)) == 100
    assert not is_held(run / "supervisor.lock")
    assert "closed" in repr(journal)


async def test_after_closing_nobody_waits_for_ever(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    waiting = asyncio.create_task(journal.changed(99))
    await asyncio.sleep(0)
    await journal.close()
    with pytest.raises(JournalBroken, match="closed"):
        await journal.record(post(1))
    with pytest.raises(JournalBroken, match="closed"):
        journal.note(post(1))
    with pytest.raises(JournalBroken, match="closed"):
        await waiting


# ids


async def test_no_id_is_given_out_twice_across_supervisors(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    assert [journal.next_id("s") for _ in range(3)] == ["s1", "s2", "s3"]
    call, name = journal.next_id("m"), journal.next_id("p")
    await journal.record(ModelRequested(researcher="r1", call=call, turn=1, model="search"))
    await journal.record(ForumPosted(post=name, thread="t7", author="r1", title="", text=post(1).text))
    await journal.close()
    journal = await Journal.open(run, pid=2)
    assert (journal.next_id("m"), journal.next_id("p"), journal.next_id("t")) == ("m2", "p2", "t8")
    await journal.close()


# side tables


async def test_passing_facts_are_overwritten_and_telemetry_is_kept(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    for text in ("a", "b", "c\ud800"):
        journal.live("turn r1", {"text": text})
    journal.sample("cpu0", 5, {"use": 0.5, "heat": float("nan")})
    journal.sample("cpu0", 6, {"use": 0.6})
    await journal.close()
    with JournalReader(run) as reader:
        assert reader.live()["turn r1"][1] == '{"text":"c\ufffd"}'.encode()
        assert [(each.at, each.body) for each in reader.samples()] == [
            (5, b'{"use":0.5,"heat":null}'), (6, b'{"use":0.6}'),
        ]  # fmt: skip
        assert reader.last_seq() == 1


async def test_old_telemetry_is_thinned(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    journal.sample("cpu0", 5, {})
    await journal.record(post(1))
    await journal.thin_samples()
    await journal.close()
    with JournalReader(run) as reader:
        assert reader.samples() == []


async def test_events_are_still_fully_durable_after_a_commit_of_passing_facts(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    with JournalReader(run) as reader:
        before = reader.data_version()
        journal.live("turn r1", {"text": "a"})
        while reader.data_version() == before:
            await asyncio.sleep(0)
    ((level,),) = await journal._db.execute_fetchall("pragma synchronous")
    assert level == 2
    await journal.close()


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_run_that_ends_at_a_checkpoint_is_whole(run: Path, extra: int) -> None:
    journal = await Journal.open(run, pid=1)
    journal.note(*[post(number) for number in range(EVERY - 1 + extra)])
    await journal.close()
    with JournalReader(run) as reader:
        assert reader.last_seq() == EVERY + extra
        assert reader.state() == journal.state
        assert reader.state().threads["t1"].posts == EVERY - 1 + extra
    with sqlite3.connect(run / "journal.db") as db:
        assert db.execute("select seq from checkpoints").fetchall() == [(EVERY,)]
    db.close()


# a disk that fails


async def test_when_the_disk_fails_every_waiter_hears_it_and_the_state_stays_behind_the_disk(
    run: Path, full_disk: None
) -> None:
    journal = await Journal.open(run, pid=1)
    await journal.record(post(1))
    change = asyncio.create_task(journal.changed(2))
    fill_disk(run)
    ended = await asyncio.gather(
        *(journal.record(post(number, "x" * 4000)) for number in range(2, 40)), return_exceptions=True
    )
    assert all(isinstance(each, JournalBroken) for each in ended)
    with pytest.raises(JournalBroken):
        journal.note(post(50))
    with pytest.raises(JournalBroken):
        await change
    assert journal.state.seq == 2
    assert "broken" in repr(journal)
    await journal.close()
    assert not is_held(run / "supervisor.lock")


async def test_nothing_durable_is_lost_when_the_disk_fails_and_the_next_supervisor_goes_on(
    run: Path, full_disk: None
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = await Journal.open(run, pid=1)
    await journal.record(post(1))
    fill_disk(run)
    with pytest.raises(JournalBroken):
        await journal.record(*[post(number, "x" * 4000) for number in range(2, 9)])
    await journal.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    journal = await Journal.open(run, pid=2)
    await journal.record(post(9))
    await journal.close()
    assert posts(run) == ["p1", "p9"]
    assert verify(run).events == 4


async def test_notes_that_could_not_be_written_are_told_at_closing(run: Path, full_disk: None) -> None:
    journal = await Journal.open(run, pid=1)
    fill_disk(run)
    journal.note(*[post(number, "x" * 4000) for number in range(9)])
    with pytest.raises(JournalBroken, match="last events"):
        await journal.close()
    assert not is_held(run / "supervisor.lock")


async def test_a_supervisor_that_cannot_write_its_first_event_holds_nothing(run: Path) -> None:
    with sqlite3.connect(run / "journal.db") as db:
        db.execute("create trigger no before insert on events begin select raise(abort, 'no'); end")
    db.close()
    with pytest.raises(JournalBroken):
        await Journal.open(run, pid=1)
    assert not is_held(run / "supervisor.lock")


async def test_a_cancelled_writer_tells_who_waits(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    waiting = asyncio.create_task(journal.record(post(1)))
    await asyncio.sleep(0)
    journal._writer.cancel()
    with pytest.raises(JournalBroken):
        await waiting
    await journal.close()
    assert not is_held(run / "supervisor.lock")
    assert verify(run).events in (1, 2)
