"""What a new supervisor settles, from states that a crash can leave."""

from __future__ import annotations

from aarctl.journal.events import EMPTY, ExperimentReleased, ModelUnknownOutcome, SupervisorRecovered
from aarctl.journal.state import Experiment, OpenTool, Researcher, RunState
from aarctl.supervisor.recovery import settle


def test_a_run_that_was_not_interrupted_needs_nothing() -> None:
    assert settle(RunState(researchers={"r1": Researcher("r1", "search", "m", "")})) == []


def test_a_lost_answer_is_charged_at_its_worst_case() -> None:
    who = Researcher("r1", "claude", "m", "", open_call="m7", open_call_nusd=123)
    events = settle(RunState(researchers={"r1": who}))
    assert events[0] == ModelUnknownOutcome(researcher="r1", call="m7", cost_nusd=123)


def test_an_experiment_that_held_a_slot_is_queued_again_and_one_that_waited_is_left_alone() -> None:
    running = Experiment("x1", "r1", ["true"], "", "t", "research", "", "", 0, 60.0, 0, 1, slot="cpu0", attempt=1)
    waiting = Experiment("x2", "r1", ["true"], "", "t", "research", "", "", 0, 60.0, 0, 2)
    events = settle(RunState(experiments={"x1": running, "x2": waiting}))
    released = [event for event in events if isinstance(event, ExperimentReleased)]
    assert [event.experiment for event in released] == ["x1"]
    assert isinstance(events[-1], SupervisorRecovered)


def test_open_tools_are_named_and_sandboxes_are_left_to_who_needs_them() -> None:
    who = Researcher("r1", "search", "m", "", sandbox="r1", open_tools={"c": OpenTool("c", 1, "shell", EMPTY, 5)})
    events = settle(RunState(researchers={"r1": who}))
    assert isinstance(events[-1], SupervisorRecovered)
    assert events[-1].interrupted == ["r1: shell is run again"]
