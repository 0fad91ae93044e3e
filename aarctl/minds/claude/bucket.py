"""One allowance a minute: it fills steadily, holds one minute's worth, and may be overdrawn. Pure arithmetic."""

from __future__ import annotations

MINUTE = 60.0
ROUNDING = 1e-6
"""Less than this is not waited for: the clock might be too coarse to ever see it pass."""


class Bucket:
    """`limit` units a minute; None is no limit. Time is given, never read."""

    def __init__(self, limit: float | None, now: float) -> None:
        self._cap = limit
        """What a person allows; the service may allow less."""
        self.limit = limit
        self._level = limit or 0.0
        self._at = now

    def __repr__(self) -> str:
        return "Bucket(no limit)" if self.limit is None else f"Bucket({self._level:.0f} of {self.limit:.0f} a minute)"

    def level(self, now: float, pace: float = 1.0) -> float:
        """What may be spent at `now`; negative while overdrawn."""
        if self.limit is None:
            return float("inf")
        if now > self._at:
            self._level = min(self.limit, self._level + (now - self._at) * self.limit / MINUTE * pace)
            self._at = now
        return self._level

    def wait_s(self, units: float, now: float, pace: float = 1.0) -> float:
        """Seconds until `units` may be spent. More than a minute's worth waits for a full bucket."""
        if self.limit is None or self.limit <= 0:
            return 0.0 if self.limit is None else MINUTE
        lacking = min(units, self.limit) - self.level(now, pace)
        return lacking * MINUTE / (self.limit * pace) if lacking > ROUNDING else 0.0

    def spend(self, units: float, now: float, pace: float = 1.0) -> None:
        """Take `units`, or give some back when negative."""
        if self.limit is not None:
            self._level = min(self.limit, self.level(now, pace) - units)

    def learn(self, limit: float | None, remaining: float | None, now: float, pace: float = 1.0) -> None:
        """What the service said of itself. Others may spend from the same account, so the lower count is right."""
        if limit is not None and limit > 0:
            before = self.level(now, pace) if self.limit is not None else limit
            self.limit = min(limit, self._cap) if self._cap is not None else limit
            self._level, self._at = min(before, self.limit), now
        if remaining is not None and self.limit is not None:
            self._level = min(self.level(now, pace), remaining)
