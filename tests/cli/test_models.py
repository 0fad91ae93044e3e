"""What `validate` says about language models: what they cost, and what is missing to ask them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from aarctl import recipe
from aarctl.cli import models, recipe_shapes
from aarctl.home import Home

from .conftest import QUICKSTART, Aarctl

NINE = QUICKSTART.parent / "paper-directions.toml"
OWN_PRICE = '[[prices]]\nmodel = "own-model"\ninput = 2\noutput = 8\n'


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-any")


def validated(aarctl: Aarctl, *words: str) -> recipe_shapes.Validation:
    """`aarctl validate ... --json`, held to its documented shape."""
    return msgspec.json.decode(aarctl("validate", str(NINE), *words, "--json").stdout, type=recipe_shapes.Validation)


def test_what_a_full_history_and_a_call_cost_is_said_in_one_line(aarctl: Aarctl) -> None:
    done = aarctl("validate", str(NINE), "--set", "claude.model=claude-opus-5-5")
    assert done.exit_code == 0 and not done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("claude-opus-5-5")]
    assert line == (
        "claude-opus-5-5 (9 researchers): a full history of 200,000 tokens costs $1.60 to send and $0.0400 to send "
        "again; one call can cost $8.64 at most"
    )


def test_the_figures_are_the_price_lists(aarctl: Aarctl) -> None:
    (cost,) = validated(aarctl, "--set", "claude.cache_ttl=5m", "--set", "claude.chapter_tokens=100000").models
    million = Fraction(1, 10**6)
    assert cost.written_usd == float(100_000 * 5 * million) and cost.read_usd == float(100_000 * million / 5)
    assert cost.call_usd == float((1_000_000 * 8 + 32_000 * 20) * million)
    assert cost.researchers == [f"r{n}" for n in range(1, 10)] and cost.place.endswith("list.toml")


def test_an_unknown_price_is_a_mistake_of_the_recipe_with_both_ways_to_mend_it(aarctl: Aarctl, home: Home) -> None:
    done = aarctl("validate", str(NINE), "--set", "claude.model=own-model")
    assert done.exit_code == 1 and done.stderr.count("\n") == 1
    for words in ("claude.model", '"own-model"', "[[prices]]", str(home.root / "prices.toml"), str(NINE)):
        assert words in done.stderr, words
    refused = validated(aarctl, "--set", "claude.model=own-model")
    assert not refused.valid and [each.field for each in refused.problems] == ["claude.model"]


def test_a_price_of_ones_own_is_a_price(aarctl: Aarctl, home: Home) -> None:
    home.root.mkdir(parents=True)
    (home.root / "prices.toml").write_text(OWN_PRICE)
    (cost,) = validated(aarctl, "--set", "claude.model=own-model").models
    assert (cost.model, cost.place) == ("own-model", str(home.root / "prices.toml"))
    assert cost.read_usd == 0.4, "a cache rate left out is no discount"


def test_a_broken_price_file_is_named_with_its_line(aarctl: Aarctl, home: Home) -> None:
    home.root.mkdir(parents=True)
    (home.root / "prices.toml").write_text(OWN_PRICE + "colour = 3\n")
    refused = validated(aarctl)
    assert [each.place for each in refused.problems] == [f"{home.root / 'prices.toml'}:1"]
    assert "colour" in refused.problems[0].why and refused.problems[0].fix
    done = aarctl("validate", str(NINE))
    assert done.exit_code == 1 and "prices.toml:1" in done.stderr and "Traceback" not in done.output


def test_every_model_of_a_recipe_is_priced_and_the_researcher_that_asks_it_is_named(home: Home) -> None:
    nine = recipe.load(NINE)
    others = tuple(
        msgspec.structs.replace(one, model={"r2": "claude-haiku-5-5", "r9": "nobodys"}.get(one.id))
        for one in nine.researchers
    )
    mixed = msgspec.structs.replace(nine, researchers=others)
    assert models.asked(mixed)["claude-haiku-5-5"] == ["r2"]
    with pytest.raises(recipe.RecipeError) as raised:
        models.costs(mixed, home.root, "mixed.toml")
    assert [(each.place, each.field) for each in raised.value.problems] == [("mixed.toml", "researchers.r9.model")]


def test_a_missing_key_is_a_warning_and_no_mistake(aarctl: Aarctl, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    done = aarctl("validate", str(NINE))
    assert done.exit_code == 0
    assert done.stderr == "warning: there is no API key: set ANTHROPIC_API_KEY, or keep one with `aarctl key set`\n"
    assert len(validated(aarctl).warnings) == 1 and validated(aarctl).valid


def test_a_rehearsal_needs_no_key_and_costs_play_money(aarctl: Aarctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    found = validated(aarctl, "--set", "claude.rehearsal=true")
    assert found.play_money and found.warnings == []
    assert "play money" in aarctl("validate", str(NINE), "--set", "claude.rehearsal=true").stdout


def test_a_recipe_without_language_models_has_nothing_to_pay(aarctl: Aarctl, tmp_path: Path) -> None:
    done = aarctl("validate", str(QUICKSTART), "--json")
    found = msgspec.json.decode(done.stdout, type=recipe_shapes.Validation)
    assert (found.models, found.warnings, found.play_money) == ([], [], False) and not done.stderr
