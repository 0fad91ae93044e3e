"""More shapes of --json, of the same contract as shapes.py: what is said of a recipe before it is run."""

from __future__ import annotations

from .shapes import Shape


class Mistake(Shape, frozen=True):
    """One thing to change in a recipe."""

    place: str
    """file:line, or --set."""
    field: str
    value: str
    why: str
    fix: str


class ModelCost(Shape, frozen=True):
    """What a model of the recipe costs today, in US dollars."""

    model: str
    researchers: list[str]
    """Those that ask it."""
    chapter_tokens: int
    """Length of a full history."""
    written_usd: float
    """A full history, sent once and kept in the cache."""
    read_usd: float
    """The same history read from the cache, as every later turn does."""
    call_usd: float
    """The most that one call at a full history can cost, which is held until it has settled."""
    place: str
    """Where its price is written."""


class Validation(Shape, frozen=True):
    """`aarctl validate RECIPE --json`; exits 1 when not valid."""

    recipe: str
    valid: bool
    name: str | None
    task: str | None
    researchers: list[str]
    problems: list[Mistake]
    warnings: list[str]
    """What does not keep it from being valid, but from running as it is."""
    models: list[ModelCost]
    """Empty where no language model is asked."""
    play_money: bool
    """A rehearsal: no model is asked, and nobody pays."""
