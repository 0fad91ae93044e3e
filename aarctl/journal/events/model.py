"""Calls to a mind: one request, one outcome, whatever happens in between.

A mind that is no language model (`search`) is asked and answers through the same events; its calls
cost nothing and its `model` says what it is.
"""

from __future__ import annotations

from .base import Event, Text


class ModelRequested(Event, frozen=True, kw_only=True, tag="model.requested"):
    """The intent to ask; for a paid model it is durable before the request leaves."""

    call: str
    turn: int
    model: str
    attempt: int = 1
    reserved_nusd: int = 0
    """Worst-case cost in nano-dollars, held until the call settles."""
    reserved_tokens: int = 0
    """The most tokens it can use, prompt and answer, held like its cost."""


class ModelCompleted(Event, frozen=True, kw_only=True, tag="model.completed"):
    """The answer, as it came."""

    call: str
    turn: int
    content: Text
    """JSON list of content blocks, byte-identical to what is sent back on the next turn."""
    stop: str
    """tool_use | end_turn | max_tokens | refusal"""
    said: str = ""
    """The last line of its text, for lists: untrusted, at most 200 characters."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    """Of cache_write_tokens, those that are kept for an hour; the others are kept for five minutes."""
    cost_nusd: int = 0
    seconds: float = 0.0


class ModelFailed(Event, frozen=True, kw_only=True, tag="model.failed"):
    """An attempt that certainly cost nothing; another may follow."""

    call: str
    error: str
    retry_in_s: float | None = None


class ModelCancelled(Event, frozen=True, kw_only=True, tag="model.cancelled"):
    """We stopped listening: charged by what was received plus a bound."""

    call: str
    why: str
    cost_nusd: int = 0
    tokens: int = 0
    """What it used: as far as is known, plus a bound."""


class ModelUnknownOutcome(Event, frozen=True, kw_only=True, tag="model.unknown_outcome"):
    """The request may have been served and its answer is lost: charged at its worst case."""

    call: str
    cost_nusd: int = 0
    tokens: int = 0
    """The most that it can have used."""


class RateLimited(Event, frozen=True, kw_only=True, tag="rate_limited"):
    """The service asked us to wait."""

    call: str
    wait_s: float
