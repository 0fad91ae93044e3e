"""The output of one command on disk: the first half of the cap as written, the last half as a ring.

Offsets are those of the whole output, so a reader keeps its place whatever was dropped; a read inside the dropped
middle starts at the first byte after it and says so by the offset it returns. Memory use does not grow with output.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

PATIENCE_S = 10.0  # an earlier keeper may still be ending


class Spool:
    """Head and tail of an output stream of any length in `folder`; `total` counts every byte ever written."""

    def __init__(self, folder: str, cap: int, total: int | None = None) -> None:
        self.folder = folder
        self.head_cap = cap - cap // 2
        self.tail_cap = cap // 2
        self._open: dict[str, int] = {}
        if total is None:  # unknown after a crash: what the files surely hold, in order
            total, ring = self._size("head"), self._size("tail")
            total += ring if ring < self.tail_cap else 0
        self.total = total

    def __repr__(self) -> str:
        return f"Spool({self.total} bytes written, {self.dropped} dropped)"

    @property
    def dropped(self) -> int:
        """Bytes of the middle that were not kept."""
        return max(0, self.total - self.head_cap - self.tail_cap)

    def write(self, data: bytes) -> None:
        """Append `data`, overwriting the oldest of the tail when the cap is reached. OSError when the disk is full."""
        at = self.total
        self.total += len(data)  # first: what finds no room was written all the same, and is counted
        kept = data[: max(0, self.head_cap - at)]
        if kept:
            _pwrite(self._fd("head"), kept, at)
        start, rest = at + len(kept), data[len(kept) :]
        if len(rest) > self.tail_cap:
            start, rest = self.total - self.tail_cap, rest[len(rest) - self.tail_cap :]
        while rest:
            at = (start - self.head_cap) % self.tail_cap
            piece = rest[: self.tail_cap - at]
            _pwrite(self._fd("tail"), piece, at)
            start, rest = start + len(piece), rest[len(piece) :]

    def read(self, offset: int, limit: int) -> tuple[int, bytes]:
        """(offset of the first byte, bytes): up to `limit` bytes from `offset`, skipping what was dropped."""
        if offset < min(self.total, self.head_cap):
            return offset, self._piece("head", offset, min(limit, self.head_cap - offset))
        if offset >= self.total:
            return offset, b""
        start = max(offset, self.head_cap, self.total - self.tail_cap)
        want = min(limit, self.total - start)
        if want <= 0:
            return start, b""
        at = (start - self.head_cap) % self.tail_cap
        data = self._piece("tail", at, min(want, self.tail_cap - at))
        return start, data + (self._piece("tail", 0, want - len(data)) if len(data) < want else b"")

    def close(self) -> None:
        """Release the files; they stay on disk and can still be read."""
        for fd in self._open.values():
            os.close(fd)
        self._open.clear()

    def _fd(self, name: str) -> int:
        if name not in self._open:
            self._open[name] = os.open(f"{self.folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._open[name]

    def _size(self, name: str) -> int:
        try:
            return os.stat(f"{self.folder}/{name}").st_size
        except FileNotFoundError:
            return 0

    def _piece(self, name: str, at: int, size: int) -> bytes:
        # Opened for each read: thousands of ended commands must not hold files open.
        try:
            with open(f"{self.folder}/{name}", "rb", buffering=0) as file:
                return os.pread(file.fileno(), size, at)
        except FileNotFoundError:  # the disk was too full to begin it
            return b""


def _pwrite(file: int, data: bytes, at: int) -> None:
    if os.pwrite(file, data, at) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def claim(spool: str) -> None:
    """Hold the spool's lock for life: two keepers on one spool could run an exec id twice."""
    fd = os.open(f"{spool}/.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise SystemExit(
                    f"keeper: spool {spool} is in use; remove the other sandbox, or prune the run"
                ) from None
            time.sleep(0.02)
