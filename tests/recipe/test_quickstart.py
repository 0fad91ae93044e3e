"""The recipe every newcomer runs, and that each field of a recipe says what it is."""

import ast
import inspect
from pathlib import Path

from aarctl.recipe import load, model

RECIPES = Path(__file__).parents[2] / "recipes"


def test_every_recipe_shipped_is_valid() -> None:
    paths = sorted(RECIPES.glob("*.toml"))
    assert paths
    assert [load(path).name for path in paths] == [path.stem for path in paths]


def test_the_quickstart_has_three_search_researchers_with_different_directions() -> None:
    recipe = load(RECIPES / "quickstart.toml")
    assert [(r.id, r.mind) for r in recipe.researchers] == [
        ("r1", "search"),
        ("r2", "search"),
        ("r3", "search"),
    ]
    assert len({r.direction for r in recipe.researchers}) == 3


def test_the_quickstart_is_bounded_by_counts_so_that_it_repeats() -> None:
    recipe = load(RECIPES / "quickstart.toml")
    assert recipe.schedule.kind == "rounds"
    assert recipe.budget.fleet.minutes is None and recipe.budget.researcher.minutes is None
    submissions = recipe.budget.researcher.submissions
    assert submissions and recipe.scorer.queries >= len(recipe.researchers) * submissions


def test_every_field_of_a_recipe_has_its_sentence() -> None:
    silent = []
    for table in ast.parse(inspect.getsource(model)).body:
        if not isinstance(table, ast.ClassDef) or table.name == "Recipe":
            continue
        for field, after in zip(table.body, [*table.body[1:], None], strict=True):
            documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if isinstance(field, ast.AnnAssign) and not documented:
                silent.append(f"{table.name}.{ast.unparse(field.target)}")
    assert silent == []
