"""One event as it is read: a header line, then its text. One item per event, nothing merged.

Because a request and its result stay two items, a replay only ever hides items after its cursor. Kinds that
only keep the books have no item (`reading.HIDDEN`). All text is cleaned here, once, when the item is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from aarctl.journal.events import Text
from aarctl.journal.reader import Record

from ..content.figures import clock, size
from .clean import clean, clean_line
from .reading import reading_of

LINES_MAX = 400  # of one expanded item; the pager and `aarctl log` show the rest
NO_DIFF = 1 << 60


class Span(NamedTuple):
    """A part of the header line and its tone."""

    start: int
    end: int
    tone: str


class Item(NamedTuple):
    """An event as the transcript shows it."""

    seq: int
    text: str
    """The header line, a line feed where there is a body, the body: cleaned."""
    header: int
    """Characters of the header line."""
    spans: tuple[Span, ...]
    tone: str
    """Of the body."""
    fold: int
    """Lines of the body shown while collapsed."""
    aside: int
    """Where in the text the body goes on in words that matter less, drawn dim; past its end where it does not."""
    diff: int
    """Where in the text the lines of a diff begin; past its end where there are none."""
    more: int = 0
    """Bytes that the row does not hold: they are in a blob, and come when the item is expanded."""


def item_of(record: Record, origin: int, text_of: Callable[[Text], str] | None = None) -> Item | None:
    """The item of a record, or None when its kind is not shown.

    `origin` is when the run was opened, in microseconds UTC: items tell the time since then. With `text_of`
    long texts are read whole, otherwise only what the row holds of them.
    """
    reading = reading_of(record.event, text_of or _head)
    if reading is None:
        return None
    when = clock(record.at - origin) if origin else "--:--"
    label, detail = clean_line(reading.label), clean_line(reading.detail)
    more = 0
    if text_of is None and reading.kept is not None and not reading.kept.whole:
        more = reading.kept.bytes - len(reading.kept.head.encode())
    header = f"{when}  {label}"
    spans = [Span(0, len(when), "dim"), Span(len(when), len(header), reading.tone)]
    if detail:
        header = f"{header}  {detail}"
        spans.append(Span(spans[-1].end, len(header), "dim"))
    body, beside = clean(reading.body).strip("\n"), clean(reading.aside).strip("\n")
    aside = len(header) + 1 + (len(body) + 1 + bool(beside) if body else 0)
    body = "\n\n".join(filter(None, (body, beside)))
    if more:
        body = f"{body}\n… {size(more)} more"
    return Item(
        seq=record.seq,
        text=f"{header}\n{body}" if body else header,
        header=len(header),
        spans=tuple(spans),
        tone=reading.body_tone,
        fold=reading.fold,
        aside=aside,
        diff=NO_DIFF if reading.diff is None else len(header) + 1 + _start_of(body, reading.diff),
        more=more,
    )


def _start_of(text: str, line: int) -> int:
    """Where a line of a text begins; cleaning keeps line feeds, so a line is a place in it that survives."""
    at = 0
    for _ in range(line):
        at = text.find("\n", at) + 1 or len(text)
    return at


def words_of(record: Record) -> str | None:
    """What the index of a journal has of an event: the words that the transcript shows of it."""
    item = item_of(record, 0)
    return None if item is None else item.text


def _head(kept: Text) -> str:
    return kept.head
