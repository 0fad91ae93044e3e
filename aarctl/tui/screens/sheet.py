"""A small screen over the room that asks one thing: a title, what will happen, something to fill in, escape to leave.

Whatever it asks, it decides nothing: it gives back what the person said, or None. No key of a sheet has priority: one
that had would overtake the letters before it when they come in one burst, as they do over a slow line.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Label

T = TypeVar("T")


class Sheet(ModalScreen[T | None], Generic[T]):
    """Base of the sheets; a subclass yields what is in it from `body`."""

    BINDINGS = [Binding("escape", "cancel", "cancel", show=False)]

    def __init__(self, title: str, keys: str, words: str = "") -> None:
        super().__init__()
        self._title, self._keys, self._words = title, keys, words

    def compose(self) -> ComposeResult:
        """The frame, the words, the body, and room for a complaint."""
        with Vertical(classes="sheet small") as sheet:
            sheet.border_title = self._title
            sheet.border_subtitle = self._keys
            if self._words:
                yield Label(self._words, markup=False)
            yield from self.body()
            yield Label("", id="why", markup=False)

    def on_mount(self) -> None:
        """No line is kept free for a complaint that may never come."""
        self.query_one("#why").display = False

    def body(self) -> list[Widget]:
        """What is between the words and the complaint."""
        return []

    def complain(self, words: str) -> None:
        """Say what is wrong, and stay."""
        why = self.query_one("#why", Label)
        why.update(words)
        why.display = True

    def action_cancel(self) -> None:
        """Back, nothing done."""
        self.dismiss(None)
