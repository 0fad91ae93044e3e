"""What a call costs, and the most that it can cost before it is made: integer nano-dollars, pure.

Each call is charged in whole nano-dollars, rounded up once; with prices of at most three decimals, as the vendor's are,
nothing is rounded at all. A call whose prompt and answer keep to the bounds it was reserved for never costs more than
was reserved, whatever the cache does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import BadUsage
from .rates import PICO_PER_NANO, Tariff, Tokens

OVERHEAD_TOKENS = 2_048
"""What a service may add to a prompt by itself: its own words about tools, and the marks between messages."""

TOKENS_MAX = 10**9
"""More than any answer has: a greater count is a mistake of the service."""

CHARGED = "the call is charged at its worst case"


def cost_nusd(tariff: Tariff, tokens: Tokens) -> int:
    """What this answer costs, in nano-dollars."""
    rates = tariff.rates(tokens.prompt)
    pico = (
        tokens.input * rates.input
        + tokens.output * rates.output
        + tokens.cache_read * rates.cache_read
        + tokens.cache_write_5m * rates.cache_write_5m
        + tokens.cache_write_1h * rates.cache_write_1h
    )
    return -(-pico // PICO_PER_NANO)


def worst_case_nusd(tariff: Tariff, prompt_tokens: int, max_tokens: int) -> int:
    """The most that a call can cost whose prompt has at most `prompt_tokens` and whose answer at most `max_tokens`:
    every prompt token on its dearest path through the cache, in the dearest tier within reach.
    """
    reachable = [tier.rates for tier in tariff.tiers if prompt_tokens > tier.above or not tier.above]
    pico = max(prompt_tokens * rates.dearest_prompt + max_tokens * rates.output for rates in reachable)
    return -(-pico // PICO_PER_NANO)


def prompt_at_most(new_bytes: int, known_tokens: int = 0) -> int:
    """A bound on the tokens of a prompt before it is sent.

    `known_tokens`: prompt and answer of the call before, as the service counted them, when its history is all sent
    again. `new_bytes`: the UTF-8 bytes of what has been added since, or of the whole request. A token has at least one
    byte of text, and JSON only adds to that.
    """
    return known_tokens + new_bytes + OVERHEAD_TOKENS


def reported(usage: Mapping[str, Any]) -> Tokens:
    """The tokens of a usage report of the Messages API, as a mapping.

    Cache writes that it does not split by lifetime count as one-hour ones, the dearer. Raises BadUsage.
    """
    written = _count(usage, "cache_creation_input_tokens")
    split = usage.get("cache_creation") or {}
    if not isinstance(split, Mapping):
        raise BadUsage(f"usage.cache_creation = {ascii(split)[:60]}, not a table; {CHARGED}")
    short, long = _count(split, "ephemeral_5m_input_tokens"), _count(split, "ephemeral_1h_input_tokens")
    return Tokens(
        input=_count(usage, "input_tokens", needed=True),
        output=_count(usage, "output_tokens", needed=True),
        cache_read=_count(usage, "cache_read_input_tokens"),
        cache_write_5m=short,
        cache_write_1h=long + max(0, written - short - long),
    )


def _count(table: Mapping[str, Any], key: str, *, needed: bool = False) -> int:
    value = table.get(key)
    if value is None and not needed:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= TOKENS_MAX:
        raise BadUsage(f"usage.{key} = {ascii(value)[:60]}, not a count; {CHARGED}")
    return value
