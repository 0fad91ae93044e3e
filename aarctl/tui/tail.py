"""The tail of a live journal: a thread that reads what was committed and hands it over.

It makes immutable `News`; the screen's thread takes them and is the only one that folds them into the state. It looks
at `PRAGMA data_version` a dozen times a second, which costs microseconds while nothing happens, and tells at most ten
times a second, however much is written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from aarctl.journal.reader import JournalReader, Record, Sample

from .thread import JournalThread

LOOK_S = 0.08  # between looks at data_version: oftener costs an idle room more than 1% of a core
TELL_S = 0.1  # between two calls of `tell`
ALIVE_S = 1.0  # between looks at the supervisor's lock
BATCH = 5_000  # events taken at once, so that a long absence does not freeze the screen


class News(NamedTuple):
    """What has happened since the last News. Immutable; passes from thread to thread."""

    records: tuple[Record, ...]
    live: dict[str, tuple[int, bytes]]
    """Passing facts as they are now, never changed after they are handed over."""
    samples: tuple[Sample, ...]
    supervised: bool


class Tail(JournalThread):
    """Follows a run after seq `after`."""

    def __init__(self, run: Path, after: int, tell: Callable[[], object]) -> None:
        super().__init__(run, tell, "journal tail")
        self._after = after
        self._lock = threading.Lock()
        self._news: list[News] = []

    def __repr__(self) -> str:
        return f"Tail({self._run.name!r}, after={self._after}, {'on' if self._thread.is_alive() else 'off'})"

    def take(self) -> list[News]:
        """All news that were not taken yet, oldest first."""
        with self._lock:
            news, self._news = self._news, []
        return news

    def look(self, reader: JournalReader) -> None:
        """See JournalThread."""
        version, sampled, supervised = -1, 0, None
        told = looked_alive = 0.0
        while not self._stop.is_set():
            now = time.monotonic()
            alive = supervised
            if supervised is None or now - looked_alive >= ALIVE_S:
                alive, looked_alive = reader.supervised(), now
            present = reader.data_version()
            if (present != version or alive != supervised) and now - told >= TELL_S:
                records = tuple(reader.records(self._after, limit=BATCH))
                samples = tuple(reader.samples(sampled))
                if len(records) < BATCH:
                    version = present
                supervised, told = reader.supervised(), now  # now: whoever wrote these events held the lock by then
                self._after = records[-1].seq if records else self._after
                sampled = samples[-1].at if samples else sampled
                with self._lock:
                    self._news.append(News(records, reader.live(), samples, supervised))
                self._tell()
            self._stop.wait(LOOK_S)
