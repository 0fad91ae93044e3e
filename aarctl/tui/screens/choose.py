"""One of a few things, and a word about it: up and down choose, the rest is typed.

The field has the focus all the time, so that a choice and its word take as few keys as they can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual import on
from textual.binding import Binding
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input

from ..drawing.lines import Line
from ..widgets.pane import Content, Pane
from .sheet import Sheet


class Picked(NamedTuple):
    """What was chosen, and what was typed."""

    option: str
    text: str


class Options(Pane, can_focus=False):
    """The things, one of them under the cursor."""

    def __init__(self, options: Sequence[tuple[str, Line]], chosen: str) -> None:
        super().__init__()
        self.cursor = chosen
        self._options = options

    def redraw(self) -> None:
        """The lines do not come from a scene."""
        if not self._content.lines:
            self._content = Content([words for _, words in self._options], [name for name, _ in self._options])
        self.virtual_size = Size(self.size.width, len(self._options))
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line each."""
        return len(self._options)


class ChooseScreen(Sheet[Picked]):
    """Gives back a choice and its word; `wrong` says what is the matter with them, or nothing."""

    BINDINGS = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
    ]

    def __init__(
        self,
        title: str,
        words: str,
        options: Sequence[tuple[str, Line]],
        *,
        chosen: str,
        hint: str,
        wrong: Callable[[str, str], str],
    ) -> None:
        super().__init__(title, "↑↓ choose   enter asks for it   esc goes back", words)
        self._options, self._chosen, self._hint, self._wrong = options, chosen, hint, wrong

    def body(self) -> list[Widget]:
        """The things, then the field."""
        return [Options(self._options, self._chosen), Input(placeholder=self._hint, id="word")]

    def on_mount(self) -> None:
        """Ready to type."""
        super().on_mount()
        self.query_one(Input).focus()

    def action_move(self, step: int) -> None:
        """To the next or previous thing."""
        self.query_one(Options).action_cursor(step)

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        option = self.query_one(Options).cursor
        wrong = self._wrong(option, message.value)
        if wrong:
            self.complain(wrong)
        else:
            self.dismiss(Picked(option, message.value))
