"""What to try next: ingredients weighted by direction, by scores, and by what a person said.

An ingredient's weight is a small prior (its direction names a theme it belongs to), times the scores that methods with
it have had, here or in other researchers' posts. Nothing else is known; the draw is seeded.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ...lab.compose import Ingredients, all_ingredients, menu

CONTROL = Ingredients()
"""Vanilla: the weak teacher's decisions on the whole pool."""

THEMES: dict[str, tuple[str, ...]] = {
    "whom to believe trust labels count weight": ("weak_soft", "weak_confident", "mixture", "smoothed", "generalised"),
    "prior knows already elicit zero-shot": ("prior_hard", "prior_confident", "blend", "mixture"),
    "agree agreement both": ("agreement", "confident_agreement", "blend"),
    "cross fit half correct students teach self-training": ("cross_fit", "auxiliary_confidence", "prior_confident"),
    "combine recombine others posted": ("confident_agreement", "cross_fit", "blend"),
}
"""Words of a direction, and the ingredients they speak for."""

THEME_WEIGHT = 3.0
SHARPNESS = 4.0  # how strongly a PGR difference of one changes a weight, on a log scale
PRIOR_WEIGHT = 1.0  # scores' worth of doubt that pulls an ingredient's mean towards the mean of all


class Score(msgspec.Struct, frozen=True):
    """A method's released score, own or posted."""

    tags: tuple[str, ...]
    pgr: float


def parts(method: Ingredients) -> tuple[str, ...]:
    """The names a method is tagged with."""
    return (method.labels, method.keep, method.loss)


def themes(text: str) -> dict[str, float]:
    """Weights above one for the ingredients that some words speak for: those named, or else those of its themes."""
    lower = text.lower().replace("-", " ").replace("_", " ")
    named = [name for values in menu().values() for name in values if name.replace("_", " ") in lower]
    if named:
        return dict.fromkeys(named, 3 * THEME_WEIGHT)
    words = set(lower.translate(str.maketrans(",.:;", "    ")).split())
    weights: dict[str, float] = {}
    for theme, names in THEMES.items():
        hits = len(words & set(theme.replace("-", " ").split()))
        for name in names if hits else ():
            weights[name] = max(weights.get(name, 1.0), THEME_WEIGHT * math.sqrt(hits))
    return weights


def merits(scores: Sequence[Score]) -> dict[str, float]:
    """Mean PGR per ingredient, shrunk towards the mean of all, as a factor around one."""
    if not scores:
        return {}
    overall = sum(score.pgr for score in scores) / len(scores)
    sums: dict[str, list[float]] = {}
    for score in scores:
        for tag in score.tags:
            sums.setdefault(tag, []).append(score.pgr)
    return {
        tag: math.exp(SHARPNESS * (sum(found) - overall * len(found)) / (len(found) + PRIOR_WEIGHT))
        for tag, found in sums.items()
    }


def draw(
    count: int, weights: Iterable[Mapping[str, float]], tried: Iterable[str], rng: random.Random
) -> list[Ingredients]:
    """`count` methods that were not tried, without replacement, each with the product of its ingredients' weights."""
    known, tables = set(tried), list(weights)
    pool = [method for method in all_ingredients() if method.name not in known]
    if not pool:
        return []
    # Gumbel keys: the largest keys are a weighted draw without replacement.
    keyed = []
    for method in pool:
        weight = sum(math.log(max(table.get(part, 1.0), 1e-6)) for part in parts(method) for table in tables)
        keyed.append((weight - math.log(-math.log(rng.random() or 1e-12)), method.name, method))
    keyed.sort(key=lambda entry: (-entry[0], entry[1]))
    return [method for _, _, method in keyed[:count]]
