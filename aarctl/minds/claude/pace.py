"""The rate limiter that all researchers of a run share.

Requests, input and output tokens a minute, each a bucket like the service's own. Limits come from the recipe or from
the service's headers; a refusal (429) stops everyone for as long as the service asks and halves the pace, and every
answer brings a little of it back. Turns are served in the order they came, so that no researcher starves.
Invariant: what is granted and given back leaves the buckets as they were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from .bucket import Bucket
from .clock import Clock

SLOWEST = 1 / 16
RECOVERY = 1 / 32
LOOK_AGAIN_S = 1.0
"""A waiter looks again this often: somebody's tokens may have been given back, or limits learned."""

HEADER = "anthropic-ratelimit"
USUAL_OUTPUT = 500


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a person allows a minute; None leaves it to the service."""

    requests: float | None = None
    input_tokens: float | None = None
    """Tokens that are not read from the cache: those that are do not count against the service's limit."""
    output_tokens: float | None = None


class Grant:
    """Leave to make one call. Settle it with what the call used, or give it back unused; once."""

    def __init__(self, pace: Pace, input_tokens: int, output_tokens: int) -> None:
        self._pace, self._input, self._output = pace, input_tokens, output_tokens
        self._open = True

    def __repr__(self) -> str:
        return f"Grant({self._input} in, {self._output} out, {'open' if self._open else 'settled'})"

    def settle(self, input_tokens: int, output_tokens: int) -> None:
        """The call used this many tokens: what was held too much goes back, what lacked is taken."""
        if self._close():
            self._pace._spend(0, input_tokens - self._input, output_tokens - self._output)

    def give_back(self) -> None:
        """The call was not made."""
        if self._close():
            self._pace._spend(-1, -self._input, -self._output)

    def _close(self) -> bool:
        was, self._open = self._open, False
        return was


class Pace:
    """Lets calls through at the rate that the service allows."""

    def __init__(self, clock: Clock, limits: Limits = Limits()) -> None:
        self._clock = clock
        now = clock.now()
        self._requests = Bucket(limits.requests, now)
        self._input = Bucket(limits.input_tokens, now)
        self._output = Bucket(limits.output_tokens, now)
        self._turnstile = asyncio.Lock()  # its waiters are served first come, first served
        self._rate = 1.0
        self._held_until = now
        self._usual_output = float(USUAL_OUTPUT)

    def __repr__(self) -> str:
        return f"Pace(x{self._rate:.2f}, {self._requests}, in {self._input}, out {self._output})"

    async def enter(self, input_tokens: int) -> Grant:
        """Wait for leave to make a call that reads about this many tokens that are not cached."""
        async with self._turnstile:
            output = round(self._usual_output)
            while (wait := self._wait_s(input_tokens, output)) > 0:
                await self._clock.sleep(min(wait, LOOK_AGAIN_S))
            self._spend(1, input_tokens, output)
            return Grant(self, input_tokens, output)

    def heard(self, headers: Mapping[str, str]) -> None:
        """Learn from the headers of any response."""
        now = self._clock.now()
        for bucket, name in (
            (self._requests, "requests"), (self._input, "input-tokens"), (self._output, "output-tokens"),
        ):  # fmt: skip
            limit, remaining = (_number(headers.get(f"{HEADER}-{name}-{what}")) for what in ("limit", "remaining"))
            bucket.learn(limit, remaining, now, self._rate)

    def refused(self, wait_s: float) -> None:
        """The service asked for fewer requests: everyone waits, and goes on at half the pace."""
        now = self._clock.now()
        if now >= self._held_until:  # nine refusals of one moment are one lesson
            self._settle_levels(now)
            self._rate = max(SLOWEST, self._rate / 2)
        self._held_until = max(self._held_until, now + wait_s)

    def answered(self, output_tokens: int) -> None:
        """A call was served in full."""
        self._settle_levels(self._clock.now())
        self._rate = min(1.0, self._rate + RECOVERY)
        self._usual_output += (output_tokens - self._usual_output) / 8

    def _wait_s(self, input_tokens: int, output_tokens: int) -> float:
        now = self._clock.now()
        return max(
            self._held_until - now,
            self._requests.wait_s(1, now, self._rate),
            self._input.wait_s(input_tokens, now, self._rate),
            self._output.wait_s(output_tokens, now, self._rate),
        )

    def _spend(self, requests: int, input_tokens: int, output_tokens: int) -> None:
        now = self._clock.now()
        self._requests.spend(requests, now, self._rate)
        self._input.spend(input_tokens, now, self._rate)
        self._output.spend(output_tokens, now, self._rate)

    def _settle_levels(self, now: float) -> None:
        """Credit the time so far at the old pace, before the pace changes."""
        for bucket in (self._requests, self._input, self._output):
            bucket.level(now, self._rate)


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None
