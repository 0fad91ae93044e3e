"""Money, time and counts: held before, settled after."""

from __future__ import annotations

from .base import Event


class BudgetReserved(Event, frozen=True, kw_only=True, tag="budget.reserved"):
    """Held against the researcher's and the fleet's budget until it settles."""

    call: str
    nusd: int


class BudgetSettled(Event, frozen=True, kw_only=True, tag="budget.settled"):
    """What a turn used in the end. `active_us`: unpaused wall time by a monotonic clock, in microseconds."""

    turn: int
    nusd: int = 0
    active_us: int = 0


class BudgetChanged(Event, frozen=True, kw_only=True, tag="budget.changed"):
    """A person changed a limit of the researcher, or, where none is named, of the fleet, for the rest of the run."""

    what: str
    """turns | minutes | usd | tokens | calls | submissions | experiments"""
    limit: float | None
    """In the units of a recipe; None: no limit any more."""
    by: str
    command: str = ""


class BudgetExceeded(Event, frozen=True, kw_only=True, tag="budget.exceeded"):
    """A limit is reached: the researcher (or, where none is named, the fleet) stops at this safe point."""

    what: str
    """turns | submissions | experiments | minutes | usd"""
    used: float
    limit: float
