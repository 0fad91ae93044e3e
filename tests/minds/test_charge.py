"""What a call costs, what it can cost at most, and what a service's report says."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.minds.prices import (
    ALWAYS,
    BadUsage,
    PriceList,
    Rates,
    Tariff,
    Tier,
    Tokens,
    cost_nusd,
    prompt_at_most,
    reported,
    worst_case_nusd,
)

LISTED = tomllib.loads(resources.files("aarctl.minds.prices").joinpath("list.toml").read_text(), parse_float=Decimal)
MODELS = sorted({row["model"] for row in LISTED["prices"]})
PRICES = PriceList.open(Path("no such home"))

counts = st.integers(0, 2_000_000)
tokens = st.builds(Tokens, counts, counts, counts, counts, counts)
rates = st.builds(Rates, *[st.integers(0, 10**9)] * 5)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Any tariff of up to three tiers, whose rates need not rise with the prompt."""
    above = sorted({0, *draw(st.lists(st.integers(1, 3_000_000), max_size=2))})
    return Tariff("m", ALWAYS, tuple(Tier(each, draw(rates)) for each in above), "here")


def dollars(model: str, on: date, used: Tokens) -> Fraction:
    """An independent account: straight from the list's rows, in exact fractions of a dollar."""
    rows = [row for row in LISTED["prices"] if row["model"] == model]
    begun = [row for row in rows if row.get("since", ALWAYS) <= on] or rows
    newest = max(row.get("since", ALWAYS) for row in begun)
    prompt = used.input + used.cache_read + used.cache_write_5m + used.cache_write_1h
    fits = [row for row in begun if row.get("since", ALWAYS) == newest and prompt >= row.get("above", -1) + 1]
    row = max(fits, key=lambda each: each.get("above", 0))
    fields = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    return sum((getattr(used, key) * Fraction(row[key]) / 1_000_000 for key in fields), Fraction(0))


@given(st.sampled_from(MODELS), st.dates(date(2026, 10, 7), date(2027, 1, 1)), tokens)
def test_a_listed_price_is_charged_exactly(model: str, on: date, used: Tokens) -> None:
    assert Fraction(cost_nusd(PRICES.tariff(model, on), used), 10**9) == dollars(model, on, used)


@given(tariffs(), tokens)
def test_any_price_is_charged_to_less_than_a_nanodollar_and_never_too_little(tariff: Tariff, used: Tokens) -> None:
    tier = max((each for each in tariff.tiers if used.prompt > each.above or each.above == 0), key=lambda t: t.above)
    fields = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    exact = Fraction(sum(getattr(used, key) * getattr(tier.rates, key) for key in fields), 1000)
    assert exact <= cost_nusd(tariff, used) < exact + 1


@given(tariffs(), tokens, counts, counts)
def test_no_call_within_its_bounds_costs_more_than_was_reserved(
    tariff: Tariff, used: Tokens, more: int, out: int
) -> None:
    reserved = worst_case_nusd(tariff, used.prompt + more, used.output + out)
    assert cost_nusd(tariff, used) <= reserved


def test_a_reservation_expects_the_dearest_path_through_the_cache() -> None:
    opus = PRICES.tariff("claude-opus-5-5", date(2026, 11, 21))
    assert worst_case_nusd(opus, 1000, 0) == cost_nusd(opus, Tokens(cache_write_1h=1000)) == 8_000_000
    assert worst_case_nusd(opus, 0, 1000) == cost_nusd(opus, Tokens(output=1000)) == 20_000_000


def test_a_reservation_near_a_tier_expects_to_pass_it() -> None:
    haiku = PRICES.tariff("claude-haiku-5-5", date(2026, 11, 21))
    assert worst_case_nusd(haiku, 100_001, 10) > 4 * worst_case_nusd(haiku, 100_000, 10)


@given(st.text(max_size=400))
def test_the_bound_on_a_prompt_counts_a_token_for_every_byte_and_more(text: str) -> None:
    assert prompt_at_most(len(text.encode()), 7) > len(text) + 7


def test_a_report_of_the_service_is_read_field_by_field() -> None:
    usage = {
        "input_tokens": 3, "output_tokens": 5, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens_details": {"thinking_tokens": 4}, "service_tier": "standard", "server_tool_use": None,
    }  # fmt: skip
    assert reported(usage) == Tokens(input=3, output=5, cache_read=70, cache_write_5m=10, cache_write_1h=20)


@pytest.mark.parametrize("split", [None, {}, {"ephemeral_5m_input_tokens": 4}])
def test_cache_writes_of_unknown_lifetime_count_as_the_dearer_ones(split: dict[str, int] | None) -> None:
    usage = {"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 9, "cache_creation": split}
    found = reported(usage)
    assert (found.cache_write_5m, found.cache_write_1h) == ((4, 5) if split else (0, 9))


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"input_tokens": 1},
        {"input_tokens": -1, "output_tokens": 1},
        {"input_tokens": 1.5, "output_tokens": 1},
        {"input_tokens": True, "output_tokens": 1},
        {"input_tokens": "9\x1b[2J", "output_tokens": 1},
        {"input_tokens": 1, "output_tokens": 1, "cache_creation": [3]},
        {"input_tokens": 1, "output_tokens": 1, "cache_read_input_tokens": "1"},
    ],
)
def test_a_report_that_is_none_is_refused_in_plain_characters(usage: dict[str, Any]) -> None:
    with pytest.raises(BadUsage, match="worst case") as caught:
        reported(usage)
    assert str(caught.value).isprintable()
