"""The language models that a recipe asks for: what they cost today, and what is missing to ask them.

Nothing is asked of a service here and nothing is spent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import figures, key, recipe_shapes

if TYPE_CHECKING:
    from ..minds.prices import Tariff
    from ..recipe import Problem, Recipe


def asked(recipe: Recipe) -> dict[str, list[str]]:
    """By model, the researchers that ask it, in the recipe's order."""
    found: dict[str, list[str]] = {}
    for one in recipe.researchers:
        if one.mind == "claude":
            found.setdefault(one.model or recipe.claude.model, []).append(one.id)
    return found


def costs(recipe: Recipe, home: Path, source: str) -> list[recipe_shapes.ModelCost]:
    """What each model costs on this day. Raises RecipeError with every model of which nobody said it, and the fix."""
    from ..minds.prices import BadPrice, PriceList, UnknownPrice
    from ..recipe import Problem, RecipeError
    from ..recipe.errors import shown

    wanted = asked(recipe)
    if not wanted:
        return []
    try:
        prices = PriceList.open(home, recipe)
    except BadPrice as error:
        raise RecipeError(tuple(_mistake(line) for line in error.problems)) from None
    found, unknown = [], []
    today = datetime.now(UTC).date()
    for model, researchers in wanted.items():
        try:
            found.append(cost(recipe, model, researchers, prices.tariff(model, today)))
        except UnknownPrice:
            own = next((one.id for one in recipe.researchers if one.model == model), None)
            fix = (
                f"add [[prices]] with model = {shown(model)}, input = ... and output = ... (US dollars per million "
                f"tokens; 0 where it costs nothing) to the recipe or to {prices.file}"
            )
            field = f"researchers.{own}.model" if own else "claude.model"
            unknown.append(Problem(place=source, field=field, value=shown(model), why="its price is unknown", fix=fix))
    if unknown:
        raise RecipeError(tuple(unknown))
    return found


def _mistake(line: str) -> Problem:
    """A line about a price file, "file:3: why; fix"."""
    from ..recipe import Problem

    place, _, words = line.partition(": ")
    why, _, fix = words.rpartition("; ")
    return Problem(place=place, field="", value="", why=why, fix=fix)


def cost(recipe: Recipe, model: str, researchers: list[str], tariff: Tariff) -> recipe_shapes.ModelCost:
    """What histories and calls of one model cost."""
    from ..minds.prices import Tokens, cost_nusd, worst_case_nusd

    claude = recipe.claude
    length = claude.chapter_tokens
    written = Tokens(cache_write_1h=length) if claude.cache_ttl == "1h" else Tokens(cache_write_5m=length)
    return recipe_shapes.ModelCost(
        model=model,
        researchers=researchers,
        chapter_tokens=length,
        written_usd=figures.usd(cost_nusd(tariff, written)),
        read_usd=figures.usd(cost_nusd(tariff, Tokens(cache_read=length))),
        call_usd=figures.usd(worst_case_nusd(tariff, claude.context_tokens, claude.max_tokens)),
        place=tariff.place,
    )


def in_words(each: recipe_shapes.ModelCost, play_money: bool) -> str:
    """What a model costs, in one line."""
    dollars, many = figures.dollars, len(each.researchers)
    who = each.researchers[0] if many == 1 else f"{many} researchers"
    return (
        f"{each.model} ({who}): a full history of {each.chapter_tokens:,} tokens costs "
        f"{dollars(each.written_usd)} to send and {dollars(each.read_usd)} to send again; one call can cost "
        f"{dollars(each.call_usd)} at most{', all of it play money' if play_money else ''}"
    )


def missing(recipe: Recipe, home: Path) -> list[str]:
    """What keeps researchers from asking their models here and now, each with the fix."""
    if not asked(recipe) or recipe.claude.rehearsal:
        return []
    trouble = key.trouble(home)
    return [trouble] if trouble else []
