"""The last line: the keys that fit the pane and the run; and, on a narrow screen, the row of panes."""

from __future__ import annotations

from ..acting import resumes
from ..arrange import PANES, TITLES
from ..keys import footer, keys_here
from ..lines import Piece, fit
from ..scene import Scene
from .pane import Content, Pane


class Footer(Pane, can_focus=False):
    """The keys."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.pane = "fleet"

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line."""
        keys = keys_here(
            self.pane, replay=bool(scene.replay), readonly=scene.readonly, over=scene.state.over,
            paused=resumes(scene.state, scene.chosen), all_paused=resumes(scene.state),
        )  # fmt: skip
        return Content([footer(keys, width)])


class Tabs(Pane, can_focus=False):
    """1 Fleet  2 Transcript ...: where one pane stands alone."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.pane = "fleet"

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line."""
        pieces: list[Piece] = []
        for number, pane in enumerate(PANES, 1):
            here = pane == self.pane
            text = f"[{number} {TITLES[pane]}]" if here else f" {number} {TITLES[pane]} "
            pieces += [Piece(text, "accent" if here else "dim"), Piece(" ")]
        return Content([fit(tuple(pieces), width)])
