"""Budgets as a person reads them: what is used of each, how near its end is in words, what an hour costs. Pure.

The figures are those of `journal.spend`, by which researchers are stopped.
"""

from __future__ import annotations

from typing import NamedTuple

from aarctl.journal import spend
from aarctl.journal.state import RunState

from .doing import OVER
from .figures import NONE, amount, money, span
from .limits import Limits
from .spending import COUNTED, RECENT_MINUTES, WORDS

NEAR = 0.8  # of a limit, used and held: from here on it is called near


class Use(NamedTuple):
    """One limit and what stands against it."""

    what: str
    """A key of spend.UNITS."""
    line: spend.Line
    lasts_us: int | None
    """At the present rate; 0: used up; None: for ever."""

    @property
    def name(self) -> str:
        """What it limits, as a person calls it."""
        return WORDS.get(self.what, self.what)

    @property
    def share(self) -> float:
        """Of the limit, what is used or held; a limit of 0 is used up."""
        return (self.line.used + self.line.held) / self.line.limit if self.line.limit else 1.0

    @property
    def word(self) -> str:
        """used up | near | empty where there is nothing to say."""
        if self.line.reached:
            return "used up"
        return "near" if self.share >= NEAR else ""

    @property
    def tone(self) -> str:
        """Only underlines the word."""
        return {"used up": "bad", "near": "warn"}.get(self.word, "plain")


class Books(NamedTuple):
    """The fleet's figures, or one researcher's."""

    whose: str
    """Empty for the fleet."""
    account: spend.Account
    uses: tuple[Use, ...]
    burn_usd: float | None
    """Dollars an hour of late."""
    models_usd: float | None
    """Dollars for models in a researcher-hour."""
    devices_usd: float | None
    """Dollars for devices in a researcher-hour; None where an hour of a slot costs nothing."""

    @property
    def first(self) -> Use | None:
        """The limit to look at: the one that ends first, else the one that is used most."""
        ends = [use for use in self.uses if use.lasts_us is not None]
        if ends:
            return min(ends, key=lambda use: use.lasts_us or 0)
        return max(self.uses, key=lambda use: use.share, default=None)


def books(state: RunState, limits: Limits, now: int, whose: str = "") -> Books:
    """The books of the fleet, or of one researcher. Nobody that is over uses anything any more."""
    account = spend.account(state, whose)
    who = state.researchers.get(whose)
    rests = state.over or (who is not None and who.state in OVER)
    recent = spend.burn(state, whose, minutes=RECENT_MINUTES, now=now)
    whole = spend.burn(state, whose, now=now)
    uses = []
    for line in spend.lines(account, limits.all_of(whose)):
        lasts = (whole if line.what in COUNTED else recent).lasts_us(line)
        uses.append(Use(line.what, line, lasts if lasts == 0 or not rests else None))
    devices = account.device_nusd(limits.slot_usd)
    return Books(
        whose, account, tuple(uses), None if rests else recent.usd_per_hour,
        spend.per_hour(account.nusd, account.active_us),
        spend.per_hour(devices, account.active_us) if limits.slot_usd else None,
    )  # fmt: skip


def figure(what: str, units: int) -> str:
    """An amount of spend.UNITS in its own units."""
    if what == "usd":
        return money(units)
    return span(units / 1e6) if what == "minutes" else amount(units)


def dollars(usd: float | None, per: str = "") -> str:
    """A price; a dash where there is none."""
    return NONE if usd is None else f"{money(round(usd * spend.NANO))}{per}"


def lasts(use: Use) -> str:
    """How long it lasts, in words."""
    if use.lasts_us == 0:
        return "used up" if use.line.reached else "all is held"
    rest = NONE if use.lasts_us is None else span(use.lasts_us / 1e6)
    return f"{use.word} {rest}" if use.word else rest


def in_words(use: Use) -> str:
    """The limit to look at, as a clause: "dollars near, 2.0 h left", "turns used up"."""
    if use.line.reached:
        return f"{use.name} used up"
    near = " near" if use.word else ""
    share = f" {use.share:.0%}"
    ends = f", {span(use.lasts_us / 1e6)} left" if use.lasts_us else ""
    return f"{use.name}{near}{share}{ends}"
