"""The command palette: every action by its name, done where it belongs, refused where it may not be done."""

import pytest
from textual.command import CommandPalette

from aarctl.tui.acts.actions import ACTIONS
from aarctl.tui.screens.palette import Actions, help_of, name_of
from aarctl.tui.screens.room import Room
from tests.tui.pilot import Tell, inbox, room, said, screen, seen, until


@pytest.mark.parametrize("replay", [False, True], ids=["live", "replay"])
async def test_the_palette_finds_every_action_by_its_name(told: Tell, replay: bool) -> None:
    async with room(told("scored s5"), replay=replay) as pilot:
        provider = Actions(screen(pilot))
        there = [action for action in ACTIONS if action.when in ("", "replay" if replay else "live")]
        assert {hit.text or str(hit.display) async for hit in provider.discover()} == {name_of(one) for one in there}
        for action in there:
            hits = sorted([hit async for hit in provider.search(name_of(action))], reverse=True)
            assert hits and name_of(action) in [hit.text for hit in hits[:3]]


async def test_an_action_is_found_by_a_word_of_its_sentence(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        hits = [hit async for hit in Actions(screen(pilot)).search("fresh seeds")]
        assert any(hit.text == "Replicate" for hit in hits)


def test_the_palette_tells_the_keys_of_an_action() -> None:
    assert help_of(next(one for one in ACTIONS if one.id == "stop")).endswith("S ctrl+x")


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_what_is_chosen_in_the_palette_is_done(told: Tell, key: str) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press(key)
        assert isinstance(pilot.app.screen, CommandPalette)
        await pilot.press(*"pause all")
        await until(pilot, lambda: "Pause the fleet" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Room) and bool(inbox(pilot)))
        assert inbox(pilot) == [("pause", {"researcher": "", "args": {}})]


async def test_an_action_of_another_pane_goes_there_first(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("6")
        await screen(pilot).do("mark")
        assert screen(pilot).pane == "fleet" and screen(pilot).marked == {"r1"}


async def test_the_palette_of_a_read_only_room_refuses_with_a_sentence(told: Tell) -> None:
    async with room(told("scored s5"), readonly=True) as pilot:
        await screen(pilot).do("add")
        assert "read-only" in said(pilot) and isinstance(pilot.app.screen, Room) and inbox(pilot) == []
