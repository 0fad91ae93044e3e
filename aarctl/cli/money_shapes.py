"""More shapes of --json, of the same contract as shapes.py: keys and budgets."""

from __future__ import annotations

from .shapes import Shape


class Amount(Shape, frozen=True):
    """One kind of thing that a budget can limit."""

    what: str
    """usd, tokens, hours, calls, turns, submissions or experiments; hours are unpaused researcher-hours."""
    used: float
    held: float
    """Promised to open calls: used in the end, or given back."""
    left: float | None
    """Neither used nor held; null without a limit."""
    limit: float | None
    """null: none is set."""
    lasts_s: float | None
    """How long the rest lasts at the present rate; null without a limit, or when nothing is used."""


class Rate(Shape, frozen=True):
    """How fast dollars and tokens go, by the clock, pauses included."""

    over_s: float
    """The stretch of time that it is taken from."""
    usd_per_hour: float | None
    """For models; null over no time."""
    tokens_per_hour: float | None


class End(Shape, frozen=True):
    """The limit that is reached first if things go on as they do."""

    researcher: str
    """Whose limit it is; empty: the fleet's."""
    what: str
    """As in Amount."""
    in_s: float
    """0: it is used up."""


class Account(Shape, frozen=True):
    """What the fleet, or one researcher, has used."""

    researcher: str
    """Empty: the whole fleet."""
    model: str
    """Empty for the fleet."""
    amounts: list[Amount]
    """Every kind, limited or not."""
    recent: Rate
    """About the last 15 minutes."""
    whole: Rate
    """Since the run began."""
    end: End | None
    """null when no limit is in sight. Of the fleet's account: the soonest of all limits."""
    researcher_hours: float
    device_hours: float
    """Hours times slots held; the fleet's include replications."""
    device_usd: float
    """By the recipe's `compute.usd_per_hour`; never part of a dollar budget."""
    models_usd_per_researcher_hour: float | None
    devices_usd_per_researcher_hour: float | None
    cache_read_share: float | None
    """Of the tokens sent, those read from the cache; null where none were sent."""
    exceeded: str
    """The limit, its own or the fleet's, that ended its work, such as "usd 25 of 25"; else empty."""


class Budget(Shape, frozen=True):
    """`aarctl budget RUN [RESEARCHER] --json`."""

    run: str
    status: str
    play_money: bool
    """A rehearsal: no model was asked, and nobody pays these dollars."""
    at: str | None
    """As of when; now, while a supervisor runs it."""
    fleet: Account
    researchers: list[Account]
    """All, or the one asked for."""


class KeyFound(Shape, frozen=True):
    """`aarctl key check --json`; exits 1 when there is none that can be used."""

    there: bool
    source: str | None
    """ANTHROPIC_API_KEY, or the file."""
    kept: bool
    """Whether the home keeps one too."""
    problem: str
    """Why there is none, and what to do; empty when there is."""
