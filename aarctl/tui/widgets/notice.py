"""The line above the keys: a sentence of the room, how far the last command has come, or what a researcher tells."""

from __future__ import annotations

from ..content.attention import attention_line
from ..content.commands import last_command
from ..drawing.lines import Line, fit, line
from ..scene import Scene
from .pane import Content, Pane


def notice_line(scene: Scene, said: str, room: int) -> Line:
    """The room's sentence first; else the last command, while it is open or fresh; else what a researcher tells."""
    if said:
        return fit(line(said), room)
    return last_command(scene, room) or attention_line(scene.state, scene.now, room)


class Notice(Pane, can_focus=False):
    """One line; `said` holds the room's sentence until the next key."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.said = ""

    def say(self, words: str) -> None:
        """Show a sentence."""
        self.said = words
        self.redraw()

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line."""
        return Content([notice_line(scene, self.said, width)])
