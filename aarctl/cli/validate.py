"""`aarctl validate`: whether a recipe can be run, every reason why not, and what its models cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import figures, models, recipe_shapes, speak
from .command import AsJson

if TYPE_CHECKING:
    from ..recipe import Recipe, RecipeError

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; see recipes/.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="K=V", help="Change one value of the recipe; repeatable.")
]


def validate(recipe: RecipePath, settings: Settings = None, as_json: AsJson = False) -> None:
    """Check a recipe.

    Every mistake is named with file, line, field, value and fix. For language models: what they cost, and whether
    there is a key to ask them with. Nothing is spent.
    """
    from ..home import Home
    from ..recipe import RecipeError, load

    home = Home.default().root
    try:
        found = load(recipe, settings or ())
        costs = models.costs(found, home, str(recipe))
    except RecipeError as error:
        if as_json:
            speak.dump(_refused(recipe, error))
        raise
    accepted = _accepted(recipe, found, costs, models.missing(found, home))
    return speak.dump(accepted) if as_json else _show(accepted, found)


def _accepted(
    path: Path, recipe: Recipe, costs: list[recipe_shapes.ModelCost], warnings: list[str]
) -> recipe_shapes.Validation:
    return recipe_shapes.Validation(
        recipe=str(path), valid=True, name=recipe.name, task=recipe.task.name,
        researchers=[each.id for each in recipe.researchers], problems=[], warnings=warnings, models=costs,
        play_money=bool(costs) and recipe.claude.rehearsal,
    )  # fmt: skip


def _refused(path: Path, error: RecipeError) -> recipe_shapes.Validation:
    problems = [
        recipe_shapes.Mistake(place=each.place, field=each.field, value=each.value, why=each.why, fix=each.fix)
        for each in error.problems
    ]
    return recipe_shapes.Validation(
        recipe=str(path), valid=False, name=None, task=None, researchers=[], problems=problems, warnings=[], models=[],
        play_money=False,
    )  # fmt: skip


def _show(found: recipe_shapes.Validation, recipe: Recipe) -> None:
    minds = ", ".join(sorted({each.mind for each in recipe.researchers}))
    speak.say(
        f"{found.recipe} is a recipe: {found.name}, task {found.task}, "
        f"{figures.count(len(found.researchers), 'researcher')} ({minds}), schedule {recipe.schedule.kind}"
    )
    for each in found.models:
        speak.say(models.in_words(each, found.play_money))
    for warning in found.warnings:
        speak.warn(f"warning: {warning}")
