"""Experiments: queued work on a leased compute slot.

An experiment that loses its slot is queued again under its own id with `attempt` + 1.
"""

from __future__ import annotations

from .base import Event, Text


class ExperimentQueued(Event, frozen=True, kw_only=True, tag="experiment.queued"):
    """It waits for a slot."""

    experiment: str
    argv: list[str]
    out: str
    """Folder, relative to the workspace, where it leaves its student and result.json; may be empty."""
    title: str
    purpose: str = "research"
    """research | replication"""
    submission: str = ""
    domain: str = ""
    seed: int = 0
    tags: list[str] = []
    timeout_s: float = 600.0


class ExperimentLeased(Event, frozen=True, kw_only=True, tag="experiment.leased"):
    """It holds a slot and is about to start."""

    experiment: str
    slot: str
    attempt: int = 1


class ExperimentReleased(Event, frozen=True, kw_only=True, tag="experiment.released"):
    """It gave its slot back before it was done, and is queued again."""

    experiment: str
    slot: str
    why: str


class ExperimentMoved(Event, frozen=True, kw_only=True, tag="experiment.moved"):
    """A person moved it in the queue: in front of `before`, or, where that is empty, to the front."""

    experiment: str
    before: str
    by: str


class ExperimentCancelled(Event, frozen=True, kw_only=True, tag="experiment.cancelled"):
    """Its researcher or a person no longer wants it; a running one is killed."""

    experiment: str
    by: str


class ExperimentFinished(Event, frozen=True, kw_only=True, tag="experiment.finished"):
    """It is over; `outcome` is what is known, and an unknown exit code is None."""

    experiment: str
    outcome: str
    """done | failed | timed_out | cancelled"""
    exit_code: int | None
    tail: Text
    """The end of what it printed: untrusted."""
    result: dict[str, object] = {}
    """Its result.json when that is a small, flat object: untrusted."""
    device_s: float = 0.0
    """Seconds times slots held."""
    mean_use: float | None = None
    """Of the slot, in [0, 1]."""
    peak_bytes: int | None = None
