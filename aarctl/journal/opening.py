"""Opening a journal for reading, wherever it lies.

SQLite needs to write beside a WAL file even to read it, so a run on read-only storage is read from a copy of
journal.db and its WAL.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from .errors import JournalDamaged, JournalError, NoJournal
from .schema import VERSION

COPY_ATTEMPTS = 5


def open_to_read(run: Path) -> tuple[sqlite3.Connection, tempfile.TemporaryDirectory[str] | None]:
    """A read-only connection to the run's journal, and the folder of its copy where one was needed.

    Raises NoJournal; JournalError when it is of another version or no database.
    """
    path = run.absolute() / "journal.db"
    if not path.exists():
        raise NoJournal(f"no run at {run}; `aarctl runs` lists the runs there are")
    copy = None if os.access(path.parent, os.W_OK) else _copied(path)
    try:
        return _connected(path if copy is None else Path(copy.name) / path.name), copy
    except BaseException:
        if copy is not None:
            copy.cleanup()
        raise


def _connected(path: Path) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)
        try:
            (version,) = db.execute("pragma user_version").fetchone()
            if version != VERSION:
                raise JournalError(
                    f"{path}: journal version {version}, this aarctl reads {VERSION}; use the aarctl that wrote it"
                )
        except BaseException:
            db.close()
            raise
    except sqlite3.DatabaseError as error:
        raise JournalDamaged(f"{path}: {error}; restore the file from a backup") from None
    return db


def _copied(path: Path) -> tempfile.TemporaryDirectory[str]:
    """A copy of journal.db and its WAL that belong together, also while another user's supervisor writes."""
    copy = tempfile.TemporaryDirectory(prefix="aarctl-")
    parts = (path, path.with_name(f"{path.name}-wal"))
    try:
        for _ in range(COPY_ATTEMPTS):
            before = [_stamp(part) for part in parts]
            for part in parts:
                (Path(copy.name) / part.name).unlink(missing_ok=True)
                if part.exists():
                    shutil.copyfile(part, Path(copy.name) / part.name)
            if before == [_stamp(part) for part in parts]:
                return copy
        raise JournalError(f"{path.parent} is read-only and being written; read it as the user that runs it")
    except BaseException:
        copy.cleanup()
        raise


def _stamp(part: Path) -> tuple[int, int, int] | None:
    try:
        stat = part.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
