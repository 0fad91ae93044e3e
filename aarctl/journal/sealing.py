"""Making an event ready for its row, before it is queued.

A row that cannot be read back would end its run for good, so every event is decoded again at the door: what
the live state folds is what a replay will fold. Untrusted values that JSON cannot hold are replaced, not
refused, because a result.json must not stop a supervisor: lone surrogates by U+FFFD, NaN and infinities by
null.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from .errors import BadEvent
from .events import Event, UnknownEvent, clean, decode, encode, kind_of


class Sealed(NamedTuple):
    """An event as it will be read back, and its row's kind and body."""

    event: Event
    kind: str
    body: bytes


def seal(event: Event) -> Sealed:
    """The event, its kind and its body. Raises BadEvent when it cannot be written and read again."""
    try:
        try:
            body = encode(event)
        except UnicodeEncodeError:
            body = encode(msgspec.convert(plain(event), type(event)))
        return Sealed(decode(body), kind_of(event), body)
    except (UnknownEvent, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BadEvent(
            f"{type(event).__name__} of {event.researcher or 'the fleet'} could not be read back: {error}; "
            "give every number a finite value and every field its declared type"
        ) from None


def plain(value: object) -> object:
    """`value` as dicts, lists and scalars, every text in it cleaned: what JSON and any reader can hold."""
    return _cleaned(msgspec.to_builtins(value))


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
