"""Pictures of the small screens that act, at both sizes.

After a change that is meant: `pytest tests/tui/test_sheets.py --snapshot-update`, and look at the pictures.
"""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from aarctl.tui.app import ControlRoom
from tests.tui.conftest import Told

SIZES = {"full": (120, 36), "small": (80, 24)}
SHEETS = {
    "steer": ("steered", ("J", "J", "s")),
    "steer-marked": ("scored s5", ("space", "down", "space", "s", *"look at s5")),
    "add": ("scored s5", ("a",)),
    "budget": ("claude waits", ("b",)),
    "budget-marked": ("scored s5", ("A", "b", *"lots", "enter")),
    "retire": ("scored s5", ("x",)),
    "verdict": ("scored s5", ("6", "v", "enter")),
    "cancel": ("replicating s5", ("5", "X")),
    "commands": ("finished", ("c",)),
    "help": ("scored s5", ("5", "question_mark")),
    "palette": ("scored s5", ("colon", *"rep")),
    "marked": ("scored s5", ("space", "down", "down", "space")),
}


async def _settled(pilot: Pilot[Any], keys: tuple[str, ...]) -> None:
    await pilot.pause()
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await pilot.wait_for_scheduled_animations()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sheet", SHEETS)
def test_the_sheet_looks_as_it_did(
    sheet: str, size: str, told: Callable[..., Told], snap_compare: Callable[..., bool]
) -> None:
    moment, keys = SHEETS[sheet]
    told_run = told(moment)
    app = ControlRoom(told_run.run, clock=told_run.clock)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=lambda pilot: _settled(pilot, keys))


@pytest.mark.parametrize("theme", ["aarctl-light", "aarctl-contrast", "aarctl-terminal"])
def test_a_sheet_in_the_other_looks(theme: str, told: Callable[..., Told], snap_compare: Callable[..., bool]) -> None:
    moment = told("scored s5")
    app = ControlRoom(moment.run, clock=moment.clock)
    app.theme = theme
    assert snap_compare(app, terminal_size=SIZES["small"], run_before=lambda pilot: _settled(pilot, ("6", "v")))


def test_a_sheet_without_colour(
    told: Callable[..., Told], snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    moment = told("scored s5")
    app = ControlRoom(moment.run, clock=moment.clock)
    assert snap_compare(app, terminal_size=SIZES["small"], run_before=lambda pilot: _settled(pilot, ("space", "b")))
