"""A pane: lines made from a Scene, drawn by the line API, with a cursor where lines can be chosen.

A subclass says what its lines are; drawing, scrolling and the cursor are here. Only what changed is drawn
anew.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from ..drawing.difference import difference
from ..drawing.lines import Line
from ..drawing.paint import Painter
from ..scene import Scene

GUTTER = 2  # cells left of every line, the first of them the cursor's
MARGIN = 1  # cells right of it, where a scrollbar may come


class Content(NamedTuple):
    """What a pane shows."""

    lines: list[Line]
    keys: list[str] = []
    """Per line, what it stands for; empty where it cannot be chosen. No keys at all: no cursor."""


class Pane(Painter, can_focus=True):
    """Base of the panes."""

    FIXED = 0
    """Lines at the top that do not scroll away: a table's header."""
    SLOW = False
    """Whether it tells of submissions alone: drawn when one changes, else once a second, however much happens."""

    class Chosen(Message):
        """Enter, or a click on the line that has the cursor."""

        def __init__(self, pane: Pane, key: str) -> None:
            super().__init__()
            self.pane, self.key = pane, key

    class Moved(Message):
        """The cursor stands on another line."""

        def __init__(self, pane: Pane, key: str) -> None:
            super().__init__()
            self.pane, self.key = pane, key

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cursor = ""
        """The key of the line under the cursor."""
        self.placed = False
        """Whether the cursor was put where it is; until then it is on the first line, whatever that becomes."""
        self._content = Content([])
        self._scene: Scene | None = None
        self._followed = ""
        self._drawn_for = Size(0, 0)
        """The size that the lines were made for; none where they wait to be made."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The lines for a scene, `width` cells wide."""
        return Content([])

    def show(self, scene: Scene) -> None:
        """Draw a scene."""
        self._scene = scene
        self.redraw()

    def redraw(self) -> None:
        """Make the lines anew, and draw them if they differ."""
        self._drawn_for = Size(0, 0)
        if self._scene is None or not self.size.width or not self.display:
            return
        self._drawn_for = self.size
        content = self.content(self._scene, max(self.size.width - GUTTER - MARGIN, 8), self.size.height)
        before, self._content = self._content, content
        if content == before:
            return
        stays = self.cursor in content.keys and (self.placed or self.has_focus)
        if content.keys and not (self.cursor and stays):
            self.cursor = next((key for key in content.keys if key), "")
        if self.virtual_size.height != len(content.lines) or self.virtual_size.width != self.size.width:
            self.virtual_size = Size(self.size.width, len(content.lines))
        if content.keys != before.keys or len(content.lines) != len(before.lines):
            self.refresh()
        else:
            self._refresh_changed(before, content)

    def _refresh_changed(self, before: Content, now: Content) -> None:
        """Have only those cells drawn anew that differ."""
        scrolled = self.scroll_offset.y
        changed = [
            Region(GUTTER + span.x, span.line if span.line < self.FIXED else span.line - scrolled, span.cells, 1)
            for span in difference(before.lines, now.lines)
            if span.line < self.FIXED or self.FIXED <= span.line - scrolled < self.size.height
        ]
        own = self.size.region
        if visible := [part for region in changed if (part := region.intersection(own))]:
            self.refresh(*visible)

    @property
    def lines(self) -> list[Line]:
        """What the pane shows now."""
        return self._content.lines

    def refit(self) -> None:
        """Make the lines anew if they were made for another size."""
        if self._drawn_for != self.size:
            self.redraw()

    def on_resize(self, event: events.Resize) -> None:
        """Lines are made for a width."""
        self.refit()

    def render_line(self, y: int) -> Strip:
        """One line of the pane."""
        width = self.size.width
        at = y if y < self.FIXED else y + self.scroll_offset.y
        if at >= len(self._content.lines):
            return Strip.blank(width, self.rich_style)
        keys = self._content.keys
        here = bool(keys) and bool(keys[at]) and keys[at] == self.cursor
        under = Style(bgcolor=self.tone("row").bgcolor) if here else None
        first = not (at and keys and keys[at - 1] == self.cursor)
        mark = "▸ " if here and first else "  "
        gutter = Segment(mark, self.tone("accent") + under if under is not None else self.rich_style)
        body = self.strip(self._content.lines[at], width - GUTTER, under)
        return Strip([gutter, *body], width)

    # the cursor ---------------------------------------------------------------------------------------

    def action_cursor(self, step: int) -> None:
        """To the next or previous line that can be chosen; a pane without any scrolls."""
        keys = list(dict.fromkeys(key for key in self._content.keys if key))
        if not keys:
            self.scroll_relative(y=step, animate=False)
            return
        at = keys.index(self.cursor) if self.cursor in keys else 0
        self.put_cursor(keys[min(max(at + step, 0), len(keys) - 1)])

    def put_cursor(self, key: str, *, tell: bool = True) -> None:
        """Put the cursor on a line, and the line into view."""
        changed, self.cursor, self.placed = key != self.cursor, key, True
        if key in self._content.keys:
            first = self._content.keys.index(key)
            last = len(self._content.keys) - 1 - self._content.keys[::-1].index(key)
            top, height = self.scroll_offset.y, self.size.height
            if first < top + self.FIXED:
                self.scroll_to(y=max(first - self.FIXED, 0), animate=False)
            elif last >= top + height:
                self.scroll_to(y=last - height + 1, animate=False)
        self.refresh()
        if changed and tell:
            self.post_message(self.Moved(self, key))

    def follow_chosen(self, chosen: str) -> None:
        """Put the cursor where another choice has moved it; a cursor that only just moved is not put back."""
        if chosen != self._followed:
            self._followed = chosen
            self.put_cursor(chosen, tell=False)

    def action_choose(self) -> None:
        """Open what is under the cursor."""
        if self.cursor:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one on the same line opens it."""
        place = event.get_content_offset(self)
        if place is None:  # on the rule with the pane's title
            return
        at = place.y if place.y < self.FIXED else place.y + self.scroll_offset.y
        key = self._content.keys[at] if at < len(self._content.keys) else ""
        if key and key == self.cursor:
            self.action_choose()
        elif key:
            self.put_cursor(key)
