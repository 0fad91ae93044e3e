"""Latches that are closing: between a person's pause and its acknowledgement on disk.

The journal's latches move when the acknowledgement commits. What is queued for the disk after it must not be a model
call, so a closing latch already holds from the moment the acknowledgement is queued (invariant 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

EVERYONE = ""


class Latches:
    """Which researchers a pause or stop is about to hold."""

    def __init__(self) -> None:
        self._closing: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"Latches(closing={sorted(+self._closing)})"

    @contextmanager
    def closing(self, researcher: str) -> Iterator[None]:
        """Hold `researcher`, or EVERYONE, while its acknowledgement is on the way to the disk."""
        self._closing[researcher] += 1
        try:
            yield
        finally:
            self._closing[researcher] -= 1

    def hold(self, researcher: str) -> bool:
        """Whether a closing latch holds this researcher."""
        return self._closing[EVERYONE] > 0 or self._closing[researcher] > 0
