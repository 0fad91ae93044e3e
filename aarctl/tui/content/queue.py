"""Who is next for a slot, by the very law that hands slots out (compute.queue). Pure.

Experiments that a latch holds keep their place in the queue and are passed over: they have no number.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from aarctl.compute.queue import Waiting, assign
from aarctl.compute.slots import Slot
from aarctl.journal.state import Experiment, RunState

REPLICATIONS = "replications"
"""Their client in the queue: a share of their own."""
NUMBERED = 99  # positions that are worked out; whoever waits behind them is told no number


class Place(NamedTuple):
    """An experiment that waits."""

    experiment: Experiment
    number: int
    """From 1; 0 where it is held, or too far back to be told."""
    held: bool


def client(one: Experiment) -> str:
    """Whose share of the slots an experiment counts against."""
    return REPLICATIONS if one.purpose == "replication" else one.researcher


def queue(state: RunState) -> list[Place]:
    """Everything that waits, in the order in which it would get a slot now; what is held comes last."""
    waiting = [one for one in state.experiments.values() if not one.slot and not one.cancelled]
    held = [one for one in waiting if not _may_run(state, one)]
    line = [
        Waiting(one.id, client(one), at) for at, one in enumerate(state.experiments.values())
        if not one.slot and not one.cancelled and _may_run(state, one)
    ]  # fmt: skip
    running = Counter(client(one) for one in state.experiments.values() if one.slot)
    used = {who.id: who.device_s for who in state.researchers.values()}
    slots = [Slot(f"{number:02}") for number in range(min(len(line), NUMBERED))]
    given = [state.experiments[one.experiment] for one in assign(line, slots, running, used)]
    numbered = {one.id for one in given}
    behind = [state.experiments[one.experiment] for one in line if one.experiment not in numbered]
    return [
        *(Place(one, number, False) for number, one in enumerate(given, 1)),
        *(Place(one, 0, False) for one in behind),
        *(Place(one, 0, True) for one in held),
    ]


def _may_run(state: RunState, one: Experiment) -> bool:
    if one.purpose == "replication":
        return not state.paused and not state.frozen
    return one.researcher not in state.researchers or state.runs(one.researcher)
