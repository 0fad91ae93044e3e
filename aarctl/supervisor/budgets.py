"""Whether a budget is reached: pure, asked at every turn boundary.

Counts that a tool spends (submissions, experiments) are refused by the tool itself; here are the limits that end a
researcher's work: turns, minutes, dollars.
"""

from __future__ import annotations

import msgspec

from ..journal.state import Researcher, RunState
from ..recipe import Recipe


class Reached(msgspec.Struct, frozen=True):
    """A limit that is used up. An empty `researcher` means the fleet's."""

    researcher: str
    what: str
    used: float
    limit: float


def reached(recipe: Recipe, state: RunState, who: Researcher) -> Reached | None:
    """The first limit that keeps `who` from another turn: its own before the fleet's."""
    own, fleet = recipe.limits(who.id), recipe.budget.fleet
    everyone = state.researchers.values()
    for name, limits, turns, active_us, nusd in (
        (who.id, own, who.settled, who.active_us, who.nusd + who.open_call_nusd),
        ("", fleet, sum(r.settled for r in everyone), state.active_us, state.nusd),
    ):
        for what, used, limit in (
            ("turns", float(turns), limits.turns),
            ("minutes", active_us / 60e6, limits.minutes),
            ("usd", nusd / 1e9, limits.usd),
        ):
            # A dollar limit of 0 is no reason to stop a mind that spends none.
            if limit is not None and used >= limit and not (what == "usd" and used == 0):
                return Reached(name, what, used, float(limit))
    return None
