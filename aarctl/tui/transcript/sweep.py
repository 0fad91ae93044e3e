"""Looking through a whole history for what matches, off the screen's thread, from a place outwards.

The thread owns its reader and nothing else. It reads a block on one side of the place, then one on the other, so what
is near is known first, and hands over what it found as `Swept`; `tell` is called from the thread, at most ten times a
second. A block is bounded, and between two blocks the screen's thread gets its turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from aarctl.journal.errors import JournalError
from aarctl.journal.reader import JournalReader, Record

BLOCK = 512  # events read at once
TELL_S = 0.1  # between two calls of `tell`
REST_S = 0.001  # after each block: the screen comes first


class Swept(NamedTuple):
    """What was found since the last Swept. Immutable; passes from thread to thread."""

    below: tuple[int, ...]
    """Before the place, from it backwards."""
    above: tuple[int, ...]
    """From the place on."""
    low: int
    high: int
    """All from `low` to `high` has been looked at."""


def outward(start: int, last: int, block: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Ranges (first, upto) that cover 1 to `last` once, from `start` on and alternately to both sides."""
    start = min(max(start, 1), max(last, 1))
    above, below = start, start - 1
    while above <= last or below >= 1:
        if above <= last:
            yield above, min(above + block - 1, last)
            above += block
        if below >= 1:
            yield max(below - block + 1, 1), below
            below -= block


class Sweep:
    """Looks at all events of a run from 1 to `last`, beginning at `start`, for those that `matches`."""

    def __init__(
        self,
        run: Path,
        matches: Callable[[Record], bool],
        tell: Callable[[], object],
        *,
        start: int,
        last: int,
        researcher: str | None = None,
        kinds: tuple[str, ...] = (),
    ) -> None:
        self._run, self._matches, self._tell = run, matches, tell
        self._start, self._last = start, last
        self._researcher, self._kinds = researcher, kinds
        self._lock = threading.Lock()
        self._below: list[int] = []
        self._above: list[int] = []
        self._range = (start, start - 1)
        self.done = False
        """Whether all was looked at; true before the last `tell`."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="transcript sweep", daemon=True)
        self.error = ""
        """Why the sweep ended before its end, as a sentence."""

    def __repr__(self) -> str:
        return f"Sweep({self._run.name!r}, {self._range[0]} to {self._range[1]} of {self._last})"

    def start(self) -> Sweep:
        """Begin."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End soon; nothing is told any more."""
        self._stop.set()

    def take(self) -> Swept:
        """What was found and not taken yet."""
        with self._lock:
            swept = Swept(tuple(self._below), tuple(self._above), *self._range)
            self._below, self._above = [], []
            return swept

    def _look(self) -> None:
        try:
            with JournalReader(self._run) as reader:
                self._look_through(reader)
        except JournalError as error:
            self.error = str(error)
        if not self._stop.is_set():
            self.done = not self.error
            self._tell()

    def _look_through(self, reader: JournalReader) -> None:
        told = 0.0
        low, high = self._range
        for first, upto in outward(self._start, self._last):
            if self._stop.is_set():
                return
            records = reader.records(first - 1, upto=upto, researcher=self._researcher, kinds=self._kinds)
            found = [record.seq for record in records if self._matches(record)]
            low, high = min(low, first), max(high, upto)
            with self._lock:
                if upto < self._start:
                    self._below += reversed(found)
                else:
                    self._above += found
                self._range = low, high
            if time.monotonic() - told >= TELL_S and not self._stop.is_set():
                told = time.monotonic()
                self._tell()
            self._stop.wait(REST_S)
