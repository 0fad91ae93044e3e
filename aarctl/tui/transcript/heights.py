"""How many visual lines each chunk of a transcript takes: guessed first, exact once it was read.

Prefix sums turn a scroll position into a chunk and back. They are made anew after a change; for the 3,907
chunks of a million events that is a tenth of a millisecond, so no cleverer structure is needed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate


class Heights:
    """Lines per chunk at one width."""

    def __init__(self, guesses: list[int]) -> None:
        self._lines = array("q", guesses)
        self._exact = bytearray(len(guesses))
        self._sums: list[int] | None = None

    def __repr__(self) -> str:
        return f"Heights({len(self._lines)} chunks, {sum(self._exact)} exact, {self.total} lines)"

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, chunk: int) -> int:
        return self._lines[chunk]

    def is_exact(self, chunk: int) -> bool:
        """Whether the chunk was measured at this width."""
        return bool(self._exact[chunk])

    def set_exact(self, chunk: int, lines: int) -> None:
        """Replace the guess by what was measured."""
        self._exact[chunk] = 1
        if self._lines[chunk] != lines:
            self._lines[chunk] = lines
            self._sums = None

    def add(self, chunk: int, lines: int, *, exact: bool) -> None:
        """`chunk` has grown by `lines`; chunks up to it that did not exist are empty."""
        while len(self._lines) <= chunk:
            self._lines.append(0)
            self._exact.append(1)
            self._sums = None
        self._exact[chunk] &= exact
        if lines:
            self._lines[chunk] += lines
            self._sums = None

    def before(self, chunk: int) -> int:
        """Lines of all chunks before `chunk`."""
        return self._prefix()[min(chunk, len(self._lines))]

    @property
    def total(self) -> int:
        """Lines of all chunks."""
        return self._prefix()[-1]

    def chunk_at(self, line: int) -> int:
        """The chunk that holds the visual line; the last one beyond the end."""
        return min(max(bisect_right(self._prefix(), line) - 1, 0), max(len(self._lines) - 1, 0))

    def _prefix(self) -> list[int]:
        if self._sums is None:
            self._sums = [0, *accumulate(self._lines)]
        return self._sums
