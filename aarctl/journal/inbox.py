"""What people ask of a run, left where its supervisor looks.

The inbox is the only table that a client writes. A row waits, across crashes and reboots, until a supervisor
copies it, exactly once, into the events. Whatever a client left there, reading it never fails: a row that
cannot be understood comes back with its reason, so that the supervisor can refuse it and move on.
"""

from __future__ import annotations

import getpass
import sqlite3
import time
from pathlib import Path

import msgspec

from .errors import JournalError, NoJournal
from .events import VERBS, clean

MAX_BODY_BYTES = 1 << 18  # a command is copied into a row and, while it is open, into every checkpoint

PENDING = f"""
select id, cast(by as blob), cast(kind as blob), substr(cast(body as blob), 1, {MAX_BODY_BYTES + 1})
from inbox where id > ? order by id
"""


class InboxRow(msgspec.Struct, frozen=True):
    """One command as its client left it.

    When its body cannot be read, `args` is {"unreadable": why}; `verb` may be none of events.VERBS.
    """

    id: int
    by: str
    verb: str
    researcher: str
    args: dict[str, str]


class _Ask(msgspec.Struct, frozen=True):
    researcher: str = ""
    args: dict[str, str] = {}


def ask(run: Path, verb: str, researcher: str = "", by: str = "", **args: str) -> int:
    """Leave one command in the inbox of the run in folder `run`; return its row id.

    Raises NoJournal when there is no such run, ValueError when `verb` is not one of events.VERBS or the whole
    is longer than 256 KiB, JournalError when the row cannot be written.
    """
    if verb not in VERBS:
        raise ValueError(f"verb {verb!r}: use one of {', '.join(VERBS)}")
    path = run / "journal.db"
    if not path.exists():
        raise NoJournal(f"no run at {run}; `aarctl runs` lists the runs there are")
    named = {name: clean(value) for name, value in args.items()}
    body = msgspec.json.encode({"researcher": clean(researcher), "args": named})
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"{verb}: {len(body)} bytes, at most {MAX_BODY_BYTES}; name a file with the text")
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=10)
        try:
            db.execute("pragma synchronous = full")
            row = db.execute(
                "insert into inbox(at, by, kind, body) values (?, ?, ?, ?)",
                (time.time_ns() // 1000, clean(by or _person()), verb, body.decode()),
            )
            return int(row.lastrowid or 0)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise JournalError(f"{path}: {error}; nothing was asked, ask as the user that runs it") from None


def understood(number: int, by: bytes, verb: bytes, body: bytes) -> InboxRow:
    """One row of PENDING as a command."""
    try:
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"longer than {MAX_BODY_BYTES} bytes")
        asked = msgspec.json.decode(body, type=_Ask)
    except ValueError as error:  # of msgspec, and UnicodeDecodeError
        asked = _Ask(args={"unreadable": str(error)})
    who, what = by.decode("utf-8", "replace"), verb.decode("utf-8", "replace")
    return InboxRow(number, who, what, asked.researcher, asked.args)


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "person"
