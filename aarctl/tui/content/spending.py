"""What a run of paid models costs now: dollars an hour, what the cache saves, and which budget ends first. Pure.

The figures are those of `journal.spend`, by which researchers are stopped; here are only the few words for them. A
rehearsal's dollars are play money.
"""

from __future__ import annotations

from typing import NamedTuple

from aarctl.journal import spend
from aarctl.journal.state import RunState

from .doing import OVER
from .figures import money, span
from .limits import Limits

RECENT_MINUTES = 15
COUNTED = ("turns", "submissions", "experiments")
"""Known of the whole run alone: how long these last is told by the rate of the whole run."""

WORDS = {"usd": "dollars", "minutes": "hours"}


class End(NamedTuple):
    """The budget that is used up first at the present rate."""

    whose: str
    """A researcher; empty for the fleet."""
    what: str
    lasts_us: int

    def __str__(self) -> str:
        whose = f"{self.whose}'s" if self.whose else "the fleet's"
        words = WORDS.get(self.what, self.what)
        return f"{whose} {words} last {span(self.lasts_us / 1e6)}" if self.lasts_us else f"{whose} {words} are used up"


def paid(state: RunState) -> bool:
    """Whether anybody asks a model that is paid for by the token."""
    return state.nusd > 0 or any(who.tokens or who.mind == "claude" for who in state.researchers.values())


def rate(state: RunState, now: int) -> str:
    """Dollars an hour of late, such as "$12/h"; empty when nothing is spent."""
    found = spend.burn(state, minutes=RECENT_MINUTES, now=now).usd_per_hour
    return f"{money(round(found * spend.NANO))}/h" if found else ""


def soonest_end(state: RunState, limits: Limits, now: int) -> End | None:
    """The first of all budgets to end: the fleet's, or that of a researcher still at work."""
    working = [who.id for who in state.researchers.values() if who.state not in OVER]
    ends = [end for name in ["", *working] if (end := _end(state, name, limits, now)) is not None]
    return min(ends, key=lambda end: end.lasts_us, default=None)


def _end(state: RunState, name: str, limits: Limits, now: int) -> End | None:
    lines = spend.lines(spend.account(state, name), limits.all_of(name))
    if not lines:
        return None
    recent, whole = spend.burn(state, name, minutes=RECENT_MINUTES, now=now), spend.burn(state, name, now=now)
    ends = [
        End(name, line.what, lasts)
        for line in lines
        if (lasts := (whole if line.what in COUNTED else recent).lasts_us(line)) is not None
    ]
    return min(ends, key=lambda end: end.lasts_us, default=None)


def in_short(state: RunState, limits: Limits, now: int) -> list[str]:
    """What there is to know beside the rate, in order: the first end, the cache, the price of research."""
    account = spend.account(state)
    found = []
    if not state.over and (end := soonest_end(state, limits, now)) is not None:
        found.append(str(end))
    if account.cache_read_share is not None:
        found.append(f"{account.cache_read_share:.0%} read from the cache")
    if (each := spend.per_hour(account.nusd, account.active_us)) is not None:
        found.append(f"{money(round(each * spend.NANO))} a researcher-hour")
    return found
