"""The room under test: opened on a run, looked at as a person would, and waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from textual.pilot import Pilot

from aarctl.tui.app import ControlRoom
from aarctl.tui.drawing.lines import plain
from aarctl.tui.screens.room import Room
from aarctl.tui.widgets.notice import Notice
from aarctl.tui.widgets.pane import Pane

FULL, SMALL = (120, 36), (80, 24)


class Told(NamedTuple):
    """A run's folder and the time where its story ends."""

    run: Path
    end: int

    def clock(self) -> int:
        """Two seconds after the end, for ever."""
        return self.end + 2_000_000


Tell = Callable[..., Told]


@asynccontextmanager
async def room(told: Told, size: tuple[int, int] = FULL, **options: Any):  # type: ignore[no-untyped-def]
    app = ControlRoom(told.run, clock=told.clock, **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def screen(pilot: Pilot[Any]) -> Room:
    assert isinstance(pilot.app.screen, Room)
    return pilot.app.screen


def words(pilot: Pilot[Any], pane: str) -> str:
    return "\n".join(plain(line) for line in screen(pilot).query_one(f"#{pane}", Pane).lines)


def seen(pilot: Pilot[Any]) -> str:
    """The whole screen as text."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def said(pilot: Pilot[Any]) -> str:
    return screen(pilot).query_one(Notice).said


async def until(pilot: Pilot[Any], true: Callable[[], bool]) -> None:
    """Let the app work until something is so; fails after 30 seconds."""
    async with asyncio.timeout(30):
        while not true():
            await pilot.pause(0.02)


def inbox(pilot: Pilot[Any]) -> list[tuple[str, dict[str, Any]]]:
    rows = screen(pilot).source.reader._db.execute("select kind, body from inbox order by id")
    return [(kind, msgspec.json.decode(body)) for kind, body in rows]
