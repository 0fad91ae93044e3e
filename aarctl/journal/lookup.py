"""Reading events from inside the supervisor: asynchronous, on a connection of its own.

A long read never waits for a commit, nor a commit for it. A short one, such as a turn's, is made at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from .blobs import Blobs
from .connection import Connection
from .errors import NoJournal
from .events import Text, decode
from .query import select
from .reader import Record


class Lookup:
    """Open with `await Lookup.open(run)`, close with `await close()`."""

    def __init__(self, db: Connection, short: sqlite3.Connection, blobs: Blobs) -> None:
        self._db, self._short, self._blobs = db, short, blobs

    def __repr__(self) -> str:
        return f"Lookup({self._blobs!r})"

    @classmethod
    async def open(cls, run: Path) -> Lookup:
        """Connect, read-only, to the journal in the folder `run`. Raises NoJournal."""
        path = run.absolute() / "journal.db"
        if not path.exists():
            raise NoJournal(f"no run at {run}; `aarctl runs` lists the runs there are")
        uri = f"{path.as_uri()}?mode=ro"
        db = Connection(uri)
        await db
        return cls(db, sqlite3.connect(uri, uri=True, isolation_level=None), Blobs(run / "blobs"))

    async def records(
        self,
        after: int = 0,
        *,
        upto: int | None = None,
        researcher: str | None = None,
        kinds: tuple[str, ...] = (),
        limit: int = -1,
        newest_first: bool = False,
    ) -> list[Record]:
        """The rows that `query.select` describes."""
        query, parameters = select(
            after, upto=upto, researcher=researcher, kinds=kinds, limit=limit, newest_first=newest_first
        )
        return _records(await self._db.execute_fetchall(query, parameters))

    def few(self, after: int, *, researcher: str, kinds: tuple[str, ...]) -> list[Record]:
        """As `records`, at once: the way into a thread and back takes longer than reading the rows of a turn."""
        return _records(self._short.execute(*select(after, researcher=researcher, kinds=kinds)))

    async def record(self, seq: int) -> Record | None:
        """The row `seq`."""
        found = await self.records(seq - 1, upto=seq)
        return found[0] if found else None

    async def text(self, kept: Text) -> str:
        """The whole of a kept text. Raises BlobMissing."""
        return kept.head if kept.whole else await asyncio.to_thread(self._blobs.text, kept)

    async def close(self) -> None:
        """Let go of the file."""
        self._short.close()
        await self._db.close()


def _records(rows: Iterable[sqlite3.Row | tuple[int, int, str, bytes]]) -> list[Record]:
    return [Record(seq, at, who, decode(body)) for seq, at, who, body in rows]
