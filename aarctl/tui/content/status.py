"""What is the matter with a run, in one word, one glyph and, where a person must act, one sentence. Pure."""

from __future__ import annotations

from typing import NamedTuple

from aarctl.journal.state import RunState

GRACE_US = 10_000_000  # a supervisor that was just launched has this long until it is missed


class Status(NamedTuple):
    """How a run stands."""

    word: str
    """starting | building | running | paused | stopping | finished | stopped | failed | supervisor dead"""
    glyph: str
    tone: str
    sentence: str = ""
    """What a person should know or do."""


def status_of(state: RunState, supervised: bool, *, replay: bool = False, waited_us: int = 0) -> Status:
    """The status at a state. `supervised`: whether a supervisor holds the run; a replay has none.

    `waited_us` is how long the room has been open, for a run that has no events yet.
    """
    if state.over:
        return _over(state)
    if not supervised and not replay:
        if state.seq == 0 and waited_us < GRACE_US:
            return Status("starting", "◌", "accent", "The supervisor is starting.")
        return Status("supervisor dead", "✗", "bad", "No supervisor holds this run, so nothing moves. Nothing is lost.")
    if state.stopping:
        return Status("stopping", "◐", "warn", "Stopping at the next turn boundaries.")
    if state.status == "new":
        return Status("starting", "◌", "accent", "The supervisor is starting.")
    if state.status == "building":
        return Status("building the task", "◌", "accent")
    if state.frozen:
        return Status("frozen", "❆", "warn", "The fleet is frozen: everything stands still until it is resumed.")
    if state.paused:
        return Status("paused", "‖", "warn", "The fleet is paused: nobody begins a turn.")
    return Status("running", "●", "good")


def _over(state: RunState) -> Status:
    if state.status == "finished":
        return Status("finished", "✓", "strong", state.note)
    if state.status == "stopped":
        return Status("stopped", "■", "warn", state.note)
    return Status("failed", "✗", "bad", state.note or "The run failed; its supervisor's log says why.")
