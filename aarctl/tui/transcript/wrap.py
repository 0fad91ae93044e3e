"""Wrapping text to a width in terminal cells. Pure, and quick: most lines take one slice.

A line is a pair (start, end) of positions in the text, so nothing is copied until it is drawn and a position
survives any change of width. The text must have been through `clean`.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from rich.cells import get_character_cell_size

Line = tuple[int, int]

_CACHE_MAX = 20_000
NO_LIMIT = 1 << 60
LONGEST = 4  # characters per cell of a line at most: a heap of combining marks is broken up


class _Widths(dict[str, int]):
    """Cells per character, remembered; bounded, because a hostile text may use all of Unicode."""

    def __missing__(self, char: str) -> int:
        if len(self) >= _CACHE_MAX:
            self.clear()
        width = self[char] = get_character_cell_size(char)
        return width


_widths = _Widths()


def cells(text: str) -> int:
    """Width of one cleaned line in terminal cells."""
    return len(text) if text.isascii() else sum(map(_widths.__getitem__, text))


def wrap(text: str, width: int, limit: int = NO_LIMIT) -> list[Line]:
    """Lines of at most `width` cells (>= 2); stops after `limit` lines. The space at a break is swallowed.

    A single line of megabytes costs no more than what `limit` lines of it can hold.
    """
    lines: list[Line] = []
    narrow = text.isascii()
    start, size = 0, len(text)
    while len(lines) < limit:
        end = text.find("\n", start)
        if end < 0:
            end = size
        if narrow or (text[start : min(end, start + width)].isascii() and text[start:end].isascii()):
            _wrap_narrow(text, start, end, width, limit, lines)
        else:
            _wrap_any(text, start, end, width, limit, lines)
        if end == size:
            break
        start = end + 1
    return lines


def _wrap_narrow(text: str, start: int, end: int, width: int, limit: int, lines: list[Line]) -> None:
    """One line of single-cell characters."""
    while end - start > width:
        space = text.rfind(" ", start + 1, start + width + 1)
        if space < 0:
            lines.append((start, start + width))
            start += width
        else:
            lines.append((start, space))
            start = space + 1
        if len(lines) >= limit:
            return
    lines.append((start, end))


def _wrap_any(text: str, start: int, end: int, width: int, limit: int, lines: list[Line]) -> None:
    """One line of any characters: cumulative widths, then a search for each break."""
    longest = LONGEST * width
    room = (limit - len(lines)) * longest if limit < NO_LIMIT else end - start
    stop = min(end, start + room + 1)
    part = text[start:stop]
    sums = [0, *accumulate(map(_widths.__getitem__, part))]
    size, at = len(part), 0
    while sums[size] - sums[at] > width or size - at > longest:
        cut = max(bisect_right(sums, sums[at] + width, at + 1) - 1, at + 1)
        cut = min(cut, at + longest)
        follow = cut
        if part[cut] == " ":
            follow = cut + 1
        elif _widths[part[cut]] < 2 and _widths[part[cut - 1]] < 2:  # wide scripts break anywhere
            space = part.rfind(" ", at + 1, cut)
            if space > 0:
                cut, follow = space, space + 1
        lines.append((start + at, start + cut))
        at = follow
        if len(lines) >= limit:
            return
    lines.append((start + at, start + size))
