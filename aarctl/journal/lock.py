"""One supervisor per run: an flock held for as long as it lives, released by the kernel however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from .errors import RunIsHeld

PATIENCE_S = 0.25  # for a supervisor that is just leaving
ASKED_S = 30.0  # for whoever only asks, and was stopped in the middle of it


class RunLock:
    """Holds `<run>/supervisor.lock`. Raises RunIsHeld when another process does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._take()
        except BaseException:
            self.release()
            raise

    def _take(self) -> None:
        began = time.monotonic()
        while True:
            try:
                return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited = time.monotonic() - began
                if waited >= (ASKED_S if self._only_asked_about() else PATIENCE_S):
                    break
                time.sleep(0.01)
        name = self._path.parent.name
        raise RunIsHeld(
            f"run {name} has a supervisor already; `aarctl attach {name}` shows it, `aarctl stop {name}` ends it"
        )

    def _only_asked_about(self) -> bool:
        """Whether nobody holds it but those who ask is_held(), which takes it for microseconds of their time."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return True

    def __repr__(self) -> str:
        return f"RunLock({str(self._path)!r}, {'released' if self._file < 0 else 'held'})"

    def release(self) -> None:
        """Let the next supervisor in. A second release does nothing."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def is_held(path: Path) -> bool:
    """Whether a supervisor lives. Asks the kernel; changes nothing and works on a read-only folder."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
