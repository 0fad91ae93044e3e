"""Latches on this side of the disk: those that are closing, and the work that a freeze breaks off.

The journal's latches move when the acknowledgement commits. What is queued for the disk after it must not be a model
call, so a closing latch already holds from the moment the acknowledgement is queued (invariant 2). Work that is broken
off has ended, and has recorded what it cost, before anyone hears of it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from ..minds.protocol import Held

T = TypeVar("T")

EVERYONE = ""

Work = Literal["think", "act"]
"""think: broken off by a freeze. act: only where a person ends what is frozen; otherwise it waits for the thaw."""


class Latches:
    """Which researchers a command is about to hold, and what of theirs can be broken off."""

    def __init__(self) -> None:
        self._closing: Counter[str] = Counter()
        self._open: dict[tuple[str, Work], asyncio.Future[Any]] = {}

    def __repr__(self) -> str:
        return f"Latches(closing={sorted(+self._closing)}, open={sorted(self._open)})"

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

    async def breakable(self, researcher: str, kind: Work, work: Coroutine[Any, Any, T]) -> T:
        """What `work` brings. Raises Held when it was broken off; it has ended by then."""
        task = asyncio.ensure_future(work)
        self._open[researcher, kind] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        finally:
            self._open.pop((researcher, kind), None)
        if task.cancelled():
            raise Held
        return task.result()

    def break_off(self, researcher: str, kind: Work) -> None:
        """Break off what is under way, once; nothing may be."""
        task = self._open.pop((researcher, kind), None)
        if task is not None:
            task.cancel()
