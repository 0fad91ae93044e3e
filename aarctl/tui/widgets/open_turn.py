"""What the chosen researcher's mind is writing at this moment, below its transcript; nothing between
turns.
"""

from __future__ import annotations

from ..drawing.lines import Line, line, wrapped
from ..scene import Scene
from .pane import Content, Pane

LINES = 3


def open_turn_lines(scene: Scene, width: int) -> list[Line]:
    """No lines while no call is open."""
    who = scene.who
    text = scene.fact(f"turn {scene.chosen}", "text").strip() if who is not None and who.open_call else ""
    shown = wrapped(text[-4000:], max(width - 2, 8))[-LINES:] if text else []
    return [line(("… " if at == 0 else "  ", "accent"), (words, "dim")) for at, words in enumerate(shown)]


class OpenTurn(Pane, can_focus=False):
    """The last lines of the open turn: a passing fact, never part of the history."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The open turn's lines."""
        return Content(open_turn_lines(scene, width))
