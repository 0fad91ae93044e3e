"""The budgets of a run as --json gives them: pure, from its state and its recipe.

All figures are those of `journal/spend`, by which researchers are stopped too. Where that counts minutes and
nano-dollars, here are hours and dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from . import figures, money_shapes

if TYPE_CHECKING:
    from ..journal.spend import Account, Burn, Line
    from ..journal.state import RunState
    from ..recipe import Recipe

RECENT_MINUTES = 15
ORDER = ("usd", "tokens", "minutes", "calls", "turns", "submissions", "experiments")
"""The keys of a budget as a person asks for them, money first."""
COUNTED = ("turns", "submissions", "experiments")
"""Known of the whole run alone: how long these last is told by the rate of the whole run."""


def budget(recipe: Recipe, state: RunState, now: int, researcher: str = "") -> money_shapes.Budget:
    """The fleet's account and everybody's, or that of `researcher` alone; `now` in microseconds UTC."""
    names = list(dict.fromkeys([*(one.id for one in recipe.researchers), *state.researchers]))
    accounts = [account(recipe, state, name, now) for name in names]
    return money_shapes.Budget(
        run=state.run,
        status=state.status,
        play_money=rehearsed(recipe),
        at=figures.iso(now),
        fleet=_with_the_soonest_end(account(recipe, state, "", now), accounts),
        researchers=[each for each in accounts if researcher in ("", each.researcher)],
    )


def rehearsed(recipe: Recipe) -> bool:
    """Whether its dollars are play money: its model is a script on this machine."""
    return recipe.claude.rehearsal and any(one.mind == "claude" for one in recipe.researchers)


def account(recipe: Recipe, state: RunState, name: str, now: int) -> money_shapes.Account:
    """What the researcher `name` has used, or the fleet where it is empty."""
    from ..journal import spend

    used = spend.account(state, name)
    limits = msgspec.structs.asdict(recipe.limits(name, state.budgets))
    lines = {line.what: line for line in spend.lines(used, limits)}
    recent, whole = spend.burn(state, name, minutes=RECENT_MINUTES, now=now), spend.burn(state, name, now=now)
    lasts = {what: (whole if what in COUNTED else recent).lasts_us(line) for what, line in lines.items()}
    device_nusd = used.device_nusd(recipe.compute.usd_per_hour)
    who = state.researchers.get(name)
    return money_shapes.Account(
        researcher=name,
        model=who.model if who else "",
        amounts=[_amount(what, used, lines.get(what), lasts.get(what)) for what in ORDER],
        recent=_rate(recent),
        whole=_rate(whole),
        end=_end(name, lasts),
        researcher_hours=used.hours,
        device_hours=used.device_us / spend.HOUR_US,
        device_usd=figures.usd(device_nusd),
        models_usd_per_researcher_hour=spend.per_hour(used.nusd, used.active_us),
        devices_usd_per_researcher_hour=spend.per_hour(device_nusd, used.active_us),
        cache_read_share=used.cache_read_share,
        exceeded=(who.why if who.state == "budget" else who.exceeded) if who else "",
    )


def _amount(what: str, used: Account, line: Line | None, lasts_us: int | None) -> money_shapes.Amount:
    from ..journal.spend import UNITS

    field, unit = UNITS[what]
    unit *= 60 if what == "minutes" else 1
    return money_shapes.Amount(
        what=_name(what),
        used=getattr(used, field) / unit,
        held=getattr(used, f"held_{field}", 0) / unit,
        left=line.left / unit if line else None,
        limit=line.limit / unit if line else None,
        lasts_s=lasts_us / 1e6 if lasts_us is not None else None,
    )


def _name(what: str) -> str:
    return "hours" if what == "minutes" else what


def _rate(burn: Burn) -> money_shapes.Rate:
    from ..journal.spend import HOUR_US

    hours = burn.over_us / HOUR_US
    tokens = burn.tokens / hours if hours else None
    return money_shapes.Rate(over_s=burn.over_us / 1e6, usd_per_hour=burn.usd_per_hour, tokens_per_hour=tokens)


def _end(name: str, lasts: dict[str, int | None]) -> money_shapes.End | None:
    ends = [(in_us, what) for what, in_us in lasts.items() if in_us is not None]
    if not ends:
        return None
    in_us, what = min(ends, key=lambda end: end[0])
    return money_shapes.End(researcher=name, what=_name(what), in_s=in_us / 1e6)


def _with_the_soonest_end(
    fleet: money_shapes.Account, accounts: Sequence[money_shapes.Account]
) -> money_shapes.Account:
    """The fleet's account with the end that comes first: its own, or that of a researcher still at work."""
    ends = [each.end for each in [fleet, *accounts] if each.end and not each.exceeded]
    return msgspec.structs.replace(fleet, end=min(ends, key=lambda end: end.in_s, default=None))
