"""Which sandboxes a run wants, and which of them a freeze holds: pure."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..home import TaskPaths
from ..journal.state import Experiment, RunState


class Place(msgspec.Struct, frozen=True):
    """A sandbox that is wanted."""

    name: str
    researcher: str
    purpose: str
    """research | replication | job"""
    public: Path
    """The task as its commands see it."""
    workspace: str
    """Name of the workspace: its own, or that of the sandbox it works for."""
    submission: str = ""
    """Whose method a replication finds in its workspace."""
    devices: tuple[str, ...] = ()


def research(task: TaskPaths, researcher: str) -> Place:
    """The researcher's own."""
    return Place(researcher, researcher, "research", task.public, researcher)


def replication(task: TaskPaths, one: Experiment, feedback: str) -> Place:
    """A clean one that holds the submission's method and nothing else; one per submission and domain."""
    name = f"{one.submission}-{one.domain}"
    public = task.public if one.domain == feedback else task.held_out(one.domain)
    return Place(name, one.researcher, "replication", public, name, one.submission)


def job(beside: Place, one: Experiment, devices: tuple[str, ...]) -> Place:
    """One for a single experiment, on the workspace of another; it alone sees the devices."""
    return msgspec.structs.replace(beside, name=f"{beside.name}-job-{one.id}", purpose="job", devices=devices)


def is_frozen(state: RunState, place: Place) -> bool:
    """Whether a freeze holds what runs there: a replication's only with the fleet."""
    return state.frozen if place.submission else state.is_frozen(place.researcher)


def holds(state: RunState, one: Experiment) -> bool:
    """Whether a freeze holds this experiment, by the same rule."""
    return state.frozen if one.purpose == "replication" else state.is_frozen(one.researcher)
