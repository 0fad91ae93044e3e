"""Places in a run that the person wants to find again: seq -> whose it is and what it said. Pure.

Kept by the client (memory.py) under one key, as JSON; whatever else stands there is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

KEY = "bookmarks"
KEPT = 500
WORDS = 160  # characters kept of what stood there


class Bookmark(NamedTuple):
    """One place."""

    seq: int
    researcher: str
    """Whose transcript it was set in; empty: the fleet's own event."""
    words: str


def bookmarks_of(kept: object) -> dict[int, Bookmark]:
    """What was remembered, in the order of the history."""
    found: dict[int, Bookmark] = {}
    for row in kept if isinstance(kept, list) else []:
        match row:
            case [int(seq), str(researcher), str(words)] if not isinstance(seq, bool) and seq > 0:
                found[seq] = Bookmark(seq, researcher, words[:WORDS])
    return dict(sorted(found.items())[-KEPT:])


def to_keep(bookmarks: Mapping[int, Bookmark]) -> list[list[object]]:
    """As JSON."""
    return [list(bookmarks[seq]) for seq in sorted(bookmarks)]


def toggled(bookmarks: Mapping[int, Bookmark], at: Bookmark) -> dict[int, Bookmark]:
    """With the place, or without it where it was among them."""
    found = {seq: one for seq, one in bookmarks.items() if seq != at.seq}
    if len(found) == len(bookmarks):
        found[at.seq] = at
    return dict(sorted(found.items()))
