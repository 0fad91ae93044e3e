"""Reading a journal: synchronous, read-only, safe beside a live supervisor.

The control room's tail thread, the command line and the exports read through this class; each thread opens
its own. A run that lies on read-only storage is read from a copy, see opening.py.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from . import checkpoints
from .blobs import Blobs
from .chunks import chunk_of
from .errors import JournalDamaged
from .events import Event, Text, decode
from .fold import apply
from .lock import is_held
from .opening import open_to_read
from .query import select
from .state import RunState


class Record(msgspec.Struct, frozen=True):
    """One row: where and when, and the event."""

    seq: int
    at: int
    """Microseconds UTC."""
    researcher: str
    event: Event


class Sample(msgspec.Struct, frozen=True):
    """One row of device telemetry: `body` is the DeviceSample as JSON."""

    at: int
    device: str
    body: bytes


class JournalReader:
    """A run's journal, opened for reading. Raises NoJournal, JournalError.

    Any method raises JournalDamaged when SQLite finds the file broken, UnknownEvent when a row is unreadable.
    """

    def __init__(self, run: Path) -> None:
        self._db, self._copy = open_to_read(run)
        self._lock = run / "supervisor.lock"
        self.run = run.absolute().name
        self.blobs = Blobs(run / "blobs")
        self._full: dict[str | None, list[tuple[int, int, int]]] = {}
        """Sizes of chunks that take no further event, by researcher."""

    def __repr__(self) -> str:
        return f"JournalReader({self.run!r}, last_seq={self.last_seq()})"

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
        if self._copy is not None:
            self._copy.cleanup()

    def _rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows as they come; what SQLite says of a broken file is said as JournalDamaged."""
        try:
            yield from self._db.execute(query, values)
        except sqlite3.DatabaseError as error:
            raise JournalDamaged(f"run {self.run}: {error}; `aarctl journal verify {self.run}` says where") from None

    def data_version(self) -> int:
        """A number that changes when another process has committed; costs microseconds."""
        ((version,),) = self._rows("pragma data_version")
        return int(version)

    def supervised(self) -> bool:
        """Whether a supervisor holds this run now."""
        return is_held(self._lock)

    def last_seq(self) -> int:
        """The last committed seq; 0 in an empty journal."""
        ((last,),) = self._rows("select max(seq) from events")
        return int(last or 0)

    def head(self) -> str:
        """The chain's head hash, 32 hex."""
        for (chain,) in self._rows("select chain from events order by seq desc limit 1"):
            return bytes(chain).hex()
        return ""

    def records(
        self,
        after: int = 0,
        *,
        upto: int | None = None,
        researcher: str | None = None,
        kinds: tuple[str, ...] = (),
        limit: int = -1,
        newest_first: bool = False,
    ) -> Iterator[Record]:
        """Rows with after < seq <= upto, in order; of one researcher, or of some kinds, when named."""
        query, parameters = select(
            after, upto=upto, researcher=researcher, kinds=kinds, limit=limit, newest_first=newest_first
        )
        for seq, at, who, body in self._rows(query, parameters):
            yield Record(seq, at, who, decode(body))

    def state(self, seq: int | None = None) -> RunState:
        """The state at `seq`, by default at the end: the nearest checkpoint and a short fold from it."""
        end = self.last_seq() if seq is None else seq
        try:
            start = checkpoints.nearest(self._db, end)
        except sqlite3.DatabaseError:  # a cache: its damage costs time, not truth
            start = RunState()
        return self.advance(start, end)

    def advance(self, state: RunState, upto: int | None = None) -> RunState:
        """Move `state` on, in place, by the rows after it."""
        query = "select seq, at, body from events where seq > ? and seq <= ? order by seq"
        bound = self.last_seq() if upto is None else upto
        for seq, at, body in self._rows(query, (state.seq, bound)):
            apply(state, seq, at, decode(body))
        return state

    def seq_at(self, at: int) -> int:
        """The last seq at or before a time in microseconds UTC; 0 when the run began later."""
        low, high = 0, self.last_seq()
        while low < high:
            middle = (low + high + 1) // 2
            query = "select at from events where seq <= ? order by seq desc limit 1"
            ((when,),) = self._rows(query, (middle,))
            low, high = (middle, high) if when <= at else (low, middle - 1)
        return low

    def sizes(self, researcher: str | None = None) -> list[tuple[int, int, int]]:
        """(events, lines, characters) of each chunk, of one researcher or of all. What is full is read once."""
        known = self._full.setdefault(researcher, [])
        last = chunk_of(self.last_seq())
        where, values = ("", ()) if researcher is None else ("and researcher = ?", (researcher,))
        sums = f"select chunk, sum(events), sum(lines), sum(chars) from chunks where chunk >= ? {where}"
        rows = self._rows(f"{sums} group by chunk", (len(known), *values))
        found = {chunk: (events, lines, chars) for chunk, events, lines, chars in rows}
        new = [found.get(chunk, (0, 0, 0)) for chunk in range(len(known), last + 1)]
        known += new[:-1]
        return [*known, *new[-1:]]

    def live(self) -> dict[str, tuple[int, bytes]]:
        """Passing facts by name: (microseconds UTC, JSON)."""
        return {name: (at, body) for name, at, body in self._rows("select name, at, body from live")}

    def samples(self, after: int = 0, limit: int = 10_000) -> list[Sample]:
        """Device telemetry after a time in microseconds UTC, the newest `limit` rows, in order."""
        query = "select at, device, body from samples where at > ? order by at desc limit ?"
        return [Sample(*row) for row in self._rows(query, (after, limit))][::-1]

    def text(self, kept: Text) -> str:
        """The whole of a kept text. Raises BlobMissing."""
        return self.blobs.text(kept)
