"""Stopping a run is confirmed by typing its name."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label


class StopScreen(ModalScreen[bool]):
    """Gives back True only when the name was typed."""

    BINDINGS = [Binding("escape", "cancel", "cancel", show=False, priority=True)]

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def compose(self) -> ComposeResult:
        """What stopping means, and the field."""
        with Vertical(classes="sheet small") as sheet:
            sheet.border_title = f"Stop {self._run}"
            sheet.border_subtitle = "enter stops   esc goes back"
            words = (
                "Every researcher stops at its next turn boundary. Nothing is lost; "
                f"aarctl run --resume {self._run} goes on. Type the run's name to stop it."
            )
            yield Label(words, markup=False)
            yield Input(placeholder=self._run, id="name")
            yield Label("", id="why", markup=False)

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        if message.value.strip() == self._run:
            self.dismiss(True)
        else:
            self.query_one("#why", Label).update(f"That is not {self._run}. Nothing was stopped.")

    def action_cancel(self) -> None:
        """Back, nothing done."""
        self.dismiss(False)
