"""Calls that were let through and are on their way to the journal.

Between the decision that a call may be made and the commit of its intent the folded state does not know of it. Nine
researchers who ask in that moment would all be let through; so what was promised to one counts for the others from
the moment of the decision, until the state has the call. Deciding and promising is one step, with no await in it.
"""

from __future__ import annotations

from ..journal.state import RunState
from ..recipe import Recipe
from .budgets import Promise, Reached, refusal


class Reservations:
    """One per run. A researcher makes one call at a time."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, Promise]] = {}
        """By researcher: how many calls the state had of it when it asked, and what it was promised."""

    def __repr__(self) -> str:
        return f"Reservations({', '.join(sorted(self._open)) or 'none'})"

    def reserve(self, recipe: Recipe, state: RunState, call: Promise) -> Reached | None:
        """Let a call through, or say which limit it would pass.

        When None comes back, the caller journals `model.requested` with the same amounts at once, before any other
        await. When the refusal is not final, it waits until the state has changed and asks again.
        """
        self._forget(state)
        self._open.pop(call.researcher, None)
        others = tuple(promise for _, promise in self._open.values())
        over = refusal(recipe, state, call, others)
        if over is None:
            self._open[call.researcher] = (_calls(state, call.researcher), call)
        return over

    def _forget(self, state: RunState) -> None:
        """Drop what the state knows by now."""
        self._open = {
            name: (before, promise) for name, (before, promise) in self._open.items() if _calls(state, name) == before
        }


def _calls(state: RunState, researcher: str) -> int:
    who = state.researchers.get(researcher)
    return who.calls if who is not None else 0
