"""The last commands and how far each has come; it goes on with the run while it is open."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from ..acts.actions import Action
from ..content.commands import commands_lines
from ..scene import Scene
from ..widgets.pane import Content, Pane
from .binding import bind, moving


class CommandsPane(Pane):
    """A few lines each."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The list."""
        return Content(commands_lines(scene, width))


class CommandsScreen(ModalScreen[None]):
    """Escape closes it. Whoever opens it shows it each new scene."""

    BINDINGS = [Binding("escape,enter,c,q", "dismiss", "close", show=False)]

    def __init__(self, scene: Scene, actions: Sequence[Action]) -> None:
        super().__init__()
        self._first = scene
        bind(self, moving(actions))

    def compose(self) -> ComposeResult:
        """One list that scrolls."""
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "Commands"
            sheet.border_subtitle = "esc closes"
            yield CommandsPane()

    def on_mount(self) -> None:
        """As it stands."""
        self.show(self._first)

    def show(self, scene: Scene) -> None:
        """As it stands now."""
        self.query_one(CommandsPane).show(scene)
