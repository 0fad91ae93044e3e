"""How much of the disk a workspace holds, against an owner who hides it: what cannot be looked into is said to be so.

Blocks are counted, not sizes, so a sparse file costs what it takes; a file with several names is counted once.
"""

from __future__ import annotations

import os
import stat

MAX_DEPTH = 128  # each level holds a file open
MAX_ENTRIES = 5_000_000
MAX_NAMED = 5
BLOCK_BYTES = 512  # of st_blocks, by POSIX
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Walk:
    """The sum so far."""

    def __init__(self) -> None:
        self.bytes = self.entries = 0
        self.closed: list[str] = []
        self._seen: set[tuple[int, int]] = set()

    def folder(self, fd: int, path: str, depth: int) -> None:
        """Add all that is below an open folder."""
        for name in os.listdir(fd):
            if self.entries >= MAX_ENTRIES:
                self.closed.append(f"more than {MAX_ENTRIES} files")
                return
            self.entries += 1
            try:
                self._entry(fd, name, f"{path}/{name}", depth)
            except FileNotFoundError:
                continue  # just deleted
            except OSError as error:
                self.closed.append(f"{path}/{name}: {error.strerror}")

    def _entry(self, fd: int, name: str, path: str, depth: int) -> None:
        seen = os.stat(name, dir_fd=fd, follow_symlinks=False)
        folder = stat.S_ISDIR(seen.st_mode)
        if folder or (seen.st_dev, seen.st_ino) not in self._seen:
            self.bytes += seen.st_blocks * BLOCK_BYTES
        if not folder:
            if seen.st_nlink > 1:
                self._seen.add((seen.st_dev, seen.st_ino))
        elif depth >= MAX_DEPTH:
            self.closed.append(f"{path[:200]}: deeper than {MAX_DEPTH} folders")
        else:
            below = os.open(name, _DIRECTORY, dir_fd=fd)
            try:
                self.folder(below, path, depth + 1)
            finally:
                os.close(below)


def measure(root: str) -> dict[str, object]:
    """Bytes on disk below `root`, and the first few places that cannot be looked into."""
    walk = Walk()
    base = os.open(root, _DIRECTORY)
    try:
        walk.folder(base, "", 0)
    finally:
        os.close(base)
    named = [place.encode(errors="replace").decode() for place in walk.closed[:MAX_NAMED]]
    return {"bytes": walk.bytes, "closed": named}
