"""The budget pane: figures as those that stop researchers, near and used up in words, whatever the width."""

from dataclasses import replace

import pytest

from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.tui.content.budget import Use, books, in_words, lasts
from aarctl.tui.content.limits import Limits, limits_of
from aarctl.tui.content.status import status_of
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.scene import EVERYONE, Scene
from aarctl.tui.widgets.budget import budget_content
from tests.tui.pilot import Told, room, screen


@pytest.fixture
def scene(told) -> Scene:  # type: ignore[no-untyped-def]
    run: Told = told("judged")
    with JournalReader(run.run) as reader:
        state = reader.state()
        recipe = reader.text(next(reader.records(0, kinds=("run.opened",))).event.recipe)  # type: ignore[attr-defined]
    limits = replace(limits_of(recipe), changed=state.budgets)
    return Scene(state=state, status=status_of(state, True), now=state.at, chosen="r2", limits=limits)


def use(scene: Scene, who: str, what: str) -> Use:
    return next(one for one in books(scene.state, scene.limits, scene.now, who).uses if one.what == what)


def test_a_limit_that_a_person_changed_is_the_one_that_counts(scene: Scene) -> None:
    assert use(scene, "r1", "usd").line.limit == 1_400_000_000
    assert use(scene, "r2", "usd").line.limit == 800_000_000


def test_what_is_near_and_what_is_used_up_is_said_in_words(scene: Scene) -> None:
    assert (use(scene, "r2", "usd").word, lasts(use(scene, "r2", "usd"))) == ("used up", "used up")
    assert in_words(use(scene, "r2", "usd")) == "dollars used up"
    near = use(scene, "r7", "usd")
    assert near.word == "near" and in_words(near).startswith("dollars near 86%, ") and lasts(near).startswith("near ")
    assert use(scene, "r1", "usd").word == ""


def test_held_dollars_bring_the_end_near_before_they_are_used(scene: Scene) -> None:
    who = scene.state.researchers["r1"]
    who.open_call_nusd = 1_400_000_000 - who.nusd
    held = use(scene, "r1", "usd")
    assert held.word == "near" and held.line.left == 0 and lasts(held) == "all is held"


def test_an_hour_of_research_is_priced_for_models_and_for_devices_apart(scene: Scene) -> None:
    found = books(scene.state, scene.limits, scene.now, "r3")
    hours = found.account.active_us / 3.6e9
    assert found.models_usd == pytest.approx(found.account.nusd / 1e9 / hours)
    assert found.devices_usd == pytest.approx(2.5 * found.account.device_us / 3.6e9 / hours, rel=1e-6)
    assert books(scene.state, Limits(), scene.now, "r3").devices_usd is None


def test_nothing_is_foretold_of_whoever_is_over(scene: Scene) -> None:
    scene.state.researchers["r1"].state = "finished"
    found = books(scene.state, scene.limits, scene.now, "r1")
    assert found.burn_usd is None and all(one.lasts_us is None for one in found.uses if not one.line.reached)


@pytest.mark.parametrize("room_", [40, 52, 77, 117])
@pytest.mark.parametrize("chosen", ["r2", EVERYONE])
def test_every_width_says_who_is_used_up_and_shows_the_limits_of_the_chosen(
    scene: Scene, room_: int, chosen: str
) -> None:
    content = budget_content(replace(scene, chosen=chosen), room_)
    text = "\n".join(plain(one) for one in content.lines)
    assert all(width(one) <= room_ for one in content.lines)
    assert "dollars used up" in text and "dollars near" in text and "read from the cache"[:8] in text
    assert ("r2: 3 limits" if chosen == "r2" else "the fleet: 2 limits") in text
    assert content.keys[1:11] == [EVERYONE, *scene.state.researchers]


def test_a_run_without_researchers_or_limits_is_fine() -> None:
    state = RunState()
    empty = Scene(state=state, status=status_of(state, True), now=0)
    assert plain(budget_content(empty, 40).lines[0]) == "Nobody has used anything yet."


async def test_moving_in_the_budget_chooses_the_researcher(told) -> None:  # type: ignore[no-untyped-def]
    async with room(told("judged")) as pilot:
        await pilot.press("8", "down", "down")
        assert screen(pilot).chosen == "r3"
        await pilot.press("enter")
        assert screen(pilot).pane == "transcript"
