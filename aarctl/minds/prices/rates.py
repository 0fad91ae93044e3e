"""What a token costs: rates, their tiers by prompt length, and the tokens that they are applied to.

A rate is a whole number of pico-dollars per token, which is a price of at most six decimals in US dollars per million
tokens: $0.125 per million is 125,000. So every cost is an exact integer, and no float is ever summed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from ...recipe import Price

PICO_PER_USD_A_MILLION = 10**6
PICO_PER_NANO = 1000
ALWAYS = date.min
"""Since when a price holds that has no date."""


class Tokens(msgspec.Struct, frozen=True):
    """The tokens of one answer, each counted once: they add up."""

    input: int = 0
    """Of the prompt, neither read from the cache nor written to it."""
    output: int = 0
    """Thinking included."""
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0

    @property
    def prompt(self) -> int:
        """All that was sent, whatever way it took: the number that tiers go by."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


class Rates(msgspec.Struct, frozen=True):
    """Pico-dollars per token."""

    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int

    @property
    def dearest_prompt(self) -> int:
        """What a token of the prompt costs at most."""
        return max(self.input, self.cache_read, self.cache_write_5m, self.cache_write_1h)


class Tier(msgspec.Struct, frozen=True):
    """The rates of a call whose prompt is longer than `above` tokens; they hold for all its tokens."""

    above: int
    rates: Rates


class Tariff(msgspec.Struct, frozen=True):
    """What one model costs from a day on."""

    model: str
    since: date
    """UTC; ALWAYS without a date."""
    tiers: tuple[Tier, ...]
    """By rising `above`, the first above 0: that is, for every prompt that the others do not take."""
    place: str
    """Where it is written, for people."""

    def rates(self, prompt_tokens: int) -> Rates:
        """The rates of a call with a prompt of this length."""
        return next(tier.rates for tier in reversed(self.tiers) if prompt_tokens > tier.above or not tier.above)


def rates_of(row: Price) -> Rates:
    """A row's rates. A cache rate that is left out is never a discount: writes at the vendor's usual 1.25 and 2 times
    the input, reads at the input's own price.
    """
    assert row.input is not None and row.output is not None
    plain = _pico(row.input)
    return Rates(
        input=plain,
        output=_pico(row.output),
        cache_read=plain if row.cache_read is None else _pico(row.cache_read),
        cache_write_5m=-(-plain * 5 // 4) if row.cache_write_5m is None else _pico(row.cache_write_5m),
        cache_write_1h=plain * 2 if row.cache_write_1h is None else _pico(row.cache_write_1h),
    )


def _pico(usd_a_million: float) -> int:
    """Exact: a float's shortest decimal is what a person wrote."""
    return int(Decimal(str(usd_a_million)) * PICO_PER_USD_A_MILLION)
