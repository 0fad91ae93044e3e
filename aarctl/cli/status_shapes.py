"""The shapes of `aarctl status --json`; the rules of all shapes are those of shapes.py."""

from __future__ import annotations

from . import shapes


class ResearcherRow(shapes.Shape, frozen=True):
    """One researcher."""

    researcher: str
    mind: str
    model: str
    direction: str
    state: str
    """starting, thinking, acting, waiting, paused, frozen, blocked, finished, budget or failed."""
    why: str
    paused: bool
    """Its own latch; the fleet's stands beside it in `paused` of the status."""
    frozen: bool
    """Its own latch of a freeze, in the same way."""
    turn: int
    chapter: int
    """Of its history: a new one begins when the one before has become too long to read."""
    said: str
    """The last line it said."""
    sandbox: str
    """The sandbox engine; empty before it has one."""
    isolated: bool
    """Whether that engine really isolates."""
    protection: str
    """What its sandbox holds back, in one line for people; empty before it has one."""
    image: str
    """Digest of the sandbox's image; empty where the engine has none."""
    submissions: int
    experiments: int
    posts: int
    tokens: int
    usd: float
    device_s: float
    active_s: float
    """Unpaused wall time."""
    steers_waiting: int
    """Messages of yours that it has not been given yet."""
    budget: str
    """The limit that stopped it, such as "turns 24 of 24"; else empty."""


class Experiments(shapes.Shape, frozen=True):
    """How many there are."""

    waiting: int
    running: int
    finished: int


class Cost(shapes.Shape, frozen=True):
    """What the run used so far."""

    wall_s: float
    """From its first event to its last."""
    device_s: float
    """Seconds times slots held."""
    active_s: float
    """Researchers' unpaused wall time, summed."""
    tokens: int
    usd: float


class Ideas(shapes.Shape, frozen=True):
    """How varied the fleet's ideas are, by the method tags of its last 64 experiments, posts and submissions."""

    bits: float
    """Shannon entropy of the tags; 0 when all is one idea, and before there is any."""
    most: float
    """What it would be if each tag were used as much as any other: log2 of their number."""
    tags: dict[str, float]
    """By tag, its share, the largest first; written by researchers."""


class ToldRow(shapes.Shape, frozen=True):
    """What a researcher wants you to know; nothing waits for an answer."""

    researcher: str
    at: str
    text: str
    """Its beginning: `aarctl log` has all of it."""


class CommandRow(shapes.Shape, frozen=True):
    """A person's command and how far it has come."""

    command: str
    verb: str
    researcher: str
    state: str
    """requested, acknowledged, effective or refused."""
    note: str


class Status(shapes.Shape, frozen=True):
    """`aarctl status RUN --json`."""

    run: str
    status: str
    """new, building, running, finished, stopped or failed."""
    note: str
    supervised: bool
    """Whether a supervisor holds it now."""
    paused: bool
    """The fleet's latch."""
    frozen: bool
    """The fleet's latch of a freeze."""
    stopping: bool
    play_money: bool
    """A rehearsal: no model was asked, and nobody pays its dollars."""
    round: int
    seq: int
    """The last event."""
    head: str
    """Hash of the journal's chain up to it."""
    opened_at: str | None
    updated_at: str | None
    task: str
    feedback: str
    held_out: list[str]
    domains: list[shapes.DomainRow]
    researchers: list[ResearcherRow]
    experiments: Experiments
    cost: Cost
    best: shapes.Best | None
    ideas: Ideas
    told: list[ToldRow]
    """The last few, oldest first."""
    commands: list[CommandRow]
    """The open ones and the last few that are over."""
