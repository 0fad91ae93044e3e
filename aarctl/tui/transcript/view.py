"""The transcript on screen: a window of the model, drawn line by line.

The anchor (seq, line) is where the window begins; scroll_y and virtual_size only tell the scrollbar about it.
All of Textual's scrolling ends in `_scroll_to`, which moves the anchor. The view follows the end by a flag of
its own: it yields when the person scrolls up and says how much is new below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Offset, Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from aarctl.journal.reader import Record

from ..lines import Piece, line
from ..paint import Painter
from .items import Item
from .lru import LRU
from .model import Place, Row, TranscriptModel
from .segments import GUTTER, segments_of
from .wrap import cells

MARGIN = 1  # cells right of a line, so that text does not touch the scrollbar
STRIPS_KEPT = 512
COPY_MAX = 1_000_000  # characters of one selection


class TranscriptView(Painter, can_focus=True):
    """Draws a TranscriptModel. Up and down move between events, enter expands one, f follows the end."""

    ALLOW_SELECT = True
    BINDINGS = [
        Binding("up,k", "cursor(-1)", "event", show=False),
        Binding("down,j", "cursor(1)", "event", show=False),
        Binding("enter", "expand", "expand", show=False),
    ]

    class Moved(Message):
        """The window shows another place, or follows, or no longer does."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TranscriptView.Moved)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.model: TranscriptModel | None = None
        self.anchor_at: Place = (0, 0)
        self.cursor = 0
        """The seq of the event that enter expands."""
        self.follow = True
        self.unseen = 0
        """Events that came since the view stopped following."""
        self._rows: list[Row] = []
        self._strips: LRU[tuple[int, int], Strip] = LRU(STRIPS_KEPT)
        self._thumb: tuple[int, ...] = ()

    def __repr__(self) -> str:
        state = "following" if self.follow else f"{self.unseen} unseen"
        return f"TranscriptView({self.model!r}, at={self.anchor_at}, {state})"

    # what is shown ------------------------------------------------------------------------------------

    def show(self, model: TranscriptModel) -> None:
        """Show another transcript, from its end."""
        self.model = model
        model.set_width(self._room)
        self.follow, self.unseen, self.cursor = True, 0, 0
        self.redraw()

    def arrived(self, records: Sequence[Record]) -> None:
        """Later events have been committed."""
        if self.model is None:
            return
        new = self.model.append(records)
        if self.follow or len(self._rows) < self.size.height:
            self._refill()
        elif new:
            self.unseen += new
            self._tell_scrollbar()
            self.refresh()
            self.post_message(self.Moved())

    def set_limit(self, seq: int | None) -> None:
        """Replay: events after `seq` do not exist."""
        if self.model is None or self.model.limit == seq:
            return
        self.model.limit = seq
        if seq is not None and self.anchor_at[0] > seq:
            self.follow = True
        self._refill()

    def go_to(self, seq: int) -> None:
        """Bring an event to the upper third and put the cursor on it."""
        model = self.model
        item = model.near(seq) if model is not None else None
        if model is None or item is None:
            return
        self.follow, self.cursor = False, item.seq
        self.anchor_at = model.walk((item.seq, 0), -(self.size.height // 3))
        self._refill()

    def follow_end(self) -> None:
        """Go to the end and stay there."""
        self.follow = True
        self._refill()

    def redraw(self) -> None:
        """Draw everything anew."""
        self._strips.clear()
        self._refill()

    @property
    def rows(self) -> list[Row]:
        """The window: what each line of the view shows."""
        return self._rows

    @property
    def _room(self) -> int:
        return max(self.size.width - GUTTER - MARGIN - self.scrollbar_size_vertical, 8)

    def _refill(self) -> None:
        model, height = self.model, self.size.height
        if model is None or not height:
            return
        end = model.bottom(height)
        if self.follow:
            self.anchor_at, self.unseen = end, 0
        elif self.anchor_at > end:  # never a hole below the last line
            self.anchor_at = end
        self._rows = model.fill(self.anchor_at, height)
        self._keep_cursor()
        self._tell_scrollbar()
        self.refresh()
        self.post_message(self.Moved())

    def _keep_cursor(self) -> None:
        """The cursor stays in the window; while following it is on the last event."""
        if not self._rows:
            self.cursor = 0
        elif self.follow or self.cursor > self._rows[-1].item.seq:
            self.cursor = self._rows[-1].item.seq
        elif self.cursor < self._rows[0].item.seq:
            self.cursor = self._rows[0].item.seq

    def _tell_scrollbar(self) -> None:
        """Project the place onto the scrollbar, without a layout; repaint it only when its thumb moves."""
        assert self.model is not None
        height = self.size.height
        y = self.model.y_of(*self.anchor_at)
        total = max(self.model.total, y + len(self._rows), height)
        self.set_reactive(Widget.virtual_size, Size(self.size.width, total))
        self.set_reactive(Widget.scroll_y, float(y))
        self.set_reactive(Widget.scroll_target_y, float(y))
        bar = self.vertical_scrollbar
        thumb = (y * height * 8 // total, height, height * height * 8 // total)
        if thumb != self._thumb or bar.grabbed:
            self._thumb = thumb
            bar.window_virtual_size, bar.window_size, bar.position = total, height, float(y)
        else:
            bar.set_reactive(type(bar).window_virtual_size, total)
            bar.set_reactive(type(bar).position, float(y))

    # moving -------------------------------------------------------------------------------------------

    def _scroll_to(
        self,
        x: float | None = None,
        y: float | None = None,
        *,
        on_complete: Callable[..., Any] | None = None,
        **_: Any,
    ) -> bool:
        """Keys, wheel and scrollbar all end here. A few pages are walked exactly, further is looked up."""
        if y is None or self.model is None:
            return False
        before, height = self.anchor_at, self.size.height
        steps = round(y) - round(self.scroll_y)
        if y >= self.max_scroll_y:
            self.follow = True
        else:
            self.follow = False
            near = abs(steps) <= 3 * height
            self.anchor_at = self.model.walk(before, steps) if near else self.model.at_y(max(round(y), 0))
            self.follow = steps > 0 and self.anchor_at >= self.model.bottom(height)
            if y <= 0 and (top := self.model.next(0)) is not None:
                self.cursor = top.seq
        self._refill()
        if on_complete is not None:
            self.call_after_refresh(on_complete)
        return self.anchor_at != before

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Only a selection dragged past an edge still writes scroll_y directly: turn it into a move."""
        if round(old_value) != round(new_value) and self.is_mounted:
            self.set_reactive(Widget.scroll_y, old_value)
            self._scroll_to(y=new_value)

    def action_cursor(self, step: int) -> None:
        """To the next or previous event; within one that is taller than the view, half a page."""
        model = self.model
        if model is None or not self._rows:
            return
        shown = [row.item.seq for row in self._rows]
        if step < 0 and self.cursor == shown[0] and self._rows[0].line > 0:
            self._move_lines(-min(self._rows[0].line, max(self.size.height // 2, 1)))
            return
        if step > 0 and self.cursor == shown[-1] and self._rows[-1].line < model.layout(self._rows[-1].item).height - 2:
            self._move_lines(max(self.size.height // 2, 1))
            return
        target = model.next(self.cursor) if step > 0 else model.prev(self.cursor)
        if target is None:
            self.follow = self.follow or step > 0
            self._refill()
            return
        self.cursor = target.seq
        if model.next(target.seq) is None and step > 0:
            self.follow = True
        else:
            self.follow = False
            self._reveal(target)
        self._refill()

    def _reveal(self, item: Item) -> None:
        """Move the window as little as possible so that the item is in it, its header above all."""
        assert self.model is not None
        height = self.size.height
        size = self.model.layout(item).height
        if (item.seq, 0) < self.anchor_at:
            self.anchor_at = (item.seq, 0) if size <= height else (item.seq, max(size - height // 2, 0))
            return
        last = self.model.walk(self.anchor_at, height - 1)
        wanted = (item.seq, min(size, height) - 1)
        if wanted > last:
            self.anchor_at = self.model.walk(wanted, 1 - height)

    def _move_lines(self, steps: int) -> None:
        assert self.model is not None
        self.anchor_at = self.model.walk(self.anchor_at, steps)
        self.follow = steps > 0 and self.anchor_at >= self.model.bottom(self.size.height)
        self._refill()

    def action_expand(self) -> None:
        """Expand or collapse the event under the cursor; its first visible line keeps its row."""
        model = self.model
        if model is None:
            return
        row = next((at for at, row in enumerate(self._rows) if row.item.seq == self.cursor), 0)
        line_at = self._rows[row].line if self._rows else 0
        if not model.toggle(self.cursor):
            return
        for key in [key for key in self._strips if key[0] == self.cursor]:
            del self._strips[key]
        item = model.item(self.cursor)
        if item is not None:
            self.follow = False
            place = (self.cursor, min(line_at, model.layout(item).height - 1))
            self.anchor_at = model.walk(place, -row)
        self._refill()

    # Textual's side -----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew; the character at the top stays at the top."""
        model = self.model
        if model is not None and self._room != model.width:
            seq, line_at = self.anchor_at
            item = model.item(seq)
            position = -1
            if item is not None:
                lines = model.layout(item).lines
                position = lines[min(line_at, len(lines) - 1)][0]
            model.set_width(self._room)
            if item is not None:
                self.anchor_at = (seq, model.line_of(item, position) if line_at else 0)
            self._strips.clear()
        self._refill()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on an event."""
        if 0 <= event.y < len(self._rows):
            self.cursor = self._rows[event.y].item.seq
            self.refresh()

    def notify_style_update(self) -> None:
        """Another theme: what was painted is stale, the place is not."""
        super().notify_style_update()
        if hasattr(self, "_strips"):
            self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[y]
        selection = self.text_selection
        chosen = selection.get_span(row.item.seq) if selection is not None else None
        if chosen is not None:
            strip = self._paint(row, chosen)
        else:
            found = self._strips.hit((row.item.seq, row.line))
            if found is None:
                found = self._paint(row, None)
                self._strips.put((row.item.seq, row.line), found)
            strip = found
        if row.item.seq == self.cursor and self.has_focus and not self._is_gap(row):
            strip = Strip([Segment("▌", self.tone("accent")), *strip.crop(1, width)], width)
        if self.unseen and y == self.size.height - 1:
            strip = self._with_notice(strip, width)
        return strip

    def _is_gap(self, row: Row) -> bool:
        """Whether it is the blank line below an event."""
        assert self.model is not None
        layout = self.model.layout(row.item)
        return row.line >= layout.height - layout.gap

    def _with_notice(self, strip: Strip, width: int) -> Strip:
        words = f" ↓ {self.unseen:,} new · f follows "
        room, edge = cells(words), self.scrollbar_size_vertical
        if room + edge > width:
            return strip
        notice = self.strip(line(Piece(words, "here")), room)
        return Strip([*strip.crop(0, width - room - edge), *notice, Segment(" " * edge, self.rich_style)], width)

    def _paint(self, row: Row, chosen: tuple[int, int] | None) -> Strip:
        assert self.model is not None
        mark = self.screen.get_component_rich_style("screen--selection") if chosen is not None else None
        segments = segments_of(row, self.model.layout(row.item), self.tone, self.rich_style, chosen, mark)
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

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
        parts: list[str] = []
        size = 0
        item = model.item(first.y) or model.next(first.y)
        while item is not None and item.seq <= last.y and size < COPY_MAX:
            begin = first.x if item.seq == first.y else 0
            part = item.text[begin : last.x if item.seq == last.y else None]
            parts.append(part)
            size += len(part)
            item = model.next(item.seq)
        return "\n".join(parts), "\n"
