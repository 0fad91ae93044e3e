"""Whether a budget is reached, and whether a call may be made: pure, decided on the folded state.

`reached` is asked at every turn boundary, `refusal` before every call to a model. Counts that a tool spends
(submissions, experiments) are refused by the tool itself; here are the limits that end a researcher's work: turns,
minutes, dollars, tokens, calls.

A call is let through while what is used and what is promised to other open calls are below the limit together. So no
budget is ever exceeded by more than the one call that was let through last (invariant 2).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..journal.spend import Line, account, lines
from ..journal.state import Researcher, RunState
from ..recipe import Recipe

ENDING = ("turns", "minutes", "usd", "tokens", "calls")


class Reached(msgspec.Struct, frozen=True):
    """A limit that is used up. An empty `researcher` means the fleet's."""

    researcher: str
    what: str
    used: float
    limit: float
    held: float = 0.0
    """Promised to open calls; with a final one, this is not what stops it."""

    @property
    def final(self) -> bool:
        """Whether nothing can come back. Otherwise wait until an open call has settled, and ask again."""
        return self.used >= self.limit


def reached(recipe: Recipe, state: RunState, who: Researcher) -> Reached | None:
    """The first limit that keeps `who` from another turn: its own before the fleet's."""
    for name, line in _lines(recipe, state, who.id):
        used = line.used + (line.held if name else 0)
        # A dollar limit of 0 is no reason to stop a mind that spends none.
        if used >= line.limit and not (line.what == "usd" and used == 0):
            return Reached(name, line.what, line.amount(used), line.amount(line.limit))
    return None


class Promise(msgspec.Struct, frozen=True):
    """The most that a call can use; held for it until it has settled."""

    researcher: str
    nusd: int = 0
    tokens: int = 0
    calls: int = 1


def refusal(recipe: Recipe, state: RunState, call: Promise, others: tuple[Promise, ...] = ()) -> Reached | None:
    """The first limit that keeps this call from being made now; None when it may be.

    `others`: calls that were let through and are not in `state` yet.
    """
    for name, line in _lines(recipe, state, call.researcher):
        needed = {"usd": call.nusd, "tokens": call.tokens, "calls": call.calls}.get(line.what, 0)
        if not needed:
            continue  # what a call does not use cannot refuse it; turns and minutes are asked for at the boundary
        field = {"usd": "nusd"}.get(line.what, line.what)
        held = line.held + sum(getattr(each, field) for each in others if name in ("", each.researcher))
        if line.used + held >= line.limit:
            amounts = (line.amount(line.used), line.amount(line.limit), line.amount(held))
            return Reached(name, line.what, *amounts)
    return None


def gains(recipe: Recipe, state: RunState, name: str, what: str, limit: float | None) -> list[str]:
    """Who could go on again if the limit on `what` of the researcher `name`, or of the fleet, were this one."""
    changed = {**state.budgets, name: {**state.budgets.get(name, {}), what: limit}}
    then = msgspec.structs.replace(state, budgets=changed)
    stopped = [who for who in state.researchers.values() if who.state == "budget" and not who.stopping]
    return [who.id for who in stopped if reached(recipe, then, who) is None]


def _lines(recipe: Recipe, state: RunState, researcher: str) -> Iterator[tuple[str, Line]]:
    """The limits that can end a researcher's work, each with whose it is: its own, then the fleet's."""
    for name in (researcher, ""):
        limits = recipe.limits(name, state.budgets)
        ending = lines(account(state, name), {key: getattr(limits, key) for key in ENDING})
        yield from ((name, line) for line in ending)
