"""The PGR history: the plot, drawn at most once a second."""

from __future__ import annotations

from ..history import plot
from ..scene import Scene
from .pane import Content, Pane


class HistoryPane(Pane):
    """PGR over time. The room shows it a scene once a second, however much happens."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The plot's lines."""
        return Content(plot(scene.state, scene.now, width, height, scene.chosen))
