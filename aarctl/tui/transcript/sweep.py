"""Looking through a whole history for what matches, off the screen's thread, from a place outwards and round the ends.

It reads a block on one side of the place, then one on the other, so what is near is known first; past an end it goes
on from the other one, as a person does who steps from hit to hit. It hands over what it found as stretches, and tells
of them at most ten times a second. A block is bounded, and between two blocks the screen's thread gets its turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from aarctl.journal.reader import JournalReader, Record

from ..thread import JournalThread

BLOCK = 512  # events read at once
TELL_S = 0.1  # between two calls of `tell`
REST_S = 0.001  # after each block: the screen comes first


class Stretch(NamedTuple):
    """A part of the history that was looked through, and what was found in it. Immutable; passes between threads."""

    first: int
    upto: int
    found: tuple[int, ...]
    """In order."""


def outward(start: int, last: int, block: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Ranges (first, upto) that cover 1 to `last` once: from `start` on and back from it in turn, round the ends."""
    start = min(max(start, 1), max(last, 1))
    low, high, head, tail = start, start - 1, 0, last + 1  # known: 1 to head, low to high, tail to last
    while low > head + 1 or tail > high + 1:
        if tail > high + 1:
            first, high = high + 1, min(high + block, tail - 1)
            yield first, high
        else:
            first, head = head + 1, min(head + block, low - 1)
            yield first, head
        if low > head + 1:
            upto, low = low - 1, max(low - block, head + 1)
            yield low, upto
        elif tail > high + 1:
            upto, tail = tail - 1, max(tail - block, high + 1)
            yield tail, upto


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same, in order, and those that touch made one."""
    parts: list[list[Stretch]] = []
    for each in sorted(stretches):
        if parts and parts[-1][-1].upto + 1 == each.first:
            parts[-1].append(each)
        else:
            parts.append([each])
    return [
        Stretch(part[0].first, part[-1].upto, tuple(chain.from_iterable(one.found for one in part))) for part in parts
    ]


class Sweep(JournalThread):
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
        super().__init__(run, tell, "transcript sweep")
        self._matches = matches
        self._start, self._last = start, last
        self._researcher, self._kinds = researcher, kinds
        self._lock = threading.Lock()
        self._stretches: list[Stretch] = []
        self.done = False
        """Whether all was looked at; true before the last `tell`."""

    def __repr__(self) -> str:
        return f"Sweep({self._run.name!r}, from {self._start} of {self._last}{', done' if self.done else ''})"

    def take(self) -> list[Stretch]:
        """What was looked through and not taken yet."""
        with self._lock:
            stretches, self._stretches = self._stretches, []
        return joined(stretches)

    def look(self, reader: JournalReader) -> None:
        """See JournalThread."""
        told = 0.0
        for first, upto in outward(self._start, self._last):
            if self._stop.is_set():
                return
            records = reader.records(first - 1, upto=upto, researcher=self._researcher, kinds=self._kinds)
            stretch = Stretch(first, upto, tuple(record.seq for record in records if self._matches(record)))
            with self._lock:
                self._stretches.append(stretch)
            if time.monotonic() - told >= TELL_S and not self._stop.is_set():
                told = time.monotonic()
                self._tell()
            self._stop.wait(REST_S)
        self.done = True
