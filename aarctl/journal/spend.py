"""What a run has used, how fast, and how long its budgets last: pure, from the folded state alone.

The same figures for everyone who decides on them or shows them. Everything is an integer: nano-dollars, tokens, counts,
microseconds. Only the ratios at the edge (dollars per hour) are floats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil

import msgspec

from .fold.fleet import KEPT_MINUTES, MINUTE_US
from .state import Researcher, RunState

HOUR_US = 60 * MINUTE_US
NANO = 10**9
WINDOW_MAX = KEPT_MINUTES - 1

UNITS: dict[str, tuple[str, int]] = {
    "turns": ("turns", 1),
    "minutes": ("active_us", MINUTE_US),
    "usd": ("nusd", NANO),
    "tokens": ("tokens", 1),
    "calls": ("calls", 1),
    "submissions": ("submissions", 1),
    "experiments": ("experiments", 1),
}
"""By key of a budget table: where an Account has it, and how many of its units make one of the budget's."""


class Account(msgspec.Struct, frozen=True):
    """What one researcher, or the fleet, has used; and what its open calls may still cost."""

    nusd: int = 0
    tokens: int = 0
    calls: int = 0
    """To a model, attempts that failed and open ones included."""
    turns: int = 0
    submissions: int = 0
    experiments: int = 0
    active_us: int = 0
    """Unpaused wall time: researcher-hours."""
    device_us: int = 0
    """Time on compute slots, replications included in the fleet's."""
    held_nusd: int = 0
    held_tokens: int = 0
    prompt_tokens: int = 0
    """Of all tokens, those sent."""
    cached_tokens: int = 0
    """Of these, those read from the cache."""

    @property
    def cache_read_share(self) -> float | None:
        """How much of what was sent was read from the cache; None where nothing was sent."""
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else None

    @property
    def hours(self) -> float:
        """Researcher-hours."""
        return self.active_us / HOUR_US

    def device_nusd(self, usd_per_hour: float) -> int:
        """What the compute slots cost at a price per slot and hour, rounded up."""
        return -(-self.device_us * int(Decimal(str(usd_per_hour)) * NANO) // HOUR_US)


def account(state: RunState, researcher: str = "") -> Account:
    """What `researcher` has used, or the whole fleet where none is named; nothing for one that does not exist."""
    if researcher:
        who = state.researchers.get(researcher)
        return Account() if who is None else _account([who], who.device_s)
    return _account(list(state.researchers.values()), state.device_s)


def _account(everyone: list[Researcher], device_s: float) -> Account:
    return Account(
        nusd=sum(who.nusd for who in everyone),
        tokens=sum(who.tokens for who in everyone),
        calls=sum(who.calls for who in everyone),
        turns=sum(who.settled for who in everyone),
        submissions=sum(who.submissions for who in everyone),
        experiments=sum(who.experiments for who in everyone),
        active_us=sum(who.active_us for who in everyone),
        device_us=round(device_s * 1e6),
        held_nusd=sum(who.open_call_nusd for who in everyone),
        held_tokens=sum(who.open_call_tokens for who in everyone),
        prompt_tokens=sum(who.prompt_tokens for who in everyone),
        cached_tokens=sum(who.cached_tokens for who in everyone),
    )


class Line(msgspec.Struct, frozen=True):
    """One limit of a budget, in an Account's units."""

    what: str
    """A key of UNITS."""
    used: int
    held: int
    """Promised to calls that are open: used in the end, or given back."""
    limit: int

    @property
    def left(self) -> int:
        """What neither is used nor promised."""
        return max(0, self.limit - self.used - self.held)

    @property
    def reached(self) -> bool:
        """Whether it is used up, whatever open calls give back."""
        return self.used >= self.limit

    def amount(self, units: int) -> float:
        """`units` as a person wrote the limit: dollars, minutes, counts."""
        return units / UNITS[self.what][1]


def lines(account: Account, limits: Mapping[str, float | None]) -> list[Line]:
    """The limits that there are, beside what is used of them; `limits` by key of UNITS, as a recipe has them."""
    found = []
    for what, (field, unit) in UNITS.items():
        limit = limits.get(what)
        if limit is not None:
            held = {"usd": account.held_nusd, "tokens": account.held_tokens}.get(what, 0)
            found.append(Line(what, getattr(account, field), held, ceil(Decimal(str(limit)) * unit)))
    return found


class Burn(msgspec.Struct, frozen=True):
    """What was used in a stretch of wall time."""

    over_us: int
    nusd: int = 0
    tokens: int = 0
    calls: int = 0
    active_us: int = 0
    turns: int | None = None
    submissions: int | None = None
    experiments: int | None = None
    """These three are known of the whole run alone."""

    @property
    def usd_per_hour(self) -> float | None:
        """Dollars for models per hour of the clock; None over no time."""
        return self.nusd / NANO / (self.over_us / HOUR_US) if self.over_us else None

    @property
    def usd_per_researcher_hour(self) -> float | None:
        """Dollars for models per unpaused researcher-hour; None without any."""
        return per_hour(self.nusd, self.active_us)

    def lasts_us(self, line: Line) -> int | None:
        """How long a budget lasts at this rate, in microseconds: 0 when it is used up, None when nothing is used."""
        amount = getattr(self, UNITS[line.what][0])
        if line.left == 0:
            return 0
        return max(1, line.left * self.over_us // amount) if amount else None


def burn(state: RunState, researcher: str = "", *, minutes: int | None = None, now: int | None = None) -> Burn:
    """What the fleet, or one researcher, used in the last `minutes` (1 to WINDOW_MAX), or in the whole run.

    A window begins with a minute of the clock, so it is up to a minute longer than asked for, and never reaches back
    behind the run's beginning. `now`: microseconds UTC, by default those of the last event. Wall time, pauses included.
    """
    now = max(state.at, now or 0)
    if minutes is None:
        total = account(state, researcher)
        return Burn(
            over_us=now - state.opened_at, nusd=total.nusd, tokens=total.tokens, calls=total.calls,
            active_us=total.active_us, turns=total.turns, submissions=total.submissions, experiments=total.experiments,
        )  # fmt: skip
    if not 1 <= minutes <= WINDOW_MAX:
        raise ValueError(f"minutes = {minutes}: a state remembers the last {WINDOW_MAX}; choose 1 to {WINDOW_MAX}")
    first = now // MINUTE_US - minutes
    found = [
        minute
        for who in state.researchers.values()
        if researcher in ("", who.id)
        for minute in who.minutes
        if minute.minute >= first
    ]
    return Burn(
        over_us=now - max(first * MINUTE_US, state.opened_at),
        nusd=sum(each.nusd for each in found),
        tokens=sum(each.tokens for each in found),
        calls=sum(each.calls for each in found),
        active_us=sum(each.active_us for each in found),
    )


def soonest(rate: Burn, budget: Sequence[Line]) -> tuple[Line, int] | None:
    """The limit that is reached first at this rate, and in how many microseconds; None when none will be."""
    ends = [(lasts, line) for line in budget if (lasts := rate.lasts_us(line)) is not None]
    if not ends:
        return None
    lasts, line = min(ends, key=lambda end: end[0])
    return line, lasts


def per_hour(nusd: int, active_us: int) -> float | None:
    """Dollars per researcher-hour, of models or of devices; None without any hour."""
    return nusd / NANO / (active_us / HOUR_US) if active_us else None
