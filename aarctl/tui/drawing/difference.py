"""Which cells differ between what a pane showed and what it shows now. Pure.

A terminal over SSH is sent what changed and no more: a number in a table, not the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .lines import Line, width

TO_THE_END = 1 << 12
"""Cells, more than any line has."""


class Span(NamedTuple):
    """Cells of one line."""

    line: int
    x: int
    cells: int


def difference(before: Sequence[Line], after: Sequence[Line]) -> Iterator[Span]:
    """The cells that differ between as many lines; of lines that are built alike, by piece."""
    for at, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        x = 0
        for number, piece in enumerate(new):
            cells = width((piece,))
            was = old[number] if number < len(old) else None
            if was is None or width((was,)) != cells:
                break
            if was != piece:
                yield Span(at, x, cells)
            x += cells
        else:
            if len(old) == len(new):
                continue
        yield Span(at, x, TO_THE_END)
