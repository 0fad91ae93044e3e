"""Commands: from the inbox to their effect, on pure states and on a run that really goes on."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from aarctl.home import Home, RunPaths
from aarctl.journal.events import CommandAcknowledged, ModelRequested, SteerDelivered
from aarctl.journal.inbox import ask
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import Command, Researcher, RunState, Steer, Submission
from aarctl.journal.store import InboxRow
from aarctl.supervisor.commands import effective
from aarctl.supervisor.launch import launch
from aarctl.supervisor.refusals import refusal
from tests.fakes.small_run import make_run, processes_of, small_recipe

PATIENCE_S = 500.0


def row(verb: str, researcher: str = "", **args: str) -> InboxRow:
    return InboxRow(1, "me", verb, researcher, args)


def known() -> RunState:
    one = Submission("s1", "r1", "m", "0" * 16, [], None, [], {}, 1, 0)
    return RunState(
        researchers={
            "r1": Researcher("r1", "search", "m", "", state="thinking"),
            "r2": Researcher("r2", "search", "m", "", state="finished"),
        },
        submissions={"s1": one},
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (row("dance"), "use one of"),
        (row("pause", "r9"), "there are r1, r2"),
        (row("steer", "r1", text="  "), "the text is empty"),
        (row("steer", text="hello"), "name a researcher"),
        (row("steer", "r2", text="hello"), "has ended"),
        (row("verdict", submission="s9", verdict="accept", because="x"), "no submission 's9'"),
        (row("verdict", submission="s1", verdict="maybe", because="x"), "accept, disqualify, reinstate"),
        (row("verdict", submission="s1", verdict="accept"), "say why"),
        (row("post", text="x", thread="t9"), "no thread"),
        (row("pause", unreadable="no JSON"), "could not be read"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_way_out(asked: InboxRow, why: str) -> None:
    assert why in refusal(small_recipe(), known(), asked)


@pytest.mark.parametrize(
    "asked",
    [row("pause"), row("resume", "r1"), row("stop"), row("steer", "r1", text="go"), row("replicate", submission="s1")],
)
def test_what_can_be_done_is_not_refused(asked: InboxRow) -> None:
    assert refusal(small_recipe(), known(), asked) == ""


def test_a_pause_is_effective_when_nobody_is_in_a_turn() -> None:
    state, pause = known(), Command("c1", "pause", "", {}, "me", 0, "acknowledged")
    assert not effective(state, pause)
    state.researchers["r1"].state = "paused"
    assert effective(state, pause)


def test_a_steer_is_effective_when_it_is_delivered() -> None:
    from aarctl.journal.events import EMPTY

    state, steer = known(), Command("c1", "steer", "r1", {}, "me", 0, "acknowledged")
    state.researchers["r1"].steers = [Steer("n1", EMPTY, "me", 1, "c1")]
    assert not effective(state, steer)
    state.researchers["r1"].steers = []
    assert effective(state, steer)


def until(paths: RunPaths, true: Callable[[RunState], bool], what: str) -> RunState:
    """The first state that satisfies `true`; the run is another process, so there is nothing to await."""
    deadline = time.monotonic() + PATIENCE_S
    with JournalReader(paths.root) as reader:
        while not true(state := reader.state()):
            assert time.monotonic() < deadline, f"{what}: {state}"
            time.sleep(0.05)
    return state


def done(verb: str) -> Callable[[RunState], bool]:
    return lambda state: any(c.verb == verb and c.state == "effective" for c in state.commands.values())


@pytest.fixture
def live(home: Home) -> Iterator[RunPaths]:
    """A run that goes on in processes of its own; what is left of it afterwards is killed."""
    paths = make_run(home, f"commanded-{secrets.token_hex(4)}", small_recipe())
    launch(home, paths.name)
    yield paths
    for pid in processes_of(paths.name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_run_is_paused_steered_resumed_stopped_and_goes_on(home: Home, live: RunPaths) -> None:
    paths = live
    until(paths, lambda s: s.round >= 2, "the second round")

    ask(paths.root, "pause", by="me")
    paused = until(paths, done("pause"), "the pause")
    assert all(who.state == "paused" for who in paused.researchers.values())
    ask(paths.root, "steer", researcher="r2", by="me", text="try cross_fit")
    ask(paths.root, "pause", researcher="r3", by="me")
    until(paths, lambda s: s.researchers["r3"].paused and bool(s.researchers["r2"].steers), "steer and second latch")
    with JournalReader(paths.root) as reader:
        records = list(reader.records())
    acknowledged = next(r.seq for r in records if isinstance(r.event, CommandAcknowledged))
    assert not [r for r in records if r.seq > acknowledged and isinstance(r.event, ModelRequested)]

    ask(paths.root, "resume", by="me")
    state = until(paths, done("steer"), "the steer")
    assert state.researchers["r3"].paused and state.researchers["r3"].state == "paused"
    with JournalReader(paths.root) as reader:
        delivered = [r for r in reader.records() if isinstance(r.event, SteerDelivered)]
    assert [r.researcher for r in delivered] == ["r2"]

    ask(paths.root, "stop", by="me")
    until(paths, lambda s: s.status == "stopped", "the stop")
    deadline = time.monotonic() + PATIENCE_S
    while processes_of(paths.name):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    ask(paths.root, "resume", researcher="r3", by="me")  # waits in the inbox for the next supervisor
    launch(home, paths.name)
    over = until(paths, lambda s: s.status == "finished", "the end")
    assert all(one.replication == "replicated" for one in over.submissions.values())
    assert set(over.researchers) == {one.researcher for one in over.submissions.values()}


def killed(paths: RunPaths) -> None:
    """End every process of the run at once, as a power cut does, and wait until they are gone."""
    deadline = time.monotonic() + PATIENCE_S
    while pids := processes_of(paths.name):
        assert time.monotonic() < deadline
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def test_a_frozen_run_that_loses_power_stays_frozen_and_whoever_joined_takes_part(home: Home, live: RunPaths) -> None:
    paths = live
    until(paths, lambda s: s.round >= 2, "the second round")
    ask(paths.root, "add", by="me", direction="Distil the labels.", mind="search")
    until(paths, lambda s: "r4" in s.researchers and s.researchers["r4"].turn > 0, "its first turn")
    ask(paths.root, "freeze", by="me")
    frozen = until(paths, done("freeze"), "the freeze")
    assert {who.state for who in frozen.researchers.values()} == {"frozen"}

    killed(paths)
    launch(home, paths.name)
    again = until(paths, lambda s: s.epoch == frozen.epoch + 1 and s.status == "running", "the next supervisor")
    assert again.frozen and list(again.researchers) == ["r1", "r2", "r3", "r4"]
    ask(paths.root, "budget", researcher="r4", by="me", what="turns", limit="12")
    until(paths, done("budget"), "the budget")
    with JournalReader(paths.root) as reader:
        records = list(reader.records())
    acknowledged = next(r.seq for r in records if isinstance(r.event, CommandAcknowledged) and r.event.command == "c2")
    assert not [r for r in records if r.seq > acknowledged and isinstance(r.event, ModelRequested)]

    ask(paths.root, "resume", by="me")
    over = until(paths, lambda s: s.status == "finished", "the end")
    assert {one.researcher for one in over.submissions.values()} >= {"r1", "r2", "r3"}
    assert all(one.replication == "replicated" for one in over.submissions.values())
    assert 2 < over.researchers["r4"].settled <= 12 and over.researchers["r4"].experiments > 0
