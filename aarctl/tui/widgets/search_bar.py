"""One line below the transcript where a person types what to look for; tab says where: here, or everywhere."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from ..transcript.query import BadQuery, query_of


class SearchBar(Horizontal):
    """Hidden until `open`; hides itself when it is left."""

    BINDINGS = [
        Binding("tab", "elsewhere", "where", show=False),
        Binding("escape", "leave", "leave", show=False),
    ]

    class Asked(Message):
        """Enter was pressed."""

        def __init__(self, text: str, everywhere: bool) -> None:
            super().__init__()
            self.text, self.everywhere = text, everywhere

    class Left(Message):
        """Escape was pressed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.everywhere = False
        self._who = ""
        self.display = False

    def compose(self) -> ComposeResult:
        """The sign, the field, and what may be done or is wrong."""
        yield Label("/", classes="sign", markup=False)
        yield Input(id="search")
        yield Label("", classes="hint", markup=False)

    def open(self, who: str, text: str, *, everywhere: bool = False) -> None:
        """Ask what to look for; `text` is what was looked for last, and goes when something is typed."""
        self._who, self.everywhere, self.display = who, everywhere, True
        field = self.query_one(Input)
        field.value = text
        field.focus()
        field.action_select_all()
        self._hint()

    def _hint(self, wrong: str = "") -> None:
        where, other = ("everywhere", self._who) if self.everywhere else (self._who, "everywhere")
        hint = self.query_one(".hint", Label)
        hint.update(wrong or f"in {where} · tab: {other}")
        hint.set_class(bool(wrong), "wrong")

    def wrong(self, text: str) -> str:
        """Why a text cannot be looked for; empty when it can."""
        if self.everywhere:
            return ""
        try:
            query_of(text)
        except BadQuery as error:
            return str(error)
        return ""

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        self._hint(self.wrong(message.value))

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        message.stop()
        if wrong := self.wrong(message.value):
            self._hint(wrong)
        else:
            self.display = False
            self.post_message(self.Asked(message.value, self.everywhere))

    def action_elsewhere(self) -> None:
        """Here, or everywhere."""
        self.everywhere = not self.everywhere
        self._hint(self.wrong(self.query_one(Input).value))

    def action_leave(self) -> None:
        """Look for nothing."""
        self.display = False
        self.post_message(self.Left())

    def on_click(self, event: events.Click) -> None:
        """A click stays in the bar."""
        event.stop()
        self.query_one(Input).focus()
