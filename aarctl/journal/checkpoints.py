"""Fold checkpoints: the state at some seqs, kept so that any seq opens fast.

They are a cache. One that this version cannot read, or that another version of the fold wrote, is ignored,
and the fold starts further back. Raise FOLD when a handler changes what it makes of an event; a changed
RunState is noticed by itself.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from hashlib import blake2b

import msgspec
import zstandard

from .state import RunState

EVERY = 5_000  # events between checkpoints: about 6 ms of folding to any seq
FOLD = 5  # version of the handlers

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RunState).decode


@cache
def mark() -> bytes:
    """Eight bytes that name this fold: the shape of RunState and FOLD."""
    return blake2b(msgspec.json.encode([FOLD, msgspec.json.schema(RunState)]), digest_size=8).digest()


def pack(state: RunState) -> bytes:
    """The state as a checkpoint row keeps it."""
    return mark() + zstandard.ZstdCompressor(level=3).compress(_encode(state))


def unpack(packed: bytes) -> RunState | None:
    """The state of a checkpoint row; None when this version cannot use it."""
    try:
        if packed[:8] != mark():
            return None
        return _decode(zstandard.ZstdDecompressor().decompress(packed[8:]))
    except (TypeError, ValueError, zstandard.ZstdError):
        return None


def copy(state: RunState) -> RunState:
    """A state of its own with the same content."""
    return _decode(_encode(state))


def nearest(db: sqlite3.Connection, seq: int) -> RunState:
    """The state of the newest readable checkpoint at or before `seq`, or a new one."""
    query = "select seq, state from checkpoints where seq <= ? order by seq desc"
    for at, packed in db.execute(query, (seq,)):
        state = unpack(packed)
        if state is not None and state.seq == at:
            return state
    return RunState()
