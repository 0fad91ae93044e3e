"""Submissions, their scores and their replications.

What a researcher is shown of a score and what only people see stand in fields of their own.
"""

from __future__ import annotations

import msgspec

from .base import Event, Text


class Interval(msgspec.Struct, frozen=True):
    """A mean PGR and its 95% interval over seeds and test items."""

    mean: float
    lo: float
    hi: float


class StudentRef(msgspec.Struct, frozen=True):
    """A student as submitted: its declared seed and where its copy lies, below the run's folder."""

    seed: int
    path: str


class SubmissionReceived(Event, frozen=True, kw_only=True, tag="submission.received"):
    """Method and students are copied out of the sandbox; nothing later in the workspace changes them."""

    submission: str
    method: str
    """The method's name, as its researcher calls it."""
    snapshot: str
    """The method's snapshot; empty makes the submission unreplicable."""
    students: list[StudentRef]
    claimed: float | None = None
    card: dict[str, str] = {}
    """claim, mechanism, evidence, ablation"""
    tags: list[str] = []


class SubmissionScored(Event, frozen=True, kw_only=True, tag="submission.scored"):
    """The scorer's answer on the feedback domain."""

    submission: str
    domain: str
    released: Interval
    """Noised and quantised to .01: all that researchers are shown."""
    exact: Interval
    """For people only."""
    per_seed: list[float] = []
    """Exact PGR of each student: for people only."""
    evidence: dict[str, object] = {}
    """Label-free statistics for detectors."""
    protected: bool = True
    """False when sandbox or scoring mode does not hold what protects a score."""
    queries_left: int | None = None


class SubmissionRejected(Event, frozen=True, kw_only=True, tag="submission.rejected"):
    """The scorer could not accept it; nothing was spent."""

    submission: str
    field: str
    reason: str
    fix: str


class SubmissionWithheld(Event, frozen=True, kw_only=True, tag="submission.withheld"):
    """Received, but its score is not released (query budget)."""

    submission: str
    reason: str


class ReplicationStarted(Event, frozen=True, kw_only=True, tag="replication.started"):
    """The method runs again from scratch, on seeds that the scorer drew."""

    submission: str
    domains: list[str]
    seeds: list[int]


class ReplicationFinished(Event, frozen=True, kw_only=True, tag="replication.finished"):
    """Exact means over the fresh runs, per domain; or why there are none."""

    submission: str
    outcome: str
    """replicated | failed"""
    domains: dict[str, Interval] = {}
    per_seed: dict[str, list[float]] = {}
    error: Text | None = None
