"""Attempts as rows for a journal: pure. The first of its kind is a row at once, repeats are counted into later ones.

A kind is (host, port, allowed, why). So a loop that asks for one host ten thousand times makes one row at once and then
one with the count whenever rows are asked for. Past KINDS_MAX allowed or KINDS_MAX refused kinds, further ones are
counted together as OTHERS: hostile names cannot fill a journal either, nor refused ones hide what was allowed.
Invariant: the `attempts` of all rows add up to the attempts there were, once `rows` has been asked for the last time.
"""

from __future__ import annotations

import msgspec

from aarctl.sandbox.egress.proxy import Attempt

KINDS_MAX = 50
OTHERS = "other hosts"


class Row(msgspec.Struct, frozen=True):
    """What is new of one kind of attempt since its last row."""

    attempt: Attempt
    attempts: int = 1
    failed: int = 0
    """Allowed ones that could not be connected."""
    up_bytes: int = 0
    """Sent out of the sandbox by connections that have ended."""
    down_bytes: int = 0


class Tally:
    """The attempts of one sandbox."""

    def __init__(self) -> None:
        self._new: dict[Attempt, Row | None] = {}
        """By kind; None: nothing that is not in a row yet."""

    def __repr__(self) -> str:
        waiting = [row for row in self._new.values() if row]
        return f"Tally({len(self._new)} kinds, {sum(row.attempts for row in waiting)} attempts not in a row yet)"

    def attempted(self, attempt: Attempt) -> Row | None:
        """Count one; a row when it is the first of its kind."""
        kind = self._kind(attempt)
        if kind in self._new:
            self._add(kind, attempts=1)
            return None
        self._new[kind] = None
        return Row(kind)

    def ended(self, attempt: Attempt, *, up_bytes: int, down_bytes: int, failed: bool) -> None:
        """Count what became of one."""
        self._add(self._kind(attempt), failed=int(failed), up_bytes=up_bytes, down_bytes=down_bytes)

    def rows(self) -> list[Row]:
        """What is new since it was last asked for."""
        out = [row for row in self._new.values() if row is not None]
        self._new = dict.fromkeys(self._new)
        return out

    def _kind(self, attempt: Attempt) -> Attempt:
        if attempt in self._new or sum(kind.allowed == attempt.allowed for kind in self._new) < KINDS_MAX:
            return attempt
        return Attempt(OTHERS, 0, attempt.allowed, f"more than {KINDS_MAX} kinds of attempts")

    def _add(self, kind: Attempt, attempts: int = 0, failed: int = 0, up_bytes: int = 0, down_bytes: int = 0) -> None:
        row = self._new.get(kind) or Row(kind, attempts=0)
        self._new[kind] = Row(
            kind, row.attempts + attempts, row.failed + failed, row.up_bytes + up_bytes, row.down_bytes + down_bytes
        )
