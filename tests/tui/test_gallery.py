"""The gallery: every screen in its list, opened by enter, drawn into files, and found by its name or a moment's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import OptionList

from aarctl.tui.gallery import draw
from aarctl.tui.gallery.choose import Gallery
from aarctl.tui.gallery.screens import SCREENS, arrive, room_of, stage


async def test_every_screen_is_in_the_list_and_enter_gives_its_name() -> None:
    app = Gallery("flags")
    async with app.run_test() as pilot:
        options = app.query_one(OptionList)
        assert {option.id for option in options.options if option.id} == set(SCREENS)
        await pilot.press("down", "enter")
    assert app.return_value == list(SCREENS)[list(SCREENS).index("flags") + 1]


async def test_q_leaves_it() -> None:
    app = Gallery()
    async with app.run_test() as pilot:
        await pilot.press("q")
    assert app.return_value is None


@pytest.mark.parametrize("name", ["steer", "away", "dead"])
async def test_a_screen_is_staged_with_a_supervisor_that_seems_alive_or_not(name: str, tmp_path: Path) -> None:
    shown = SCREENS[name]
    run, end, lock = await stage(shown, tmp_path)
    assert (lock is not None) == shown.alive
    async with room_of(shown, run, end).run_test(size=draw.FULL) as pilot:
        await arrive(pilot, shown)
        assert bool(shown.keys or shown.seen) == (len(pilot.app.screen_stack) > 2)
    if lock is not None:
        lock.release()


def test_a_name_that_is_none_gets_the_nearest() -> None:
    found = subprocess.run([sys.executable, "-m", "aarctl.tui.gallery", "flag"], capture_output=True, text=True)
    assert found.returncode == 2 and "no screen 'flag'; there are flags" in found.stderr


@pytest.mark.parametrize(("drawn", "file"), [
    (draw.Drawn("room", draw.FULL), "room"), (draw.Drawn("room"), "room-80x24"),
    (draw.Drawn("room", theme="aarctl-light"), "room-80x24-light"),
])  # fmt: skip
def test_a_file_is_named_for_its_screen_and_look(drawn: draw.Drawn, file: str) -> None:
    assert drawn.file == file
