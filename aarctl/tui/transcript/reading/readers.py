"""The table from event type to how it reads, and what its readers share.

Nothing here is cleaned: `items` does that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from aarctl.journal.events import Event, Text

TextOf = Callable[[Text], str]

FAILED = 40  # lines shown of what went wrong: it is open, where other long texts are folded


class Reading(NamedTuple):
    """An event in words."""

    label: str
    detail: str = ""
    body: str = ""
    tone: str = "strong"
    """Of the label."""
    body_tone: str = "plain"
    fold: int = 6
    """Lines shown of it until it is opened."""
    kept: Text | None = None
    """The text that the body is made of, when it may be longer than the row holds."""
    aside: str = ""
    """Words below the body that matter less."""
    diff: int | None = None
    """The line of the body from which on it is a diff, each line with its mark; none: it has no diff."""


Reader = Callable[[Any, TextOf], Reading | None]
READERS: dict[type[Event], Reader] = {}

_E = TypeVar("_E", bound=Event)


def reads(kind: type[_E]) -> Callable[[Callable[[_E, TextOf], Reading | None]], None]:
    """Register how one event type reads."""

    def register(reader: Callable[[_E, TextOf], Reading | None]) -> None:
        READERS[kind] = reader

    return register
