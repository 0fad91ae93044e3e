"""The tail of a live journal: a thread that reads what was committed and hands it over.

Ownership: the thread owns its reader and nothing else. It makes immutable `News`; the UI thread takes them
and is the only one that folds them into the state. It looks at `PRAGMA data_version` 20 times a second,
which costs microseconds while nothing happens, and tells the UI at most 10 times a second, however much is
written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from aarctl.journal.errors import JournalError
from aarctl.journal.reader import JournalReader, Record, Sample

LOOK_S = 0.05  # between looks at data_version
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


class Tail:
    """Follows the run in folder `run` after seq `after`; calls `tell` from its thread when there is news."""

    def __init__(self, run: Path, after: int, tell: Callable[[], object]) -> None:
        self._run, self._after, self._tell = run, after, tell
        self._lock = threading.Lock()
        self._news: list[News] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="journal tail", daemon=True)
        self.error = ""
        """Why the tail ended by itself, as a sentence."""

    def __repr__(self) -> str:
        return f"Tail({self._run.name!r}, after={self._after}, {'on' if self._thread.is_alive() else 'off'})"

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def take(self) -> list[News]:
        """All news that were not taken yet, oldest first."""
        with self._lock:
            news, self._news = self._news, []
        return news

    def _follow(self) -> None:
        try:
            with JournalReader(self._run) as reader:
                self._look(reader)
        except JournalError as error:
            self.error = str(error)
            self._tell()

    def _look(self, reader: JournalReader) -> None:
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
                supervised, told = bool(alive), now
                self._after = records[-1].seq if records else self._after
                sampled = samples[-1].at if samples else sampled
                with self._lock:
                    self._news.append(News(records, reader.live(), samples, supervised))
                self._tell()
            self._stop.wait(LOOK_S)
