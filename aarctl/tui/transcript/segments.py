"""One visual line of an item as styled segments.

Where text is selected each segment carries its (character, seq) as `offset`, by which Textual does that: so a selection
is made of places in the history and survives scrolling and wrapping. What is drawn carries none: each would be a style
of its own, and Textual remembers thousands of styles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from .items import Item, Span
from .model import INDENT, Layout, Row

GUTTER = 2  # cells left of a line: the cursor's bar and a space
DIFF_TONES = {"+": "good", "-": "bad", " ": "plain"}
"""Of a diff's lines; the mark says the same without a colour."""


class Mark(NamedTuple):
    """A part of an item's text that is drawn in another way."""

    start: int
    end: int
    style: Style


def segments_of(
    row: Row, layout: Layout, tone: Callable[[str], Style], ground: Style, marks: Sequence[Mark] = (), *,
    places: bool = False,
) -> list[Segment]:  # fmt: skip
    """The line's segments, with their `places` or without; of marks that overlap the last one lies on top."""
    item = row.item

    def at(style: Style, position: int) -> Style:
        return style + Style.from_meta({"offset": (position, item.seq)}) if places else style

    if row.line >= len(layout.lines):
        words = ""
        if layout.hidden and row.line == len(layout.lines):
            words = f"{' ' * (GUTTER + INDENT)}… {layout.hidden:,} more characters · enter"
        return [Segment(words, at(tone("dim"), len(item.text)))]
    start, end = layout.lines[row.line]
    body = start > item.header
    segments = [Segment(" " * (GUTTER + (INDENT if body else 0)), at(ground, start))]
    here = [mark for mark in marks if mark.start < end and mark.end > start]
    for span in _body_spans(item, start, end) if body else item.spans:
        first, last = max(span.start, start), min(span.end, end)
        if first >= last:
            continue
        style = tone(span.tone)
        edges = {first, last, *(edge for mark in here for edge in mark[:2] if first < edge < last)}
        for a, b in pairwise(sorted(edges)):
            over = [mark.style for mark in here if mark.start <= a and b <= mark.end]
            segments.append(Segment(item.text[a:b], at(Style.combine([style, *over]), a)))
    return segments


def over(strip: Strip, segment: Segment, at: int) -> Strip:
    """A strip with a segment laid over its cells from `at` on."""
    width, end = strip.cell_length, at + segment.cell_length
    return Strip([*strip.crop(0, at), segment, *strip.crop(end, width)], width)


def _body_spans(item: Item, start: int, end: int) -> tuple[Span, ...]:
    """The tones of a line of the body. One of a diff has its own, by the mark that its line begins with."""
    if start < item.diff:
        return Span(start, item.aside, item.tone), Span(item.aside, end, "dim")
    first = max(item.text.rfind("\n", 0, start) + 1, item.diff)
    return (Span(start, end, DIFF_TONES.get(item.text[first : first + 1], "dim")),)
