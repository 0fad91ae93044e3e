"""How a command ends when it cannot do what was asked: one sentence on stderr and exit code 1.

Failed            raised by the commands of this room
any exception of a room of aarctl, OSError, sqlite3.Error: their message is the sentence (house rule)
anything else     a bug: named as one, with the way to its traceback
"""

from __future__ import annotations

import os
import sqlite3

TRACEBACK = "AARCTL_TRACEBACK"
"""Set to 1, an exception is shown with its traceback."""


class Failed(Exception):
    """What was asked cannot be done; the message says why and what to do instead."""


def sentence(error: Exception) -> str:
    """What to tell the person at the keyboard about `error`."""
    if type(error).__module__.startswith("aarctl.") and str(error):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{(error.strerror or str(error)).lower()}"
    if isinstance(error, sqlite3.Error):
        return f"the journal cannot be read ({error}); `aarctl journal verify RUN` says where it is damaged"
    return f"{type(error).__name__}: {error} - this is a bug in aarctl; {TRACEBACK}=1 shows where"


def wants_traceback() -> bool:
    """Whether the person asked to see tracebacks."""
    return os.environ.get(TRACEBACK, "") not in ("", "0")
