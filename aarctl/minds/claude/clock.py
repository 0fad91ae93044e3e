"""Time as the claude mind sees it: a clock to read and a way to wait, so that tests need not wait."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since some moment that never changes."""

    def now(self) -> float:
        """The time; never decreases."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return `seconds` later."""
        ...


class WallClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since the machine started, or so."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Leave the loop to others for `seconds`."""
        await asyncio.sleep(seconds)
