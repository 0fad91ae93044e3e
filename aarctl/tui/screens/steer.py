"""Writing to a researcher."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, TextArea


class SteerScreen(ModalScreen[str | None]):
    """Gives back what was written; None when it was given up."""

    BINDINGS = [
        Binding("ctrl+s", "send", "send", show=False, priority=True),
        Binding("escape", "cancel", "cancel", show=False, priority=True),
    ]

    def __init__(self, researcher: str) -> None:
        super().__init__()
        self._researcher = researcher

    def compose(self) -> ComposeResult:
        """An editor and what happens with the text."""
        with Vertical(classes="sheet small") as sheet:
            sheet.border_title = f"Steer {self._researcher}"
            sheet.border_subtitle = "ctrl+s sends   esc gives up"
            yield Label("It is given these words, as they are, at its next turn.", markup=False)
            yield TextArea(id="text")

    def on_mount(self) -> None:
        """Ready to write."""
        self.query_one(TextArea).focus()

    def action_send(self) -> None:
        """Send it."""
        self.dismiss(self.query_one(TextArea).text)

    def action_cancel(self) -> None:
        """Send nothing."""
        self.dismiss(None)
