"""The run, its supervisor and its task."""

from __future__ import annotations

import msgspec

from .base import Event, Text


class RunOpened(Event, frozen=True, kw_only=True, tag="run.opened"):
    """The first event of every journal."""

    run: str
    aarctl: str
    """Version of aarctl that opened the run."""
    recipe: Text
    """The resolved recipe."""
    machine: dict[str, str] = {}
    """What this run runs on: python, platform, cores, memory; shown, never decided upon."""


class RunClosed(Event, frozen=True, kw_only=True, tag="run.closed"):
    """Nothing more happens unless a person reopens the run."""

    reason: str
    """finished | stopped | failed"""
    note: str = ""


class SupervisorStarted(Event, frozen=True, kw_only=True, tag="supervisor.started"):
    """A supervisor holds the run's lock; `epoch` grows by one at each start."""

    epoch: int
    pid: int


class SupervisorRecovered(Event, frozen=True, kw_only=True, tag="supervisor.recovered"):
    """What the supervisor found half done at its start, and settled."""

    epoch: int
    interrupted: list[str] = []
    """One sentence each."""


class TaskRequested(Event, frozen=True, kw_only=True, tag="task.requested"):
    """The task version this run needs; it is built now unless the home has it."""

    task: str


class DomainFacts(msgspec.Struct, frozen=True):
    """Accuracies, in [0, 1], that the task version fixes for one domain."""

    domain: str
    weak: float
    ceiling: float
    test_items: int


class TaskReady(Event, frozen=True, kw_only=True, tag="task.ready"):
    """The task version stands in the home."""

    task: str
    feedback: str
    """The domain that researchers see and are scored on."""
    held_out: list[str]
    domains: list[DomainFacts]
    built: bool = False
    """Whether this run built it, rather than found it."""
    seconds: float = 0.0


class RoundOpened(Event, frozen=True, kw_only=True, tag="round.opened"):
    """All researchers may take one turn; they see the forum as it stood just now."""

    round: int
