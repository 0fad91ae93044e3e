"""One attempt to escape: a real program, and what it would mean for it to have succeeded.

A program says `won(...)` where a call that should be refused was not, and prints whatever it could read: a planted
secret in its output is a win that it cannot know of. What only the host can see is looked at by `prize`, or done by
`during` while the program runs. Nothing is inferred from a program's failure: without its last word it has not tried.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from .arena import Scene

PRELUDE = Path(__file__).with_name("prelude.py").read_text("utf-8")
FIRST_WORD, LAST_WORD = "BEGUN", "TRIED"
READY = "READY"

LIMIT_S = 8.0
"""The time limit of a program that is meant to run into it: short, and long enough for Python to start on a busy
machine and say its last word first."""

Look = Callable[["Scene"], Awaitable[str]]
"""Looks for what was won, and says it; empty when nothing was. An AssertionError is another kind of broken promise."""


class Attempt(msgspec.Struct, frozen=True):
    """A way out that a researcher might try."""

    name: str
    """What it does, as a verb phrase."""
    program: str
    """Python, run after prelude.py."""
    prize: Look | None = None
    """Looks at the host, or at the sandbox, when the program has ended."""
    during: Look | None = None
    """Acts while the program runs, once it has said READY; the program is killed afterwards."""
    unhindered: str = ""
    """Who wins by this program where nothing is isolated, which is tried: "user", "root", or "" where trying it would
    harm this machine or needs more than it has."""
    ends: bool = True
    """It comes to its own end. False: it fights until it is killed, or kills itself."""
    limit_s: float = 30.0
    """Its time limit in the sandbox."""
    differs: Mapping[str, str] = {}
    """Where it does win, and why that is so: by a trait of the backend (backends.py). It must win there, unless the
    trait leaves it to the kernel."""

    @property
    def source(self) -> str:
        """The whole program."""
        first, last = (f"print({word!r}, flush=True)" for word in (FIRST_WORD, LAST_WORD))
        return f"{PRELUDE}\n{first}\n{self.program.strip()}\n{last}\n"

    def tried(self, said: str) -> bool:
        """Whether its output shows that it did its part: a program that is merely broken proves nothing."""
        if self.ends and self.during is None:
            return LAST_WORD in said
        return FIRST_WORD in said and "Traceback" not in said


class Verdict(msgspec.Struct, frozen=True):
    """How an attempt came out."""

    won: tuple[str, ...]
    """All that it gained."""
    tried: bool
    """The program did its part, or its whole sandbox was lost before it could say so."""
    lost: str
    """Why its own sandbox was lost; empty when it goes on."""
    left: tuple[str, ...]
    """Processes that were still there a while after its end."""
    said: str
    """The program's output."""
