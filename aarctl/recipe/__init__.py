"""The recipe of a run: a TOML file in, frozen structs out, errors that name file, line, field, value and fix.

    recipe = load("recipes/quickstart.toml", ["search.candidates=3"])
    text = resolve(recipe)          # every default written out; loads(text) == recipe

A recipe that loads is valid: nothing downstream checks a range again. Rooms take the table they need, never
the file.
"""

from .errors import Problem, RecipeError
from .load import load, loads, resolve
from .model import (
    Budget,
    Compute,
    Limits,
    Price,
    Recipe,
    Replication,
    Researcher,
    SandboxChoice,
    Schedule,
    ScorerChoice,
    Search,
    TaskChoice,
)

__all__ = [
    "Budget",
    "Compute",
    "Limits",
    "Price",
    "Problem",
    "Recipe",
    "RecipeError",
    "Replication",
    "Researcher",
    "SandboxChoice",
    "Schedule",
    "ScorerChoice",
    "Search",
    "TaskChoice",
    "load",
    "loads",
    "resolve",
]
