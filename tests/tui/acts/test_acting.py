"""What may be asked of a run, of whom, and the sentences where it may not."""

import pytest

from aarctl.journal.state import Researcher, RunState
from aarctl.tui.acts.acting import (
    Ask,
    concerned,
    freeze,
    listed,
    pause_or_resume,
    refusal,
    resume,
    resumes,
    said,
    steer,
)
from aarctl.tui.acts.actions import ACTIONS, BY_ID
from aarctl.tui.content.limits import limits_of


def state(*names: str, **changes: object) -> RunState:
    fleet = {name: Researcher(name, "search", "search", "any") for name in names or ("r1",)}
    return RunState(status="running", researchers=fleet, **changes)  # type: ignore[arg-type]


def test_an_action_is_for_the_marked_in_the_order_of_the_fleet_else_for_the_chosen() -> None:
    fleet = state("r1", "r2", "r3")
    assert concerned(fleet, "r2", ()) == ["r2"]
    assert concerned(fleet, "r2", {"r3", "r1", "gone"}) == ["r1", "r3"]
    assert concerned(fleet, "*", ()) == []


def test_pausing_toggles_the_researchers_own_latch_and_not_the_fleets() -> None:
    held = state(paused=True)
    assert pause_or_resume(held, ["r1"]) == [Ask("pause", "r1")]
    held.researchers["r1"].paused = True
    assert pause_or_resume(held, ["r1"]) == [Ask("resume", "r1")]
    assert pause_or_resume(held, ()) == [Ask("resume")]


def test_of_several_those_that_are_held_stay_so_until_all_are() -> None:
    fleet = state("r1", "r2", "r3")
    fleet.researchers["r1"].paused = True
    assert pause_or_resume(fleet, ["r1", "r2", "r3"]) == [Ask("pause", "r2"), Ask("pause", "r3")]
    for who in fleet.researchers.values():
        who.frozen = True
    assert pause_or_resume(fleet, ["r2", "r3"]) == [Ask("resume", "r2"), Ask("resume", "r3")]


def test_the_same_keys_let_go_on_who_is_blocked() -> None:
    stuck = state("r1", "r2")
    stuck.researchers["r2"].blocked = "there is no API key"
    assert pause_or_resume(stuck, ["r2"]) == [Ask("resume", "r2")] and resumes(stuck, "r2")
    assert pause_or_resume(stuck, ["r1"]) == [Ask("pause", "r1")]
    assert pause_or_resume(stuck, ()) == [Ask("pause")]  # r1 still works


@pytest.mark.parametrize("others", ["finished", "budget", "failed"])
def test_a_fleet_of_which_nobody_can_go_on_is_resumed(others: str) -> None:
    stuck = state("r1", "r2")
    stuck.researchers["r1"].blocked = "there is no API key"
    stuck.researchers["r2"].state = others
    assert pause_or_resume(stuck, ()) == [Ask("resume")]


def test_freezing_freezes_who_is_not_and_lets_go_when_all_are() -> None:
    fleet = state("r1", "r2")
    fleet.researchers["r1"].frozen = True
    assert freeze(fleet, ["r1", "r2"]) == [Ask("freeze", "r2")]
    assert freeze(fleet, ["r1"]) == [Ask("resume", "r1")]
    released = [Ask("freeze", name, {"release": "yes"}) for name in ("r1", "r2")]
    assert freeze(fleet, ["r1", "r2"], release=True) == released
    assert freeze(fleet, ()) == [Ask("freeze")] and freeze(state(frozen=True), ()) == [Ask("resume")]


def test_resuming_is_for_who_is_held_and_says_when_nobody_is() -> None:
    fleet = state("r1", "r2", paused=True)
    assert "r1 and r2 are not held; the fleet is" in resume(fleet, ["r1", "r2"])
    fleet.researchers["r2"].frozen = True
    assert resume(fleet, ["r1", "r2"]) == [Ask("resume", "r2")]
    assert resume(fleet, ()) == [Ask("resume")]


def test_who_has_ended_is_left_out_and_alone_is_a_sentence() -> None:
    fleet = state("r1", "r2")
    fleet.researchers["r1"].state = "finished"
    assert pause_or_resume(fleet, ["r1", "r2"]) == [Ask("pause", "r2")]
    assert pause_or_resume(fleet, ["r1"]) == "r1 is finished: no more turns are taken."
    fleet.researchers["r2"].state = "failed"
    assert "r1 and r2 have all ended" in freeze(fleet, ["r1", "r2"])


def test_an_empty_steer_is_not_sent_and_one_to_several_is_one_each() -> None:
    assert isinstance(steer(state(), ["r1"], "  \n"), str) and isinstance(steer(state(), [], "words"), str)
    words = {"text": "look\nagain"}
    asked = steer(state("r1", "r2"), ["r1", "r2"], " look\nagain ")
    assert asked == [Ask("steer", "r1", words), Ask("steer", "r2", words)]


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.changes], ids=lambda one: one.id)
def test_nothing_can_be_changed_in_a_replay_or_read_only(action) -> None:  # type: ignore[no-untyped-def]
    assert "replay" in refusal(state(), action, readonly=False, replay=True)
    assert "read-only" in refusal(state(), action, readonly=True, replay=False)
    assert refusal(state(), action, readonly=False, replay=False) == ""


@pytest.mark.parametrize("action", [one for one in ACTIONS if not one.changes], ids=lambda one: one.id)
def test_looking_is_never_refused(action) -> None:  # type: ignore[no-untyped-def]
    assert refusal(RunState(status="finished"), action, readonly=True, replay=True) == ""


def test_a_run_that_is_over_can_still_be_judged_and_a_stop_is_asked_once() -> None:
    over = RunState(status="finished")
    assert "finished: there is nothing to pause" in refusal(over, BY_ID["pause"], readonly=False, replay=False)
    assert refusal(over, BY_ID["verdict"], readonly=False, replay=False) == ""
    assert "stopping already" in refusal(state(stopping=True), BY_ID["stop"], readonly=False, replay=False)


def test_what_was_asked_is_said_and_that_it_waits_without_a_supervisor() -> None:
    assert said([Ask("pause", "r1")], True) == "pause r1: asked"
    assert "pause the fleet: asked; no supervisor" in said([Ask("pause")], False)
    assert said([Ask("steer", "r1"), Ask("steer", "r2")], True) == "steer r1 and r2: asked"
    assert said([Ask("verdict", "", {"verdict": "accept", "submission": "s5"})], True) == "accept s5: asked"
    assert said([Ask("cancel", "", {"experiment": "x3"})], True) == "cancel x3: asked"
    assert listed([]) == "" and listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"


def test_limits_come_from_the_recipe_and_a_researchers_own_go_first() -> None:
    recipe = "[budget.researcher]\nturns = 60\nusd = 2.5\n[[researchers]]\nid = 'r2'\nbudget = {turns = 9}\n"
    limits = limits_of(recipe)
    assert limits.of("r1", "turns") == 60 and limits.of("r2", "turns") == 9 and limits.of("r2", "usd") == 2.5
    assert limits.all_of("r2") == {"turns": 9, "usd": 2.5} and limits.all_of("") == {}
    assert limits.of("r1", "minutes") is None and limits_of("not = [toml").of("r1", "turns") is None


def test_limits_have_every_key_of_a_budget_the_fleets_too() -> None:
    found = limits_of("[budget.fleet]\nusd = 400\ntokens = 9_000_000\ncalls = 500\nwishes = 3\n")
    assert found.all_of("") == {"usd": 400.0, "tokens": 9e6, "calls": 500.0}
