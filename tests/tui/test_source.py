"""Live and replay are one: the same state at the same seq, however it was reached."""

import asyncio
import threading

import pytest

from aarctl.journal import events as ev
from aarctl.journal.state import RunState
from aarctl.journal.store import Journal
from aarctl.tui import tail
from aarctl.tui.source import Source
from tests.tui.pilot import Tell


def encoded(state: RunState) -> bytes:
    import msgspec

    return msgspec.json.encode(state)


@pytest.fixture
def replay(told: Tell):  # type: ignore[no-untyped-def]
    source = Source(told("finished").run, replay=True)
    yield source
    source.close()


def test_a_replay_begins_at_the_beginning_or_where_it_is_told(told: Tell) -> None:
    run = told("finished").run
    for at, seq in ((None, 1), (40, 40), (10**9, 188)):
        source = Source(run, replay=True, at=at)
        assert source.state.seq == min(seq, source.last)
        source.close()


def test_the_state_at_a_seq_is_the_same_stepped_sought_or_played(replay: Source) -> None:
    sought = {}
    for seq in (1, 30, 77, 150, replay.last):
        replay.seek(seq)
        sought[seq] = encoded(replay.state)
    replay.seek(1)
    while not replay.at_end:
        replay.step(1)
        if replay.state.seq in sought:
            assert encoded(replay.state) == sought[replay.state.seq]
    replay.seek(77)
    assert encoded(replay.state) == sought[77]


def test_playing_moves_by_the_runs_own_time(replay: Source) -> None:
    replay.seek(1)
    opened = replay.state.at
    replay.toggle_playing()
    replay.speed = 10.0
    for _ in range(30):
        replay.play(0.1)
    assert replay.playing and 0 < replay.state.at - opened <= 30_000_000
    following = next(replay.reader.records(replay.state.seq, limit=1))
    assert following.at - opened > 30_000_000
    replay.speed = 300.0
    replay.play(10)
    assert replay.at_end and not replay.playing
    replay.toggle_playing()
    assert replay.state.seq == 1 and replay.playing


def test_jumps_go_to_what_a_person_looks_for(replay: Source) -> None:
    replay.seek(1)
    kinds = []
    for _ in range(6):
        replay.seek_interesting(True)
        kinds.append(next(replay.reader.records(replay.state.seq - 1, limit=1)).event)
    assert [type(event).__name__ for event in kinds[:4]] == [
        "RoundOpened", "SubmissionScored", "SubmissionScored", "SubmissionScored",
    ]  # fmt: skip
    here = replay.state.seq
    replay.seek_interesting(False)
    assert replay.state.seq < here


def test_a_time_finds_the_last_event_before_it(replay: Source) -> None:
    replay.seek_time(60_000_000)
    assert replay.state.at - replay.state.opened_at <= 60_000_000
    replay.seek_time(-5)
    assert replay.state.seq == 1


def test_speeds_stay_within_what_is_offered(replay: Source) -> None:
    for _ in range(20):
        replay.change_speed(1)
    assert replay.speed == 300
    for _ in range(20):
        replay.change_speed(-1)
    assert replay.speed == 0.5


def test_what_is_written_while_the_room_is_open_arrives_and_equals_the_replay(told: Tell) -> None:
    run = told("scored s3", alive=False).run
    source = Source(run)
    news = threading.Event()
    source.follow(news.set)

    async def go_on() -> None:
        journal = await Journal.open(run, pid=9)
        for number in range(40):
            await journal.record(ev.RoundOpened(round=number + 5))
        journal.live("turn r1", {"text": "thinking aloud"})
        await journal.record(ev.RoundOpened(round=99))
        await journal.close()

    asyncio.run(go_on())
    seen = []
    while source.state.round != 99:
        assert news.wait(60)
        news.clear()
        seen += source.take().records
    assert [record.seq for record in seen] == list(range(seen[0].seq, seen[-1].seq + 1))
    assert source.fact("turn r1") == {"text": "thinking aloud"}
    again = Source(run, replay=True, at=source.state.seq)
    assert encoded(again.state) == encoded(source.state)
    source.close()
    again.close()


def test_with_the_events_of_a_new_supervisor_comes_that_it_lives(told: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "ALIVE_S", 1e9)  # only the events make it look at the lock
    run = told("scored s3", alive=False).run
    source = Source(run)
    news = threading.Event()
    source.follow(news.set)
    while not source.take().live:
        assert news.wait(60)
        news.clear()
    assert not source.supervised
    epoch = source.state.epoch

    async def restart() -> None:
        journal = await Journal.open(run, pid=9)
        while source.state.epoch == epoch:
            await asyncio.sleep(0.01)
            source.take()
        assert source.supervised
        await journal.close()

    asyncio.run(asyncio.wait_for(restart(), 60))
    source.close()


def test_a_damaged_live_fact_is_no_fact(told: Tell) -> None:
    source = Source(told("new").run)
    source.live = {"task": (1, b"not json"), "turn r1": (1, b"[1]")}
    assert source.fact("task") == source.fact("turn r1") == source.fact("none") == {}
    source.close()
