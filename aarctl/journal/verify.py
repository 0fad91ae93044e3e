"""Checking a journal: gapless, in order, unaltered, readable, and every blob there.

What is not checked: that the journal is the one that was written. Someone who rewrites every row from some
seq on makes a sound chain with another head; `expect` is for that. Side tables are not checked.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from pathlib import Path

import msgspec

from .blobs import Blobs
from .chain import GENESIS, link
from .chunks import texts_of
from .errors import BlobMissing, JournalDamaged
from .events import KINDS, Text, UnknownEvent, decode
from .opening import open_to_read

_NAMES_BLOB = re.compile(rb'"blob":"')


class Verified(msgspec.Struct, frozen=True):
    """What a sound journal holds."""

    events: int
    blobs: int
    head: str
    """The chain's head hash, 32 hex."""


def verify(run: Path, expect: str = "") -> Verified:
    """Walk the whole journal. Raises JournalDamaged naming the first row that does not fit; NoJournal.

    `expect` is a head hash kept elsewhere: a journal may have grown since, but must still contain it.
    """
    expect = expect.strip().lower()
    db, copy = open_to_read(run)
    named: dict[str, int] = {}
    """Blob -> the first seq that names it."""
    chain, last, last_at, found = GENESIS, 0, 0, not expect
    try:
        for seq, at, researcher, kind, body, kept in db.execute(
            "select seq, at, researcher, kind, body, chain from events order by seq"
        ):
            if seq != last + 1:
                raise JournalDamaged(f"seq {last + 1} is missing: the row after {last} is {seq}")
            chain = _linked(chain, seq, at, researcher, kind, body)
            if chain != kept:
                raise JournalDamaged(f"seq {seq} ({kind}) is not what was written, or one before it is gone")
            if at < last_at:
                raise JournalDamaged(f"seq {seq}: its time {at} is before that of seq {last}")
            if kind not in KINDS:
                raise JournalDamaged(f"seq {seq}: kind {kind!r} is unknown to this version of aarctl")
            if _NAMES_BLOB.search(body):  # result and evidence are untrusted and may say "blob" themselves
                for name in _blobs(seq, body):
                    named.setdefault(name, seq)
            last, last_at = seq, at
            found = found or chain.hex() == expect
    except sqlite3.DatabaseError as error:
        raise JournalDamaged(f"{run / 'journal.db'}: {error}, after seq {last}") from None
    finally:
        db.close()
        if copy is not None:
            copy.cleanup()
    if not found:
        raise JournalDamaged(f"head {expect} is not in this journal: its tail was cut or it was rewritten")
    blobs = Blobs(run / "blobs")
    for name, seq in named.items():
        try:
            blobs.get(name)
        except BlobMissing as error:
            raise JournalDamaged(f"seq {seq}: {error}") from None
    return Verified(events=last, blobs=len(named), head=chain.hex())


def _linked(chain: bytes, seq: int, at: int, researcher: str, kind: str, body: bytes) -> bytes:
    """The row's hash; a value of a type that no writer leaves there is damage like any other."""
    try:
        return link(chain, seq, at, researcher, kind, body)
    except (TypeError, AttributeError, ValueError, struct.error):
        raise JournalDamaged(f"seq {seq}: a column holds a value of another type than was written") from None


def _blobs(seq: int, body: bytes) -> list[str]:
    try:
        event = decode(body)
    except UnknownEvent as error:
        raise JournalDamaged(f"seq {seq}: {error}") from None
    texts: list[Text | None] = [getattr(event, name) for name in texts_of(type(event))]
    return [text.blob for text in texts if text is not None and text.blob]
