"""The gallery as a person walks through it: a list of all screens, and one of them opened, its keys pressed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Footer, OptionList
from textual.widgets.option_list import Option

from ..drawing.themes import ThemedApp
from .screens import PANES, SHEETS, STATES, Shown, arrive, room_of, stage

PARTS = {"States": STATES, "Panes": PANES, "Sheets": SHEETS}


class Gallery(ThemedApp[str]):
    """Lists the screens; gives back the name of the one that was chosen."""

    BINDINGS = [("q", "exit", "quit")]
    TITLE = "aarctl gallery"

    def __init__(self, at: str | None = None) -> None:
        super().__init__(None)
        self._at = at

    def compose(self) -> ComposeResult:
        """A heading for each part."""
        options = OptionList()
        for part, screens in PARTS.items():
            options.add_option(Option(f"[b]{part}[/b]", disabled=True))
            options.add_options(Option(f"  {one.name:20} {' '.join(one.keys)}", one.name) for one in screens)
        yield options
        yield Footer()

    def on_mount(self) -> None:
        """Where the person was before."""
        if self._at is not None:
            options = self.query_one(OptionList)
            options.highlighted = options.get_option_index(self._at)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open it."""
        self.exit(event.option_id)

    def action_exit(self) -> None:
        """Nothing more to see."""
        self.exit()


def open_screen(shown: Shown, folder: Path) -> None:
    """Write its run into `folder`, open the room, press its keys, and return when the person leaves."""
    run, end, lock = asyncio.run(stage(shown, folder))
    begun = time.monotonic()
    room = room_of(shown, run, end, lambda: round((time.monotonic() - begun) * 1e6))

    async def lead(pilot: Pilot[Any]) -> None:
        await arrive(pilot, shown)

    room.run(auto_pilot=lead)
    if lock is not None:
        lock.release()
