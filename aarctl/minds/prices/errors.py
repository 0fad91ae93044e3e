"""What can be wrong with a price, in sentences a person can act on.

PriceError
  UnknownPrice    nobody said what this model costs, so no call to it may be reserved or made
  BadPrice        a price file that cannot be used; one line per problem, each naming file, line, field and fix
  BadUsage        a service's usage report that is no report: its call is charged at the worst case
"""

from __future__ import annotations

from pathlib import Path

from ..protocol import MindError


class PriceError(MindError):
    """Money cannot be counted; the message says why and what to do."""


class UnknownPrice(PriceError):
    """No price for a model, neither in the list that comes with aarctl nor given by a person."""

    def __init__(self, model: str, file: Path) -> None:
        shown = ascii(model[:80])
        super().__init__(
            f"{file}: no price for model {shown}; write one there, as [[prices]] with model = {shown}, input = ... and "
            "output = ... (US dollars per million tokens; 0 where it costs nothing), or the same table in the recipe"
        )
        self.model, self.file = model, file


class BadPrice(PriceError):
    """A price file with mistakes."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BadUsage(PriceError):
    """A usage report with a count that is missing, negative or no whole number."""
