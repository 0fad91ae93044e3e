"""The last line: the keys that fit the pane and the run; and, on a narrow screen, the row of panes.

A click on a key does what the key does.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message

from ..acts.acting import resumes
from ..acts.actions import ACTIONS, Action
from ..acts.keys import Laid, keys_here, laid, last_keys
from ..drawing.arrange import PANES, TITLES
from ..drawing.lines import Piece, cut, fit, width
from ..scene import Scene
from .pane import GUTTER, Content, Pane


class Pressed(Message):
    """A key in the footer, or a pane's name, was clicked."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action


def titles_now(scene: Scene) -> dict[str, str]:
    """What a key does at this moment, where that is not its title."""
    words = {}
    if resumes(scene.state, scene.chosen):
        words["pause"] = "resume"
    if resumes(scene.state):
        words["pause-all"] = "resume all"
    return words


class Footer(Pane, can_focus=False):
    """The keys of `actions` in `pane`."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.pane = "fleet"
        self.actions: Sequence[Action] = ACTIONS
        self._laid = Laid([], 3)

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line."""
        keys = keys_here(
            self.actions, self.pane, replay=bool(scene.replay), readonly=scene.readonly, over=scene.state.over,
            words=titles_now(scene),
        )  # fmt: skip
        self._laid = laid(keys, width, last_keys(self.actions))
        return Content([self._laid.line])

    def on_click(self, event: events.Click) -> None:
        """As if its key had been pressed."""
        event.stop()
        if action := self._laid.at(event.x - GUTTER):
            self.post_message(Pressed(action))


class Tabs(Pane, can_focus=False):
    """1 Fleet  2 Transcript ...: where one pane stands alone."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.pane = "fleet"
        self._ends: list[int] = []

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line; closer together where it is narrow, and cut where not even that is enough."""
        for gap, room in ((3, 16), (2, 16), (1, 16), (1, 4), (1, 0)):
            line = self._line(gap, room)
            if self._ends[-1] <= width:
                break
        return Content([fit(line, width)])

    def _line(self, gap: int, room: int) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        self._ends = []
        for number, pane in enumerate(PANES, 1):
            here = pane == self.pane
            name = f"{number} {TITLES[pane] if here else cut(TITLES[pane], room)}".rstrip()
            between = " " * (gap if number > 1 else 0)
            pieces.append(Piece(f"{between}[{name}]" if here else between + name, "accent" if here else "dim"))
            self._ends.append(width(tuple(pieces)))
        return tuple(pieces)

    def on_click(self, event: events.Click) -> None:
        """To that pane."""
        event.stop()
        x = event.x - GUTTER
        for pane, end in zip(PANES, self._ends, strict=True):
            if x < end:
                self.post_message(Pressed(f"go-{pane}"))
                return
