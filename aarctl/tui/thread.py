"""A thread that reads the journal beside the screen's own, which is never to wait for a disk.

Ownership: the thread owns its reader and nothing else. What it finds passes to the screen's thread as immutable values,
which that one takes when it was told.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from aarctl.journal.errors import JournalError
from aarctl.journal.reader import JournalReader

PATIENCE_S = 5.0


class JournalThread:
    """Reads the run in folder `run`; calls `tell`, from the thread, when there is something to take and at its end."""

    def __init__(self, run: Path, tell: Callable[[], object], name: str) -> None:
        self._run, self._tell = run, tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self.error = ""
        """Why it ended by itself, as a sentence."""

    def start(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End soon; nothing is told any more."""
        self._stop.set()

    def join(self) -> None:
        """Wait until a thread that was stopped has ended."""
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)

    def look(self, reader: JournalReader) -> None:
        """What the thread does, until it is done or `_stop` is set."""
        raise NotImplementedError

    def _main(self) -> None:
        try:
            with JournalReader(self._run) as reader:
                self.look(reader)
        except (JournalError, sqlite3.Error) as error:
            self.error = str(error)
        if not self._stop.is_set():
            self._tell()
