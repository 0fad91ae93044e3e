"""The server's rate limits: requests and tokens a minute, enforced, and told in headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .faults import Status

DAWN = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Allowance:
    """So many a minute, saved up to one minute's worth."""

    limit: float
    left: float
    at: float


@dataclass
class Limits:
    """A minute's requests, uncached input tokens and output tokens; `now` is the service's clock."""

    now: Callable[[], float]
    requests: float = 1_000
    input_tokens: float = 1_000_000
    output_tokens: float = 1_000_000
    refusals: int = 0
    _allowed: dict[str, Allowance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, limit in (
            ("requests", self.requests), ("input-tokens", self.input_tokens), ("output-tokens", self.output_tokens),
        ):  # fmt: skip
            self._allowed[name] = Allowance(limit, limit, self.now())

    def refusal(self) -> Status | None:
        """Count one request, or say when to come back."""
        self._refill()
        wait = max((1 - one.left) * 60 / one.limit for one in self._allowed.values())
        if wait > 0:
            self.refusals += 1
            headers = {"retry-after": str(int(wait) + 1)}
            return Status(429, "rate_limit_error", "This request would exceed your rate limit.", headers=headers)
        self._allowed["requests"].left -= 1
        return None

    def count(self, input_tokens: int, output_tokens: int) -> None:
        """An answer's tokens."""
        self._allowed["input-tokens"].left -= input_tokens
        self._allowed["output-tokens"].left -= output_tokens

    def headers(self) -> list[tuple[str, str]]:
        """As every response has them."""
        self._refill()
        told = []
        for name, one in self._allowed.items():
            full = DAWN + timedelta(seconds=one.at + (one.limit - one.left) * 60 / one.limit)
            told += [
                (f"anthropic-ratelimit-{name}-limit", f"{one.limit:.0f}"),
                (f"anthropic-ratelimit-{name}-remaining", f"{max(one.left, 0):.0f}"),
                (f"anthropic-ratelimit-{name}-reset", full.isoformat()),
            ]
        return told

    def _refill(self) -> None:
        now = self.now()
        for one in self._allowed.values():
            one.left, one.at = min(one.limit, one.left + (now - one.at) * one.limit / 60), now
