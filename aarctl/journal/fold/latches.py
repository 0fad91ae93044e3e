"""Latches: four of them can hold a researcher (pause and freeze, its own and the fleet's), each closed by itself.

A latch moves with the acknowledgement of the command that closes or opens it. Resuming opens both latches of the one
that is named, and no other: a researcher that was held alone stays so when the fleet goes on.
"""

from __future__ import annotations

from ..state import Experiment, RunState
from .handlers import researcher, rest, unblock


def pause(state: RunState, name: str) -> None:
    """Close the latch of a pause: of `name`, or, where none is named, of the fleet."""
    if name:
        researcher(state, name).paused = True
    else:
        state.paused = True


def freeze(state: RunState, name: str, *, release: bool) -> None:
    """Close the latch of a freeze; with `release`, those who run for it lose their slots."""
    if name:
        researcher(state, name).frozen = True
    else:
        state.frozen = True
    for one in state.experiments.values():
        if release and one.slot and (not name or _own(one, name)):
            one.releasing = True


def let_go(state: RunState, name: str) -> None:
    """Open both latches of `name` or of the fleet; whoever no latch holds any more goes on from where it was."""
    if name:
        who = researcher(state, name)
        who.paused = who.frozen = False
    else:
        state.paused = state.frozen = False
    for who in state.researchers.values():
        if name in ("", who.id):
            unblock(state, who)
        if who.state == "frozen" and not state.is_frozen(who.id):
            if who.open_tools:
                who.state, who.why, who.since = "acting", "", state.at
            else:
                rest(state, who)
        elif who.state == "paused" and state.runs(who.id):
            rest(state, who)


def _own(one: Experiment, name: str) -> bool:
    """Whether it is the researcher's own work: a replication of its method is the fleet's."""
    return one.researcher == name and one.purpose == "research"
