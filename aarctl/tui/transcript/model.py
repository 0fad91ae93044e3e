"""A transcript of any length, of which only what is near the eye is in memory. No Textual here.

A place is (seq, line): an event and a visual line of it, never a y. Events are read in chunks of 256 seqs;
their heights are guessed from the journal's `chunks` table until they are read, exact from then on. Nothing
after `end` exists: that is the last announced event, or the cursor of a replay (`limit`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from aarctl.journal.chunks import BITS, chunk_of
from aarctl.journal.events import Text
from aarctl.journal.reader import Record

from . import wrap
from .filters import ALL, Filter
from .heights import Heights
from .items import LINES_MAX, Item, item_of
from .lru import LRU

CHUNKS_KEPT = 24
LAYOUTS_KEPT = 768
INDENT = 2  # cells by which a body stands right of its header
SHOWN = 0.35  # of a row's characters that a collapsed item shows, measured over tool-heavy journals

Place = tuple[int, int]


class Reader(Protocol):
    """What a transcript needs of a journal; JournalReader is one."""

    def records(
        self, after: int = 0, *, upto: int | None = None, researcher: str | None = None, kinds: tuple[str, ...] = ()
    ) -> Iterator[Record]: ...

    def sizes(self, researcher: str | None = None) -> list[tuple[int, int, int]]: ...

    def text(self, kept: Text) -> str: ...


class Layout(NamedTuple):
    """An item's lines at one width, as positions in its text."""

    lines: list[wrap.Line]
    hidden: int
    """Characters after the last line shown; when there are any, one more line says so."""
    gap: int
    """Blank lines below: one below a body, none below a bare header."""

    @property
    def height(self) -> int:
        """Visual lines, the gap included."""
        return len(self.lines) + bool(self.hidden) + self.gap


class Row(NamedTuple):
    """One visual line of the window: line `line` of `item`."""

    item: Item
    line: int


