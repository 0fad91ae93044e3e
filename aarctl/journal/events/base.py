"""What every event shares, and how a text is kept in a row.

An event is frozen, typed and tagged with its kind; a new meaning is a new kind or a raised `v`, never a
changed field. Times, sequence numbers and the chain belong to the row (`Record`), not to the event.
"""

from __future__ import annotations

import msgspec

HEAD_BYTES = 4096  # of a text kept in its row; the rest is a blob, so that a page of rows reads in one go


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """One fact about a run. `researcher` is empty where the fact concerns the whole fleet."""

    researcher: str = ""
    v: int = 1


class Text(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text of any length: its first 4 KB, its size, and where the whole of it is."""

    head: str
    """At most 4,096 bytes of UTF-8, cut at a character."""
    bytes: int
    chars: int
    lines: int
    blob: str = ""
    """sha256 of the whole text in the run's blobs; empty when `head` is all of it."""

    @property
    def whole(self) -> bool:
        """Whether `head` is all there is."""
        return not self.blob and self.bytes <= HEAD_BYTES


def clean(text: str) -> str:
    """`text` with each lone surrogate as U+FFFD, so that it is UTF-8; text without any is returned as it is.

    Lone surrogates are what `surrogateescape` makes of invalid bytes, and what JSON's \\ud800 decodes to.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def head_of(text: str) -> Text:
    """`text`, cleaned, as a Text without its blob: what a row keeps of it."""
    text = clean(text)
    data = text.encode()
    head = text if len(data) <= HEAD_BYTES else data[:HEAD_BYTES].decode("utf-8", "ignore")
    return Text(head=head, bytes=len(data), chars=len(text), lines=text.count("\n") + 1)


EMPTY = head_of("")
