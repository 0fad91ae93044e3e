"""The hash chain: each row carries a hash of the row before it and of all of itself.

It shows a changed, inserted or removed row. A cut tail or a wholly rewritten journal shows only against a
head hash kept elsewhere: `run.closed`, reports and `journal verify --expect HEAD` are for that.
"""

from __future__ import annotations

from hashlib import blake2b
from struct import pack

GENESIS = bytes(16)


def link(previous: bytes, seq: int, at: int, researcher: str, kind: str, body: bytes) -> bytes:
    """The 16-byte hash of a row. Lengths are hashed too, so no field can lend characters to the next."""
    who, what = researcher.encode(), kind.encode()
    frame = pack("<qqHHI", seq, at, len(who), len(what), len(body))
    return blake2b(b"".join((previous, frame, who, what, body)), digest_size=16).digest()
