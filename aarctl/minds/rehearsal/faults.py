"""What can go wrong with one call, on demand: for tests. A rehearsal that people watch has no faults."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Status:
    """An error instead of an answer; nothing is billed."""

    status: int
    kind: str
    message: str = "said by the rehearsal"
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """As the service writes it."""
        details = {"details": {"error_code": self.code}} if self.code else {}
        error = {"type": self.kind, "message": self.message, **details}
        return {"type": "error", "error": error, "request_id": "req_1"}


@dataclass(frozen=True)
class Vanish:
    """The connection ends before anything is answered; the work is done and billed all the same."""


@dataclass(frozen=True)
class Cut:
    """The connection ends in the middle, after some events; billed. `politely`: as if the answer were over."""

    after: int = 4
    politely: bool = False


@dataclass(frozen=True)
class Stall:
    """After some events nothing more comes, until the client leaves; billed."""

    after: int = 4


@dataclass(frozen=True)
class Drip:
    """The answer comes a few bytes at a time, whole in the end unless it is to last `forever`."""

    size: int = 3
    forever: bool = False


@dataclass(frozen=True)
class Garble:
    """One event is no JSON, or JSON that makes no sense where it stands; billed."""

    at: int = 4
    name: str = "content_block_delta"
    data: str = '{"type": "content_block_delta", "index": 0, "del'


@dataclass(frozen=True)
class Break:
    """The service itself breaks the stream off with an error event; billed."""

    after: int = 4
    kind: str = "overloaded_error"
    message: str = "Overloaded"
    code: str = ""


Fault = Status | Vanish | Cut | Stall | Drip | Garble | Break

OVERLOADED = Status(529, "overloaded_error", "Overloaded")
BROKEN = Status(500, "api_error", "Internal server error")
SPENT = Status(429, "rate_limit_error", "You have reached your spend limit.", "enforced_spend_limit_reached")
NO_CREDIT = Status(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API.")
TOO_LONG = Status(400, "invalid_request_error", "prompt is too long: 1000001 tokens > 1000000 maximum")


def limited(seconds: float | None = 7) -> Status:
    """Too many requests; come back in `seconds`."""
    headers = {} if seconds is None else {"retry-after": f"{seconds:g}"}
    return Status(429, "rate_limit_error", "This request would exceed your rate limit.", headers=headers)


PASSING: tuple[Fault, ...] = (
    limited(1), OVERLOADED, BROKEN, Vanish(), Cut(), Cut(after=2, politely=True), Garble(), Break(), Drip(),
)  # fmt: skip
"""Faults that an attempt or two get over."""

FaultOf = Callable[[int], Fault | None]
"""The fault of call n, from 1."""


def in_order(*faults: Fault | None) -> FaultOf:
    """The first calls have these, the others none."""
    return lambda number: faults[number - 1] if number <= len(faults) else None


def at_random(share: float, seed: int = 0, kinds: tuple[Fault, ...] = PASSING) -> FaultOf:
    """This share of all calls has a fault, drawn by the call's number."""

    def draw(number: int) -> Fault | None:
        chance = random.Random(f"{seed}/{number}")
        return chance.choice(kinds) if chance.random() < share else None

    return draw
