"""Following a run without its control room: until it is over, until it is left, until its supervisor is gone."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import subprocess
import sys
import threading

import pytest

from aarctl.cli import follow as following
from aarctl.cli.progress import Plain
from aarctl.home import RunPaths
from aarctl.journal import events as e
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal

from .conftest import Aarctl, Runs, closing, opening, working


def supervise(paths: RunPaths, ready: threading.Event, *events: e.Event) -> threading.Thread:
    """A supervisor in a thread: takes the run, records `events` one by one, and ends."""

    async def session() -> None:
        journal = await Journal.open(paths.root, pid=os.getpid())
        ready.set()
        for event in events:
            await journal.record(event)
        await journal.close()

    thread = threading.Thread(target=lambda: asyncio.run(session()))
    thread.start()
    assert ready.wait(60)
    return thread


def test_a_run_is_followed_from_where_we_came_to_its_end(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    paths = runs.make("demo", *opening())
    thread = supervise(paths, threading.Event(), *working(), *closing())
    state = following.follow(paths, Plain(), after=len(opening()) + 1, epoch=1)
    thread.join()
    told = capsys.readouterr().out
    assert state.status == "finished"
    assert "s3 replicated, PGR code 0.76 [0.70, 0.82]; math 0.40 [0.20, 0.60]" in told
    assert "created, mind search" not in told
    assert not set(told) & set("\x1b\x00\x07\x9b\u202e")


def test_a_run_that_is_over_is_summed_up_with_commands_that_work(
    aarctl: Aarctl, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = runs.whole()
    with runs.alive(paths) as lock:
        monkeypatch.setattr(Plain, "beat", lambda _: lock.release())  # it is followed: now its supervisor lets go of it
        done = aarctl("run", "--resume", "demo", "--headless")
    assert done.exit_code == 0, done.output
    assert "demo is finished" in done.stdout
    assert "cost $0.0042: 1 experiment in 4 device seconds, 2 researchers at work for 2 s in all" in done.stdout
    assert "0.76 [0.70, 0.82]" in done.stdout
    (head,) = re.findall(r"aarctl journal verify demo --expect ([0-9a-f]{32})", done.stdout)
    assert aarctl("journal", "verify", "demo", "--expect", head).exit_code == 0


def test_a_run_that_failed_ends_with_1_and_its_note(
    aarctl: Aarctl, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = runs.make("demo", *opening(), *closing("failed", "the disk is full"))
    with runs.alive(paths) as lock:
        monkeypatch.setattr(Plain, "beat", lambda _: lock.release())
        done = aarctl("run", "--resume", "demo", "--headless")
    assert done.exit_code == 1
    assert done.stderr == "run demo failed: the disk is full\n"
    assert "aarctl run --resume demo" in done.stdout


def test_a_stopped_run_that_goes_on_is_not_taken_for_over(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    paths = runs.make("demo", *opening(), *closing("stopped"))
    thread = supervise(paths, threading.Event(), e.RoundOpened(round=2), *closing("finished"))
    state = following.follow(paths, Plain(), after=len(opening()) + 2, epoch=1)
    thread.join()
    assert (state.status, state.round, state.epoch) == ("finished", 2, 2)
    assert "round 2" in capsys.readouterr().out


def test_a_supervisor_that_dies_is_noticed_with_the_way_on(runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    with pytest.raises(following.SupervisorGone, match="`aarctl run --resume demo` goes on"):
        following.follow(paths, Plain(), after=0, epoch=0)


def test_an_interrupt_leaves_the_run_going_and_exits_with_130(runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    with runs.alive(paths):
        command = [sys.executable, "-m", "aarctl.cli", "run", "--resume", "demo", "--headless"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert process.stdout is not None
        said = [process.stdout.readline(), process.stdout.readline()]
        assert said[1].startswith("run demo in ")
        select.select([process.stdout], [], [], 0.5)  # it has begun to follow: nothing more is said
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(10) == 130
    assert "demo goes on without us" in rest
    assert "`aarctl stop demo` ends it" in rest


def test_only_what_matters_gets_a_line_and_it_is_clean(runs: Runs) -> None:
    paths = runs.whole()
    with JournalReader(paths.root) as reader:
        lines = [following.told(record) for record in reader.records() if isinstance(record.event, following.TOLD)]
    assert not any(set(line) & set("\n\x1b\x00\x07\x9b\u202e") for line in lines)
    assert any("s1 scored PGR 0.95" in line for line in lines)
    assert len(lines) < len(opening()) + len(working())


def test_the_building_of_a_task_is_told_from_the_passing_facts(runs: Runs) -> None:
    paths = runs.make("demo")

    async def session() -> None:
        journal = await Journal.open(paths.root, pid=1)
        journal.live("task", {"stage": "training", "done": 3, "total": 12})
        await journal.close()

    with JournalReader(paths.root) as reader:
        assert following.stage(reader) == "getting ready"
        asyncio.run(session())
        assert following.stage(reader) == "building the task: training, 3 of 12"


def test_counts_say_where_a_run_is(runs: Runs) -> None:
    paths = runs.make("demo", *opening(), *working())
    with JournalReader(paths.root) as reader:
        assert following.counts(reader.state()) == (
            "round 1, 1 turn, 1 experiment done, 0 running, 1 waiting, 3 submissions"
        )
