"""One visual line of an item as styled segments.

Each segment carries its (character, seq) as `offset`, by which Textual selects text: so a selection is made
of places in the history and survives scrolling and wrapping.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style

from .items import Span
from .model import INDENT, Layout, Row

GUTTER = 2  # cells left of a line: the cursor's bar and a space


def segments_of(
    row: Row,
    layout: Layout,
    tone: Callable[[str], Style],
    ground: Style,
    chosen: tuple[int, int] | None = None,
    mark: Style | None = None,
) -> list[Segment]:
    """The line's segments. `chosen` is the selected part of the item (-1: to its end), drawn with `mark`."""
    item = row.item

    def at(position: int) -> Style:
        return Style.from_meta({"offset": (position, item.seq)})

    if row.line >= len(layout.lines):
        words = ""
        if layout.hidden and row.line == len(layout.lines):
            words = f"{' ' * (GUTTER + INDENT)}… {layout.hidden:,} more characters · enter"
        return [Segment(words, tone("dim") + at(len(item.text)))]
    start, end = layout.lines[row.line]
    body = start > item.header
    segments = [Segment(" " * (GUTTER + (INDENT if body else 0)), ground + at(start))]
    spans = (Span(start, item.aside, item.tone), Span(item.aside, end, "dim")) if body else item.spans
    for span in spans:
        first, last = max(span.start, start), min(span.end, end)
        if first >= last:
            continue
        low = high = last
        if chosen is not None:
            low = min(max(chosen[0], first), last)
            high = max(low, last if chosen[1] == -1 else min(chosen[1], last))
        style = tone(span.tone)
        lit = style if mark is None else style + mark
        parts = ((first, low, style), (low, high, lit), (high, last, style))
        segments += [Segment(item.text[a:b], look + at(a)) for a, b, look in parts if a < b]
    return segments
