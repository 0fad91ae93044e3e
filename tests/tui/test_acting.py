"""What may be asked of a run, and the sentences where it may not."""

import pytest

from aarctl.journal.state import Researcher, RunState
from aarctl.tui.acting import Ask, pause_or_resume, refusal, said, steer
from aarctl.tui.limits import limits_of


def state(**changes: object) -> RunState:
    return RunState(status="running", researchers={"r1": Researcher("r1", "search", "search", "any")}, **changes)  # type: ignore[arg-type]


def test_p_toggles_the_researchers_own_latch_and_not_the_fleets() -> None:
    held = state(paused=True)
    assert pause_or_resume(held, "r1") == Ask("pause", "r1")
    held.researchers["r1"].paused = True
    assert pause_or_resume(held, "r1") == Ask("resume", "r1")
    assert pause_or_resume(held, "") == Ask("resume")


@pytest.mark.parametrize("who", ["*", "r7"])
def test_nobody_chosen_is_a_sentence(who: str) -> None:
    assert isinstance(pause_or_resume(state(), who), str) and isinstance(steer(state(), who, "words"), str)


def test_an_empty_steer_is_not_sent() -> None:
    assert isinstance(steer(state(), "r1", "  \n"), str)
    assert steer(state(), "r1", " look\nagain ") == Ask("steer", "r1", {"text": "look\nagain"})


def test_nothing_can_be_asked_in_a_replay_read_only_or_of_a_run_that_is_over() -> None:
    assert "replay" in refusal(state(), "pause", readonly=False, replay=True)
    assert "read-only" in refusal(state(), "pause", readonly=True, replay=False)
    assert "finished" in refusal(RunState(status="finished"), "pause", readonly=False, replay=False)
    assert refusal(state(), "pause", readonly=False, replay=False) == ""


def test_a_command_without_a_supervisor_says_that_it_waits() -> None:
    assert "waits in the inbox" in said(Ask("pause", "r1"), False) and "waits" not in said(Ask("pause"), True)


def test_limits_come_from_the_recipe_and_a_researchers_own_go_first() -> None:
    recipe = "[budget.researcher]\nturns = 60\nusd = 2.5\n[[researchers]]\nid = 'r2'\nbudget = {turns = 9}\n"
    limits = limits_of(recipe)
    assert limits.of("r1", "turns") == 60 and limits.of("r2", "turns") == 9 and limits.of("r2", "usd") == 2.5
    assert limits.of("r1", "minutes") is None and limits_of("not = [toml").of("r1", "turns") is None
