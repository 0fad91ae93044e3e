"""One word for how a run stands, and the sentence where a person must act."""

import pytest

from aarctl.journal.state import RunState
from aarctl.tui.content.status import GRACE_US, status_of
from aarctl.tui.drawing.lines import plain
from aarctl.tui.scene import Scene
from aarctl.tui.widgets.banner import banner_lines


@pytest.mark.parametrize(
    ("state", "supervised", "word"),
    [
        (RunState(), True, "starting"),
        (RunState(), False, "starting"),
        (RunState(seq=3, status="building"), True, "building the task"),
        (RunState(seq=9, status="running"), True, "running"),
        (RunState(seq=9, status="running", paused=True), True, "paused"),
        (RunState(seq=9, status="running", stopping=True), True, "stopping"),
        (RunState(seq=9, status="running"), False, "supervisor dead"),
        (RunState(seq=9, status="building"), False, "supervisor dead"),
        (RunState(seq=9, status="finished"), False, "finished"),
        (RunState(seq=9, status="stopped"), False, "stopped"),
        (RunState(seq=9, status="failed"), False, "failed"),
    ],
)
def test_the_word_for_a_state(state: RunState, supervised: bool, word: str) -> None:
    assert status_of(state, supervised).word == word


@pytest.mark.parametrize("readonly", [False, True])
def test_a_dead_supervisor_comes_with_the_key_and_the_command_that_restart_it(readonly: bool) -> None:
    state = RunState(seq=9, run="demo", status="running")
    scene = Scene(state, status_of(state, False), 0, readonly=readonly)
    words = "\n".join(plain(line) for line in banner_lines(scene, 80))
    assert "aarctl run --resume demo" in words and ("restart it: r" in words) is not readonly


def test_a_supervisor_that_never_came_is_missed_after_a_while() -> None:
    assert status_of(RunState(), False, waited_us=GRACE_US).word == "supervisor dead"


def test_a_replay_needs_no_supervisor() -> None:
    assert status_of(RunState(seq=9, status="running"), False, replay=True).word == "running"
