"""`aarctl validate`: whether a recipe can be run, and every reason why not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import figures, shapes, speak
from .command import AsJson

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; see recipes/.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="K=V", help="Change one value of the recipe; repeatable.")
]


def validate(recipe: RecipePath, settings: Settings = None, as_json: AsJson = False) -> None:
    """Check a recipe.

    Every mistake is named with file, line, field, value and fix.
    """
    from ..recipe import RecipeError, load

    try:
        found = load(recipe, settings or ())
    except RecipeError as error:
        if as_json:
            speak.dump(_refused(recipe, error))
        raise
    names = [each.id for each in found.researchers]
    if as_json:
        return speak.dump(
            shapes.Validation(
                recipe=str(recipe), valid=True, name=found.name, task=found.task.name, researchers=names, problems=[]
            )
        )
    minds = ", ".join(sorted({each.mind for each in found.researchers}))
    return speak.say(
        f"{recipe} is a recipe: {found.name}, task {found.task.name}, "
        f"{figures.count(len(names), 'researcher')} ({minds}), schedule {found.schedule.kind}"
    )


def _refused(recipe: Path, error: Exception) -> shapes.Validation:
    problems = [
        shapes.Mistake(place=each.place, field=each.field, value=each.value, why=each.why, fix=each.fix)
        for each in getattr(error, "problems", ())
    ]
    return shapes.Validation(
        recipe=str(recipe), valid=False, name=None, task=None, researchers=[], problems=problems
    )
