"""Stopping a run is confirmed by typing its name."""

from __future__ import annotations

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from .sheet import Sheet


class StopScreen(Sheet[bool]):
    """Gives back True only when the name was typed."""

    def __init__(self, run: str) -> None:
        words = (
            "Every researcher stops at its next turn boundary. Nothing is lost; "
            f"aarctl run --resume {run} goes on. Type the run's name to stop it."
        )
        super().__init__(f"Stop {run}", "enter stops   esc goes back", words)
        self._run = run

    def body(self) -> list[Widget]:
        """The field."""
        return [Input(placeholder=self._run, id="name")]

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        if message.value.strip() == self._run:
            self.dismiss(True)
        else:
            self.complain(f"That is not {self._run}. Nothing was stopped.")
