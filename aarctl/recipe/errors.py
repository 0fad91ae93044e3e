"""What is wrong with a recipe, in sentences a person can act on.

    RecipeError         one exception for a whole recipe; holds every Problem found, in the order of the file
      .problems         each: place ("quickstart.toml:14" or "--set"), field, value, why, fix

Values come from files and command lines: they are shown as JSON, cut short, so that no control code reaches a
screen.
"""

import json
from typing import Any

from msgspec import Struct

SHOWN_CHARACTERS = 60


class Problem(Struct, frozen=True, kw_only=True):
    """One thing to change. `str(problem)` is its line: "quickstart.toml:14: scorer.students_max = 12, at most
    5; ...".
    """

    place: str
    """Where: "file:line", or "--set"."""

    field: str
    """Dotted name of the field, or "" when the file as a whole is meant."""

    value: str
    """The offending value as shown, or "" when there is none."""

    why: str
    fix: str

    def __str__(self) -> str:
        subject = f"{self.field} = {self.value}" if self.value else self.field
        return f"{self.place}: {subject}{', ' if subject else ''}{self.why}; {self.fix}"


class RecipeError(Exception):
    """The recipe cannot be used; the message has one line per problem, each naming place, field, value and
    fix.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def shown(value: Any) -> str:
    """A value as a person wrote it, on one line and at most about SHOWN_CHARACTERS long, escaped to plain
    ASCII.
    """
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, str | bool | int | float | list):
        text = json.dumps(value, default=str)
        text = {"Infinity": "inf", "-Infinity": "-inf", "NaN": "nan"}.get(text, text)
    else:
        text = str(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
