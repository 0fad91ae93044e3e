"""Which panes stand on the screen, for its size and what the person chose. Pure."""

from __future__ import annotations

from typing import NamedTuple

PANES = ("fleet", "transcript", "history", "forum", "compute", "board", "flags", "budget")
TITLES = {
    "fleet": "Fleet", "transcript": "Transcript", "history": "PGR",
    "forum": "Forum", "compute": "Compute", "board": "Board", "flags": "Flags", "budget": "Budget",
}  # fmt: skip
TABS = ("forum", "compute", "board", "flags", "budget")
"""Panes that share one place on a wide screen."""

WIDE = (110, 30)
SMALLEST = (60, 16)


class Arrangement(NamedTuple):
    """What is shown."""

    kind: str
    """wide | narrow | tiny"""
    shown: frozenset[str]
    """Panes, "strip" (the fleet in one line) and "tabs" (the row of pane names)."""


def arrange(width: int, height: int, pane: str, tab: str, maximised: bool = False) -> Arrangement:
    """The panes for `width` x `height` cells; `pane` has the focus, `tab` is the shown one of TABS."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return Arrangement("tiny", frozenset())
    if width < WIDE[0] or height < WIDE[1]:
        around = {"tabs"} if pane == "fleet" else {"tabs", "strip"}
        return Arrangement("narrow", frozenset({pane} | around))
    if maximised:
        return Arrangement("wide", frozenset({pane, "tabs"}))
    return Arrangement("wide", frozenset({"fleet", "transcript", "history", tab}))
