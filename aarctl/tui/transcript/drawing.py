"""The rows of the window as lines of cells, and the text of them that a person selects with the mouse."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset, Region
from textual.selection import Selection
from textual.strip import Strip

from ..drawing.paint import Painter
from .copying import text_between
from .items import Item
from .lru import LRU
from .model import Place, Row, TranscriptModel
from .query import Query
from .segments import Mark, over, segments_of
from .wrap import cells

STRIPS_KEPT = 512
SEARCHED_KEPT = 128  # events whose hits are remembered
HIT = Style(reverse=True, bold=True)  # seen without any colour too


class Drawing(Painter):
    """Draws rows of a TranscriptModel. Which rows those are is said by the view."""

    ALLOW_SELECT = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.model: TranscriptModel | None = None
        self.anchor_at: Place = (0, 0)
        self.cursor = 0
        """The seq of the event that enter expands."""
        self.unseen = 0
        """Events that came since the view stopped following."""
        self.bookmarks: Container[int] = ()
        """Seqs that the person wants to find again."""
        self.query_shown: Query | None = None
        """What is searched for: its hits are marked."""
        self._rows: list[Row] = []
        self._strips: LRU[tuple[int, int], Strip] = LRU(STRIPS_KEPT)
        self._hits: LRU[int, list[tuple[int, int]]] = LRU(SEARCHED_KEPT)
        self._for_screen = False

    def notify_style_update(self) -> None:
        """Another theme: what was painted is stale, the place is not."""
        super().notify_style_update()
        if hasattr(self, "_strips"):
            self._strips.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines for the screen. Asked for a single line, Textual wants to know what lies under the mouse."""
        self._for_screen = True
        try:
            return super().render_lines(crop)
        finally:
            self._for_screen = False

    def render_line(self, y: int) -> Strip:
        """One line of the window; with its places in the history, unless it is for the screen."""
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[y]
        selection = self.text_selection
        chosen = selection.get_span(row.item.seq) if selection is not None else None
        if chosen is not None or not self._for_screen:
            strip = self._paint(row, chosen)
        else:
            found = self._strips.hit((row.item.seq, row.line))
            if found is None:
                found = self._paint(row, None)
                self._strips.put((row.item.seq, row.line), found)
            strip = found
        if row.line == 0 and row.item.seq in self.bookmarks:
            strip = over(strip, Segment("★", self.tone("accent")), 1)
        if row.item.seq == self.cursor and self.has_focus and not self._is_gap(row):
            strip = over(strip, Segment("▌", self.tone("accent")), 0)
        if self.unseen and y == self.size.height - 1:
            words = f" ↓ {self.unseen:,} new · f follows "
            room = width - cells(words) - self.scrollbar_size_vertical
            if room >= 0:
                strip = over(strip, Segment(words, self.tone("here")), room)
        return strip

    def _is_gap(self, row: Row) -> bool:
        """Whether it is the blank line below an event."""
        assert self.model is not None
        layout = self.model.layout(row.item)
        return row.line >= layout.height - layout.gap

    def _paint(self, row: Row, chosen: tuple[int, int] | None) -> Strip:
        assert self.model is not None
        marks = [Mark(*hit, HIT) for hit in self._hits_of(row.item)]
        if chosen is not None:
            end = len(row.item.text) if chosen[1] == -1 else chosen[1]
            marks.append(Mark(chosen[0], end, self.screen.get_component_rich_style("screen--selection")))
        layout, places = self.model.layout(row.item), not self._for_screen
        segments = segments_of(row, layout, self.tone, self.rich_style, marks, places=places)
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _hits_of(self, item: Item) -> list[tuple[int, int]]:
        if self.query_shown is None:
            return []
        found = self._hits.hit(item.seq)
        if found is None:
            found = self.query_shown.hits(item.text)
            self._hits.put(item.seq, found)
        return found

    # selecting and copying ----------------------------------------------------------------------------

    def text_select_all(self) -> None:
        """A double click selects the event under the mouse, never the whole history."""
        y = int(self.app.mouse_position.y) - self.screen.get_offset(self).y
        if 0 <= y < len(self._rows):
            item = self._rows[y].item
            chosen = Selection(Offset(0, item.seq), Offset(len(item.text), item.seq))
            self.screen.selections = {self: chosen}

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, whatever of it is on screen."""
        model = self.model
        if model is None or not self._rows:
            return None
        first = selection.start or Offset(0, self.anchor_at[0])
        last = selection.end or Offset(len(self._rows[-1].item.text), self._rows[-1].item.seq)
        return text_between(model, (first.y, first.x), (last.y, last.x)), "\n"
