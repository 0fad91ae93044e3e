"""A page: lines made anew for the width that there is, and whenever it is asked for; it scrolls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.geometry import Size

from ..drawing.lines import Line
from .pane import GUTTER, MARGIN, Content, Pane


class Page(Pane):
    """`make` gives the lines for a width. Without a cursor, up and down scroll."""

    def __init__(self, make: Callable[[int], Sequence[Line]], **options: Any) -> None:
        super().__init__(**options)
        self._make = make

    def redraw(self) -> None:
        """Make the lines anew, and draw them if they differ."""
        if not self.size.width:
            return
        content = Content(list(self._make(max(self.size.width - GUTTER - MARGIN, 8))))
        if content == self._content:
            return
        self._content = content
        self.virtual_size = Size(self.size.width, len(content.lines))
        self.refresh()
