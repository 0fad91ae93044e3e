"""What the room remembers of a run for the person: <run>/room.json, or the platform's state folder beside it.

A client's own file, never the journal: safe to delete, and several rooms may share it. Each change reads the file
anew under a lock of the run's folder and replaces it whole. A read-only room remembers until it is closed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import platformdirs

FILE = "room.json"


class Memory:
    """A JSON object per run, by key: "seen", "announced", "bookmarks", ..."""

    def __init__(self, run: Path, *, readonly: bool = False) -> None:
        self._readonly = readonly
        self._folder = run if os.access(run, os.W_OK) else _state_folder(run)
        self._held: dict[str, Any] = self._read()

    def __repr__(self) -> str:
        return f"Memory({str(self._folder / FILE)!r}, {'read-only, ' if self._readonly else ''}{sorted(self._held)})"

    def get(self, key: str) -> Any:
        """What is remembered under a key, as JSON has it; None when nothing is."""
        return self._held.get(key)

    def put(self, key: str, value: object) -> None:
        """Remember a value; one that cannot be written is remembered until the room is closed."""
        self._change(lambda held: held.__setitem__(key, value))

    def claim(self, key: str, names: list[str], keep: int = 512) -> list[str]:
        """Those of `names` that no room has claimed under this key yet: they are this one's from now on."""
        mine: list[str] = []

        def add(held: dict[str, Any]) -> None:
            known = held.get(key)
            claimed = [str(name) for name in known] if isinstance(known, list) else []
            mine[:] = [name for name in dict.fromkeys(names) if name not in claimed]
            held[key] = [*claimed, *mine][-keep:]

        self._change(add)
        return mine

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the newest content, and write it."""
        if not self._readonly:
            try:
                with _locked(self._folder):
                    self._held = self._read() or self._held
                    change(self._held)
                    self._write()
                return
            except OSError:  # a full disk, or a folder that went away: remembered here, not there
                self._readonly = True
        change(self._held)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads((self._folder / FILE).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self) -> None:
        handle, draft = tempfile.mkstemp(prefix=".room-", dir=self._folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._held, file)
            os.replace(draft, self._folder / FILE)
        except BaseException:
            os.unlink(draft)
            raise


def _state_folder(run: Path) -> Path:
    """For a run that is somebody else's: a folder of the person's own, named by the run's place."""
    name = f"{run.name}-{blake2b(str(run.absolute()).encode(), digest_size=6).hexdigest()}"
    return platformdirs.user_state_path("aarctl") / "rooms" / name


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
