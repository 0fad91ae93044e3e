"""How many widgets the room mounts, with a sheet open on top of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aarctl.tui.app import ControlRoom

from .measure import Figures

SHEETS = ("question_mark", "colon", "s", "g")


def widgets(run: Path) -> Figures:
    """The most of all sheets."""
    return {"mounted widgets": float(asyncio.run(_count(run)))}


async def _count(run: Path) -> int:
    app, most = ControlRoom(run), 0
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        for key in SHEETS:
            await pilot.press(key)
            await pilot.pause()
            most = max(most, sum(len(list(screen.walk_children())) for screen in app.screen_stack))
            await pilot.press("escape")
            await pilot.pause()
    return most
