"""Unpaused time of one researcher, from readings of a monotonic clock that the caller takes.

Time between `hold` and `go` is not counted; all other time is, once, in the lap that ends next. Nothing is lost to
rounding: laps are whole microseconds, and what is left over belongs to the next one.
"""

from __future__ import annotations


class Stopwatch:
    """Runs from the start. Readings are in nanoseconds, as time.monotonic_ns() gives them."""

    def __init__(self, now_ns: int) -> None:
        self._since: int | None = now_ns
        """Since when it runs; None while it is held."""
        self._kept = 0

    def __repr__(self) -> str:
        return f"Stopwatch({'held' if self._since is None else 'running'})"

    def hold(self, now_ns: int) -> None:
        """Stop; a second time does nothing."""
        if self._since is not None:
            self._kept += now_ns - self._since
            self._since = None

    def go(self, now_ns: int) -> None:
        """Go on; a second time does nothing."""
        if self._since is None:
            self._since = now_ns

    def lap_us(self, now_ns: int) -> int:
        """The unpaused microseconds since the last lap; whether it runs does not change."""
        if self._since is not None:
            self._kept += now_ns - self._since
            self._since = now_ns
        lap, self._kept = divmod(self._kept, 1000)
        return lap
