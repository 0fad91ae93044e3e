"""The PGR history: the plot, drawn at most once a second, and the point of it that a person has selected."""

from __future__ import annotations

from ..content.history import in_time, plot
from ..scene import Scene
from .pane import Content, Pane


class HistoryPane(Pane):
    """PGR over time. Its cursor is a point; moving goes from point to point in time.

    None is selected until one moves.
    """

    SLOW = True

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The plot's lines."""
        selected = self.cursor if self.has_focus else ""
        return Content(plot(scene.state, scene.now, width, height, scene.chosen, selected=selected))

    def action_cursor(self, step: int) -> None:
        """To the next or previous point in time; the first move selects the newest."""
        if self._scene is None or not (keys := [point.key for point in in_time(self._scene.state)]):
            return
        if self.cursor in keys:
            self.cursor = keys[min(max(keys.index(self.cursor) + step, 0), len(keys) - 1)]
        else:
            self.cursor = keys[-1]
        self.redraw()

    def on_focus(self) -> None:
        """The selected point is marked while the pane has the focus."""
        self.redraw()

    def on_blur(self) -> None:
        """Else it is not."""
        self.redraw()