class Chunk:
    """The items of 256 seqs, and their heights once measured."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.seqs = [item.seq for item in items]
        self.heights: array[int] | None = None


class TranscriptModel:
    """The history of one researcher, or of the whole fleet when none is named."""

    def __init__(
        self,
        reader: Reader,
        last: int,
        researcher: str | None = None,
        *,
        origin: int = 0,
        width: int = 80,
        only: Filter = ALL,
    ) -> None:
        self.researcher = researcher
        self.only = only
        """What it is narrowed to. Where matches are must then be told by `found`; no other event exists."""
        self.last = last
        """The last announced seq of the journal."""
        self.limit: int | None = None
        """The replay cursor: later events do not exist."""
        self.origin = origin
        """When the run was opened, in microseconds UTC."""
        self.expanded: set[int] = set()
        self._reader = reader
        self._chunks: LRU[int, Chunk] = LRU(CHUNKS_KEPT)
        self._layouts: LRU[int, Layout] = LRU(LAYOUTS_KEPT)
        count = chunk_of(last) + 1
        self._sizes = [(0, 0, 0)] * count
        self._tail = chunk_of(last)
        if only is ALL:
            sizes = reader.sizes(researcher)[:count]
            self._sizes = sizes + self._sizes[len(sizes) :]
        else:  # later events join the last chunk, so that one is known from the beginning
            self._sizes[self._tail] = _guess(len(self._chunk(self._tail).items))
        self.set_width(width)

    def __repr__(self) -> str:
        return f"TranscriptModel({self.researcher or 'everyone'}, {self.only.name}, end={self.end}, {self._heights!r})"

    @property
    def end(self) -> int:
        """The last seq that exists."""
        return self.last if self.limit is None else min(self.limit, self.last)

    @property
    def total(self) -> int:
        """Visual lines of all that exists; a guess where chunks were not read yet."""
        return self._heights.total if self.end >= self.last else self.y_of(self.end + 1, 0)

    def set_width(self, width: int) -> None:
        """Lay everything out for `width` cells; places stay valid, but lines of an item may differ."""
        self.width = max(width, 8)
        self._layouts.clear()
        for chunk in self._chunks.values():
            chunk.heights = None
        share = SHOWN / self.width
        self._heights = Heights([2 * events + lines + int(chars * share) for events, lines, chars in self._sizes])

    # items --------------------------------------------------------------------------------------------

    def item(self, seq: int) -> Item | None:
        """The item at exactly `seq`."""
        if not 0 < seq <= self.end:
            return None
        chunk = self._chunk(chunk_of(seq))
        at = bisect_left(chunk.seqs, seq)
        return chunk.items[at] if at < len(chunk.seqs) and chunk.seqs[at] == seq else None

    def next(self, seq: int) -> Item | None:
        """The first item after `seq`."""
        for number in range(chunk_of(seq + 1), chunk_of(self.end) + 1):
            if self._is_empty(number):
                continue
            chunk = self._chunk(number)
            at = bisect_right(chunk.seqs, seq)
            if at < len(chunk.seqs):
                return chunk.items[at] if chunk.seqs[at] <= self.end else None
        return None

    def prev(self, seq: int) -> Item | None:
        """The last item before `seq`."""
        seq = min(seq, self.end + 1)
        for number in range(chunk_of(max(seq - 1, 0)), -1, -1):
            if self._is_empty(number):
                continue
            chunk = self._chunk(number)
            at = bisect_left(chunk.seqs, seq) - 1
            if at >= 0:
                return chunk.items[at]
        return None

    def near(self, seq: int) -> Item | None:
        """The item at `seq`, else the one before, else the one after."""
        return self.item(seq) or self.prev(seq) or self.next(seq)

    def layout(self, item: Item) -> Layout:
        """The item's lines at the present width, collapsed or expanded."""
        found = self._layouts.hit(item.seq)
        if found is None:
            shown = LINES_MAX if item.seq in self.expanded else item.fold
            found = self._lay_out(item, shown)
            self._layouts.put(item.seq, found)
        return found

    def _lay_out(self, item: Item, shown: int) -> Layout:
        head = wrap.wrap(item.text[: item.header], self.width)
        if len(item.text) <= item.header:
            return Layout(head, 0, 0)
        start = item.header + 1
        body = wrap.wrap(item.text[start:], self.width - INDENT, shown + 2)
        # one line more is shown rather than a line that says "one more line"
        cut = body[:shown] if len(body) > shown + 1 else body
        hidden = len(item.text) - start - cut[-1][1] if cut and len(cut) < len(body) else 0
        return Layout(head + [(start + a, start + b) for a, b in cut], hidden, 1)

    def is_body(self, item: Item, line: int) -> bool:
        """Whether a visual line belongs to the item's body."""
        lines = self.layout(item).lines
        return line < len(lines) and lines[line][0] > item.header

    # places -------------------------------------------------------------------------------------------

    def y_of(self, seq: int, line: int) -> int:
        """The visual line from the top; exact within the place's own chunk."""
        number = chunk_of(seq)
        if number >= len(self._heights):
            return self._heights.total
        if self._is_empty(number):
            return self._heights.before(number)
        chunk = self._measured(number)
        assert chunk.heights is not None
        return self._heights.before(number) + sum(chunk.heights[: bisect_left(chunk.seqs, seq)]) + line

    def at_y(self, y: int) -> Place:
        """The place at a visual line from the top: where a dragged scrollbar lands."""
        number = self._heights.chunk_at(y)
        share = (y - self._heights.before(number)) / max(self._heights[number], 1)
        exact = self._heights.is_exact(number)
        inside = y - self._heights.before(number)
        if self._is_empty(number):
            found = self.near(number << BITS)
            return (found.seq, 0) if found else (0, 0)
        chunk = self._measured(number)
        assert chunk.heights is not None
        if not exact:  # measuring has just corrected the height: keep the share of the way
            inside = int(share * self._heights[number])
        for item, height in zip(chunk.items, chunk.heights, strict=True):
            if item.seq > self.end:
                break
            if inside < height:
                return item.seq, max(inside, 0)
            inside -= height
        last = self.prev(min((number + 1) << BITS, self.end + 1))
        return (last.seq, 0) if last else (0, 0)

    def walk(self, place: Place, steps: int) -> Place:
        """`steps` visual lines on from a place (back when negative), exactly; stops at either end."""
        seq, line = place
        item = self.item(seq)
        if item is None:
            item, line = self.next(seq) or self.prev(seq), 0
        if item is None:
            return 0, 0
        line += steps
        while line < 0:
            before = self.prev(item.seq)
            if before is None:
                return item.seq, 0
            item = before
            line += self.layout(item).height
        while line >= (height := self.layout(item).height):
            after = self.next(item.seq)
            if after is None:
                return item.seq, height - 1
            item = after
            line -= height
        return item.seq, line

    def fill(self, place: Place, count: int) -> list[Row]:
        """The `count` visual lines from a place on, fewer at the end."""
        seq, line = place
        rows: list[Row] = []
        item = self.item(seq) or self.next(seq)
        while item is not None and len(rows) < count:
            height = self.layout(item).height
            rows.extend(Row(item, at) for at in range(line, min(height, line + count - len(rows))))
            line = 0
            item = self.next(item.seq)
        return rows

    def bottom(self, count: int) -> Place:
        """The first of the last `count` visual lines; the blank line below the last item is left out."""
        last = self.prev(self.end + 1)
        if last is None:
            return 0, 0
        found = self.layout(last)
        return self.walk((last.seq, found.height - found.gap - 1), 1 - count)

    def line_of(self, item: Item, position: int) -> int:
        """The visual line that shows a character of the item, or the last one before it."""
        lines = self.layout(item).lines
        return max(bisect_right(lines, position, key=lambda line: line[0]) - 1, 0)

    # changes ------------------------------------------------------------------------------------------

    def append(self, records: Iterable[Record]) -> int:
        """Take in later records; returns how many of them are items of this transcript."""
        shown = 0
        for record in records:
            if record.seq <= self.last:
                continue
            self.last = record.seq
            number = chunk_of(record.seq)
            while len(self._sizes) <= number:
                self._sizes.append((0, 0, 0))
            if self.researcher not in (None, record.researcher) or not self.only(record.event):
                self._heights.add(number, 0, exact=True)
                continue
            item = item_of(record, self.origin)
            known = number in self._chunks or self._is_empty(number)
            events, lines, chars = self._sizes[number]
            self._sizes[number] = (events + 1, lines, chars)
            self._heights.add(number, 0, exact=True)
            if item is None:
                continue
            shown += 1
            self._sizes[number] = (events + 1, lines + 1, chars + len(item.text))
            if known:
                self._append_item(number, item)
            else:  # off the screen and not in memory: guessed until it is read
                self._heights.add(number, 4, exact=False)
        return shown

    def found(self, seqs: Iterable[int]) -> None:
        """A sweep has found events of the filter at `seqs`; where they are in memory already, nothing changes."""
        for seq in seqs:
            number = chunk_of(seq)
            if number == self._tail:
                continue
            self._sizes[number] = _guess(self._sizes[number][0] + 1)
            if not self._heights.is_exact(number):
                self._heights.add(number, 4, exact=False)

    def _append_item(self, number: int, item: Item) -> None:
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = Chunk([])
            chunk.heights = array("l")
            self._chunks.put(number, chunk)
        if chunk.seqs and chunk.seqs[-1] >= item.seq:
            return  # read from the journal while it was being announced
        chunk.items.append(item)
        chunk.seqs.append(item.seq)
        if chunk.heights is not None:
            height = self.layout(item).height
            chunk.heights.append(height)
            self._heights.add(number, height, exact=True)

    def toggle(self, seq: int) -> bool:
        """Expand or collapse an item; False when there is nothing more to show or to hide."""
        item = self.item(seq)
        if item is None or (seq not in self.expanded and not self.layout(item).hidden and not item.more):
            return False
        self.expanded ^= {seq}
        number = chunk_of(seq)
        chunk = self._measured(number)
        assert chunk.heights is not None
        at = bisect_left(chunk.seqs, seq)
        self._layouts.pop(seq, None)
        if item.more or seq not in self.expanded:
            chunk.items[at] = self._reread(seq) or item
        height = self.layout(chunk.items[at]).height
        change, chunk.heights[at] = height - chunk.heights[at], height
        self._heights.set_exact(number, self._heights[number] + change)
        return True

    # chunks -------------------------------------------------------------------------------------------

    def _is_empty(self, number: int) -> bool:
        return number >= len(self._sizes) or self._sizes[number][0] == 0

    def _chunk(self, number: int) -> Chunk:
        chunk = self._chunks.hit(number)
        if chunk is None:
            first = number << BITS
            upto = min(first + (1 << BITS) - 1, self.last)
            kinds = self.only.kinds
            records = self._reader.records(first - 1, upto=upto, researcher=self.researcher, kinds=kinds)
            kept = (self._item(record) for record in records if self.only(record.event))
            chunk = Chunk([item for item in kept if item is not None])
            self._chunks.put(number, chunk)
        return chunk

    def _item(self, record: Record) -> Item | None:
        whole = self._reader.text if record.seq in self.expanded else None
        return item_of(record, self.origin, whole)

    def _reread(self, seq: int) -> Item | None:
        records = self._reader.records(seq - 1, upto=seq, researcher=self.researcher)
        return next((item for record in records if (item := self._item(record)) is not None), None)

    def _measured(self, number: int) -> Chunk:
        chunk = self._chunk(number)
        if chunk.heights is None:
            chunk.heights = array("l", [self.layout(item).height for item in chunk.items])
            self._heights.set_exact(number, sum(chunk.heights))
        return chunk


def _guess(items: int) -> tuple[int, int, int]:
    """(events, lines, characters) of so many items of which nothing else is known."""
    return items, 2 * items, 0
