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


def test_the_same_keys_let_go_on_who_is_blocked() -> None:
    stuck = state()
    stuck.researchers["r2"] = Researcher("r2", "claude", "m", "any", state="blocked", blocked="there is no API key")
    assert pause_or_resume(stuck, "r2") == Ask("resume", "r2")
    assert pause_or_resume(stuck, "r1") == Ask("pause", "r1")
    assert pause_or_resume(stuck, "") == Ask("pause")  # r1 still works


@pytest.mark.parametrize("others", ["finished", "budget", "failed"])
def test_a_fleet_of_which_nobody_can_go_on_is_resumed(others: str) -> None:
    stuck = state()
    stuck.researchers["r1"].blocked = "there is no API key"
    stuck.researchers["r2"] = Researcher("r2", "claude", "m", "any", state=others)
    assert pause_or_resume(stuck, "") == Ask("resume")


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
    assert limits.all_of("r2") == {"turns": 9, "usd": 2.5} and limits.all_of("") == {}
    assert limits.of("r1", "minutes") is None and limits_of("not = [toml").of("r1", "turns") is None


def test_limits_have_every_key_of_a_budget_the_fleets_too() -> None:
    found = limits_of("[budget.fleet]\nusd = 400\ntokens = 9_000_000\ncalls = 500\nwishes = 3\n")
    assert found.all_of("") == {"usd": 400.0, "tokens": 9e6, "calls": 500.0}
