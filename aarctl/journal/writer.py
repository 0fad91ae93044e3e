"""The writer's connection: one transaction is one call into SQLite's thread.

aiosqlite hops into its thread once per statement; four hops per commit cost more than the commit on a
fast disk. Rows of events are committed with synchronous=FULL. What only touches side tables is not worth a
disk's wait: it is committed with NORMAL, which the next FULL commit makes durable too, because they share
the WAL.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from .connection import Connection
from .errors import JournalError
from .schema import ADD_CHUNK, INSERT_EVENT, WRITER_PRAGMAS

EventRow = tuple[int, int, str, str, bytes, bytes]
"""seq, at, researcher, kind, body, chain"""
ChunkRow = tuple[int, str, int, int, int]
"""chunk, researcher, events, lines, chars"""
Statement = tuple[str, tuple[object, ...]]


class Writer(Connection):
    """The one connection that writes events. Make one with `await Writer.open(path)`."""

    @classmethod
    async def open(cls, path: Path) -> Writer:
        """Connect and set the pragmas. Raises JournalError where SQLite cannot keep a WAL."""
        db = cls(str(path))
        await db
        try:
            for pragma in WRITER_PRAGMAS:
                rows = list(await db.execute_fetchall(pragma))
                if "journal_mode" in pragma and rows[0][0] != "wal":
                    raise JournalError(f"{path}: no write-ahead log here; put AARCTL_HOME on a local disk")
        except BaseException:
            await db.close()
            raise
        return db

    async def append(self, rows: list[EventRow], chunks: list[ChunkRow], side: list[Statement]) -> None:
        """Everything in one transaction, or nothing. Raises sqlite3.Error."""
        await self._execute(self._append, rows, chunks, side)

    def _append(self, rows: list[EventRow], chunks: list[ChunkRow], side: list[Statement]) -> None:
        if rows:
            self._transact(rows, chunks, side)
            return
        self._conn.execute("pragma synchronous = normal")
        try:
            self._transact(rows, chunks, side)
        finally:
            self._conn.execute("pragma synchronous = full")

    def _transact(self, rows: list[EventRow], chunks: list[ChunkRow], side: list[Statement]) -> None:
        db = self._conn
        db.execute("begin immediate")
        try:
            db.executemany(INSERT_EVENT, rows)
            db.executemany(ADD_CHUNK, chunks)
            for query, values in side:
                db.execute(query, values)
            db.execute("commit")
        except BaseException:
            if db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("rollback")
            raise
