"""An aiosqlite connection that lets its process end.

aiosqlite's thread is not a daemon: a supervisor that failed before close() would hang at exit for ever.
"""

from __future__ import annotations

import sqlite3

import aiosqlite

PATIENCE_S = 60.0
"""For others that hold the journal while they write: a person's command on a slow disk must not end a supervisor."""


class Connection(aiosqlite.Connection):
    """A connection in autocommit mode to a path or `file:` URI; `await` opens it."""

    def __init__(self, target: str) -> None:
        super().__init__(
            lambda: sqlite3.connect(target, uri=target.startswith("file:"), isolation_level=None, timeout=PATIENCE_S),
            iter_chunk_size=64,
        )
        self._thread.daemon = True  # a commit cut short by the exit is rolled back by the next opening
