"""The shapes of `aarctl search --json`; the rules of all shapes are those of shapes.py."""

from __future__ import annotations

from . import shapes


class HitRow(shapes.Shape, frozen=True):
    """One event with the words."""

    seq: int
    at: str
    researcher: str
    """Empty: the fleet's own event."""
    what: str
    """What kind of event, as the transcript calls it."""
    excerpt: str
    """A line of it with the first hit."""


class RunHits(shapes.Shape, frozen=True):
    """What was found in one run."""

    run: str
    total: int
    """Events with the words, also those that are not in `hits`."""
    hits: list[HitRow]
    """The newest first."""


class Search(shapes.Shape, frozen=True):
    """`aarctl search TEXT --json`."""

    text: str
    runs: list[RunHits]
    """Every run that was searched, also those without a hit."""
