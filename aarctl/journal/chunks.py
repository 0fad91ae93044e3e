"""Sizes of events in a transcript, summed per 256 seqs and researcher.

They are estimates from what a row holds (heads only); a transcript measures exactly what it shows.
"""

from __future__ import annotations

from functools import cache

import msgspec

from .events import Event, Text

BITS = 8  # a chunk is 2**BITS consecutive seqs


def chunk_of(seq: int) -> int:
    """The chunk that holds `seq`."""
    return seq >> BITS


@cache
def texts_of(kind: type[Event]) -> tuple[str, ...]:
    """The names of the fields of an event type that hold a Text, or none."""
    fields = msgspec.structs.fields(kind)
    return tuple(field.name for field in fields if field.type in (Text, Text | None))


def weight(event: Event) -> tuple[int, int]:
    """(lines, characters) of an event's texts as its row keeps them."""
    lines = chars = 0
    for name in texts_of(type(event)):
        value: Text | None = getattr(event, name)
        if value is not None:
            lines += value.lines if value.whole else value.head.count("\n") + 1
            chars += len(value.head)
    return lines, chars
