"""Where to put a replay's cursor."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label


class JumpScreen(ModalScreen[str | None]):
    """Gives back what was typed."""

    BINDINGS = [Binding("escape", "cancel", "cancel", show=False, priority=True)]

    def __init__(self, last: int) -> None:
        super().__init__()
        self._last = last

    def compose(self) -> ComposeResult:
        """The field."""
        with Vertical(classes="sheet small") as sheet:
            sheet.border_title = "Go to"
            sheet.border_subtitle = "enter goes   esc stays"
            yield Label(
                f"A time since the start (3:20), an event (#1 to #{self._last}), or a share (50%).",
                markup=False,
            )
            yield Input(id="where")

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        self.dismiss(message.value)

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(None)
