"""Which price holds: by source, by day, by name; and what a person reads when none does."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest

from aarctl.minds.prices import ALWAYS, BadPrice, PriceList, UnknownPrice
from aarctl.recipe import Recipe, RecipeError, loads

TODAY = date(2026, 11, 21)
OWN = '[[prices]]\nmodel = "mine"\ninput = 1.5\noutput = 3\n'


def recipe(text: str = "") -> Recipe:
    return loads(f"[[researchers]]\n{text}", source="a.toml")


def opened(home: Path, prices: str = "", given: str = "") -> PriceList:
    """The prices of a home with this prices.toml and a recipe with these tables."""
    if prices:
        (home / "prices.toml").write_text(prices)
    return PriceList.open(home, recipe(given))


def listed() -> dict[str, object]:
    return tomllib.loads(resources.files("aarctl.minds.prices").joinpath("list.toml").read_text(), parse_float=Decimal)


@pytest.mark.parametrize(
    ("model", "rates"),
    [
        ("claude-opus-5-5", (4, 20, 0.20, 5, 8)),
        ("claude-opus-5", (5, 25, 0.50, 6.25, 10)),
        ("claude-sonnet-5-5", (2, 10, 0.10, 2.50, 4)),
        ("claude-fable-5-1", (10, 50, 0.25, 12.50, 20)),
        ("claude-haiku-5-5", (0.10, 0.50, 0.01, 0.125, 0.20)),
    ],
)
def test_the_list_has_the_vendors_prices(tmp_path: Path, model: str, rates: tuple[float, ...]) -> None:
    found = opened(tmp_path).tariff(model, TODAY).rates(1)
    each = (found.input, found.output, found.cache_read, found.cache_write_5m, found.cache_write_1h)
    assert tuple(rate / 1e6 for rate in each) == rates


def test_every_price_of_the_list_says_all_five_rates_and_the_list_says_when_it_was_checked(tmp_path: Path) -> None:
    rows = listed()["prices"]
    assert isinstance(rows, list)
    for row in rows:
        assert {"model", "input", "output", "cache_read", "cache_write_5m", "cache_write_1h"} <= set(row), row
        assert row["cache_write_5m"] * 4 == row["input"] * 5 and row["cache_write_1h"] == row["input"] * 2, row
    checked = opened(tmp_path).checked
    assert checked is not None and checked >= max(row.get("since", ALWAYS) for row in rows)


def test_a_longer_prompt_pays_the_longer_prompts_price_from_one_token_more(tmp_path: Path) -> None:
    haiku = opened(tmp_path).tariff("claude-haiku-5-5", TODAY)
    assert haiku.rates(0) == haiku.rates(100_000)
    assert haiku.rates(100_001).input == 5 * haiku.rates(100_000).input


def test_a_price_holds_from_its_day_on_and_the_first_one_before_it_too(tmp_path: Path) -> None:
    prices = opened(tmp_path)
    reads = [
        prices.tariff("claude-sonnet-5-5", day).rates(1).cache_read
        for day in (date(2026, 1, 1), date(2026, 10, 6), date(2026, 10, 7), date(2030, 1, 1))
    ]
    assert reads == [200_000, 200_000, 100_000, 100_000]


def test_a_snapshot_has_the_price_of_its_model_unless_it_has_its_own(tmp_path: Path) -> None:
    name = "claude-haiku-4-5-20251001"
    assert opened(tmp_path).tariff(name, TODAY).model == "claude-haiku-4-5"
    own = f'[[prices]]\nmodel = "{name}"\ninput = 7\noutput = 7\n'
    assert opened(tmp_path, own).tariff(name, TODAY).model == name


def test_the_recipes_price_stands_before_the_homes_and_the_homes_before_the_lists(tmp_path: Path) -> None:
    def price(of: int) -> str:
        return f'[[prices]]\nmodel = "claude-opus-5-5"\ninput = {of}\noutput = {of}\n'

    assert opened(tmp_path).tariff("claude-opus-5-5", TODAY).rates(1).output == 20_000_000
    assert opened(tmp_path, price(3)).tariff("claude-opus-5-5", TODAY).rates(1).output == 3_000_000
    assert opened(tmp_path, price(3), price(2)).tariff("claude-opus-5-5", TODAY).rates(1).output == 2_000_000


def test_a_given_price_is_not_mixed_with_the_lists_tiers_or_cache_rates(tmp_path: Path) -> None:
    given = '[[prices]]\nmodel = "claude-haiku-5-5"\ninput = 1\noutput = 2\n'
    tariff = opened(tmp_path, given=given).tariff("claude-haiku-5-5", TODAY)
    rates = tariff.rates(500_000)
    assert len(tariff.tiers) == 1
    assert (rates.input, rates.cache_read, rates.cache_write_5m, rates.cache_write_1h) == (
        1_000_000, 1_000_000, 1_250_000, 2_000_000,
    )  # fmt: skip


def test_a_home_may_date_its_prices(tmp_path: Path) -> None:
    prices = opened(tmp_path, OWN + "since = 2026-01-01\n" + OWN.replace("1.5", "9") + "since = 2026-06-01\n")
    assert [prices.tariff("mine", date(2026, month, 2)).rates(1).input for month in (3, 7)] == [1_500_000, 9_000_000]


def test_an_unknown_model_is_refused_with_model_file_and_fix(tmp_path: Path) -> None:
    with pytest.raises(UnknownPrice) as caught:
        opened(tmp_path).tariff("claude-opus-9", TODAY)
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'prices.toml'}: no price for model 'claude-opus-9'; ")
    assert "[[prices]]" in said and "input = " in said and "recipe" in said
    assert "\n" not in said


def test_what_the_message_says_to_write_works(tmp_path: Path) -> None:
    with pytest.raises(UnknownPrice) as caught:
        opened(tmp_path).tariff("mine", TODAY)
    quoted = re.search(r"model = ('[^']+')", str(caught.value))
    assert quoted is not None
    prices = opened(tmp_path, f"[[prices]]\nmodel = {quoted[1]}\ninput = 0\noutput = 0\n")
    assert prices.tariff("mine", TODAY).rates(1).dearest_prompt == 0


@pytest.mark.parametrize(
    "model", ["claude-opus", "claude-opus-5-5-fast", "Claude-Opus-5-5", "", "claude-opus-5-5-2026"]
)
def test_no_price_is_guessed_from_a_similar_name(tmp_path: Path, model: str) -> None:
    with pytest.raises(UnknownPrice):
        opened(tmp_path).tariff(model, TODAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices = 3\n", "it holds [[prices]] tables"),
        ("[[prices]\n", "it holds [[prices]] tables"),
        ("\n" + OWN + 'colour = "red"\n', ":2: "),
        (OWN.replace("1.5", '"1.5"'), ":1: "),
        (OWN.replace("1.5", "-1"), ":1: "),
        (OWN.replace("1.5", "nan"), ":1: "),
        (OWN.replace("1.5", "0.0000001"), ":3: input = 1e-07, more than six decimals; round it up"),
        (OWN.replace("output = 3\n", ""), ":1: output, missing; add it"),
        (OWN + OWN, ':6: model = "mine", priced twice; remove one'),
        (OWN + "above = 9\n", ":5: above = 9, the only price of its model; add a row"),
        (OWN + "since = 2026-01-01\n" + OWN + "above = 9\n", "the only price of its model"),
    ],
)
def test_a_mistake_in_prices_toml_is_named_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadPrice) as caught:
        opened(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "prices.toml"))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[prices]]\ninput = 1\noutput = 1\n", "prices.0.model, missing; add it"),
        (OWN.replace("1.5", "0.12345678"), "prices.0.input = 0.12345678, more than six decimals"),
        (OWN + OWN, "priced twice"),
        (OWN.replace('"mine"', '"a b"'), "use letters, digits"),
        (OWN + "since = 2026-01-01\n", "unknown key"),
    ],
)
def test_a_mistake_in_a_recipes_prices_is_named_with_file_and_line(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(said)) as caught:
        recipe(text)
    assert str(caught.value).startswith("a.toml:")


def test_a_home_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadPrice, match=r"prices\.toml: cannot be read"):
        PriceList.open(tmp_path)


def test_the_example_in_the_documentation_is_a_price_file(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "money.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    prices = opened(tmp_path, example, example)
    assert prices.tariff("qwen3-32b", TODAY).rates(1).output == 0
    assert [tier.above for tier in prices.tariff("claude-opus-5-5", TODAY).tiers] == [0, 200_000]
