"""The nine published kinds of direction and the two ablations: one thing differs between them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from aarctl.recipe import Recipe, load

RECIPES = Path(__file__).parents[2] / "recipes"
NINE = load(RECIPES / "paper-directions.toml")
FREE = load(RECIPES / "ablation-no-directions.toml")
PRESCRIBED = load(RECIPES / "ablation-workflow.toml")


def bare(recipe: Recipe) -> Recipe:
    """The recipe without what an ablation changes: its name, directions and workflow."""
    nobody = tuple(msgspec.structs.replace(one, direction="") for one in recipe.researchers)
    return msgspec.structs.replace(recipe, name="bare", researchers=nobody, prompt=type(recipe.prompt)())


def test_nine_claude_researchers_have_nine_different_directions() -> None:
    assert [(one.id, one.mind) for one in NINE.researchers] == [(f"r{n}", "claude") for n in range(1, 10)]
    words = [one.direction.casefold() for one in NINE.researchers]
    assert len(set(words)) == 9 and all(words)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_no_two_researchers_of_a_recipe_are_sent_the_same_way(path: Path) -> None:
    given = [one.direction.strip().casefold() for one in load(path).researchers if one.direction.strip()]
    assert len(set(given)) == len(given)


def test_a_direction_is_a_hint_and_no_plan() -> None:
    assert all(20 < len(one.direction) < 160 for one in NINE.researchers)


def test_an_ablation_changes_one_thing() -> None:
    assert bare(NINE) == bare(FREE) == bare(PRESCRIBED)
    assert [one.direction for one in PRESCRIBED.researchers] == [one.direction for one in NINE.researchers]
    assert PRESCRIBED.prompt.workflow and not NINE.prompt.workflow and not FREE.prompt.workflow
    assert not any(one.direction for one in FREE.researchers)


@pytest.mark.parametrize("recipe", [NINE, FREE, PRESCRIBED], ids=lambda recipe: recipe.name)
def test_the_budgets_are_those_of_one_person(recipe: Recipe) -> None:
    assert recipe.budget.fleet.usd is not None and recipe.budget.fleet.usd <= 200
    for one in recipe.researchers:
        limits = recipe.limits(one.id)
        assert limits.usd is not None and limits.usd <= 25
        assert limits.minutes is not None and limits.minutes <= 24 * 60
        assert limits.submissions is not None and limits.experiments is not None
    assert recipe.scorer.queries >= len(recipe.researchers) * (recipe.budget.researcher.submissions or 0)
    assert not recipe.sandbox.allow_unsafe and not recipe.claude.rehearsal
