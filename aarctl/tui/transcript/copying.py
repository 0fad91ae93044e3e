"""Text of a history for other programs: the clipboard and the pager. Cleaned, and never more than a bound. Pure."""

from __future__ import annotations

from typing import NamedTuple

from aarctl.journal.events import Text

from .items import item_of
from .model import Reader, TranscriptModel

COPY_MAX = 100_000  # characters; terminals refuse more, or lose it
WHOLE_MAX = 5_000_000  # characters of one text in the pager


class Copied(NamedTuple):
    """What goes to the clipboard, and the sentence about it."""

    text: str
    words: str


def copied(text: str, what: str) -> Copied:
    """`text` as far as a terminal takes it."""
    part = text[:COPY_MAX]
    count = f"{len(part):,} character{'' if len(part) == 1 else 's'}"
    if len(part) < len(text):
        return Copied(part, f"Copied the first {count} of {len(text):,} of {what}.")
    return Copied(part, f"Copied {count}: {what}.")


def text_between(model: TranscriptModel, start: tuple[int, int], end: tuple[int, int]) -> str:
    """The text from one (seq, character) to another, as far as the clipboard takes it, and one character more."""
    parts: list[str] = []
    size = 0
    item = model.item(start[0]) or model.next(start[0])
    while item is not None and item.seq <= end[0] and size <= COPY_MAX:
        begin = start[1] if item.seq == start[0] else 0
        part = item.text[begin : end[1] if item.seq == end[0] else None]
        parts.append(part)
        size += len(part)
        item = model.next(item.seq)
    return "\n".join(parts)


def whole_event(reader: Reader, seq: int, origin: int) -> str:
    """All that an event says, its long texts read from the journal; empty when it is not shown. Raises BlobMissing."""

    def text_of(kept: Text) -> str:
        text = reader.text(kept)
        if len(text) <= WHOLE_MAX:
            return text
        return f"{text[:WHOLE_MAX]}\n… {len(text) - WHOLE_MAX:,} more characters: `aarctl log --full` prints all"

    for record in reader.records(seq - 1, upto=seq):
        item = item_of(record, origin, text_of)
        return "" if item is None else item.text
    return ""
