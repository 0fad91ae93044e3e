"""The transcript on screen: a window of the model.

The anchor (seq, line) is where the window begins; scroll_y and virtual_size only tell the scrollbar about it.
All of Textual's scrolling ends in `_scroll_to`, which moves the anchor. The view follows the end by a flag of
its own: it yields when the person scrolls up and says how much is new below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.widget import Widget

from aarctl.journal.reader import Record

from .drawing import Drawing
from .model import Row, TranscriptModel
from .places import opened_at, revealed, rewrapped
from .query import Query
from .segments import GUTTER

MARGIN = 1  # cells right of a line, so that text does not touch the scrollbar


class TranscriptView(Drawing, can_focus=True):
    """Draws a TranscriptModel. Up and down move between events, enter expands one, f follows the end."""

    class Moved(Message):
        """The window shows another place, or follows, or no longer does."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TranscriptView.Moved)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.follow = True
        self.held = 0
        """The seq that stays in view while a narrowed history is being found; 0: none."""
        self._thumb: tuple[int, ...] = ()
        self._clicked = 0
        """The event that was clicked last."""

    def __repr__(self) -> str:
        state = "following" if self.follow else f"{self.unseen} unseen"
        return f"TranscriptView({self.model!r}, at={self.anchor_at}, {state})"

    # what is shown ------------------------------------------------------------------------------------

    def show(self, model: TranscriptModel) -> None:
        """Show another transcript, from its end."""
        self.model = model
        model.set_width(self._room)
        self.follow, self.unseen, self.cursor, self.held = True, 0, 0, 0
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
            self.refresh(Region(0, self.size.height - 1, self.size.width, 1))
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
        self.follow, self.cursor, self.held = False, item.seq, 0
        self.anchor_at = model.walk((item.seq, 0), -(self.size.height // 3))
        self._refill()

    def found(self, seqs: Iterable[int], hold: int = 0) -> None:
        """More of a narrowed history is known; until the person moves, `hold` is what stays in view."""
        if self.model is None:
            return
        self.model.found(seqs)
        held = hold or self.held
        if held:
            self.go_to(held)
            self.held = held
        else:
            self._refill()

    def mark_hits(self, query: Query | None) -> None:
        """Mark what a query finds; None marks nothing."""
        self.query_shown = query
        self.redraw()

    def go_to_hit(self, seq: int) -> None:
        """Bring the first hit of an event into view, opened where the hit would be folded away."""
        self.go_to(seq)
        item = self.model.item(seq) if self.model is not None else None
        hits = self._hits_of(item) if item is not None else []
        if self.model is not None and item is not None and hits:
            self.anchor_at = opened_at(self.model, item, hits[0][0], self.size.height)
            self.redraw()

    def follow_end(self) -> None:
        """Go to the end and stay there."""
        self.follow, self.held = True, 0
        self._refill()

    def redraw(self) -> None:
        """Draw everything anew."""
        self._strips.clear()
        self._hits.clear()
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
        self.held = 0
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
        self.held = 0
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
            self.anchor_at = revealed(model, self.anchor_at, target, self.size.height)
        self._refill()

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
        self.held = 0
        row = next((at for at, row in enumerate(self._rows) if row.item.seq == self.cursor), 0)
        line_at = self._rows[row].line if self._rows else 0
        if not model.toggle(self.cursor):
            return
        self._hits.pop(self.cursor, None)
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
            self.anchor_at = rewrapped(model, self.anchor_at, self._room)
            self._strips.clear()
        self._refill()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on an event; a second one expands it. Double clicks and drags select text."""
        place = event.get_content_offset(self)
        if place is None or not 0 <= place.y < len(self._rows):
            return
        before, self.cursor = self._clicked, self._rows[place.y].item.seq
        self._clicked = self.cursor
        self.refresh()
        if before == self.cursor and event.chain == 1 and self.text_selection is None:
            self.action_expand()
