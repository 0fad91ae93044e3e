"""A clock for tests: a wait costs nothing, and time jumps to the next moment that somebody waits for.

Time moves only when nobody has anything else to do for a few rounds of the loop, so that many waiters wake in order.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools

IDLE_ROUNDS = 12


class JumpingClock:
    """The `Clock` of the claude mind, and of the fake service's cache and limits."""

    def __init__(self) -> None:
        self._now = 1_000.0
        self._waiting: list[tuple[float, int, asyncio.Event]] = []
        self._order = itertools.count()
        self._jumper: asyncio.Task[None] | None = None
        self.slept: list[float] = []
        """Every wait that was asked for, in order."""

    def now(self) -> float:
        """Seconds."""
        return self._now

    def go(self, seconds: float) -> None:
        """Let time pass, whoever waits."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Return when time has come that far."""
        self.slept.append(seconds)
        woken = asyncio.Event()
        heapq.heappush(self._waiting, (self._now + max(seconds, 0.0), next(self._order), woken))
        if self._jumper is None or self._jumper.done():
            self._jumper = asyncio.create_task(self._jump())
        await woken.wait()

    async def _jump(self) -> None:
        while self._waiting:
            for _ in range(IDLE_ROUNDS):
                await asyncio.sleep(0)
            due, _, woken = heapq.heappop(self._waiting)
            self._now = max(self._now, due)
            woken.set()
