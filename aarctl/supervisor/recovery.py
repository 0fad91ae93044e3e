"""What a new supervisor finds half done, and the events that settle it: pure.

Nothing is guessed. A call whose answer may be lost is charged at its worst case; an experiment that held a slot is
queued again under its own id, unless it is frozen: then it keeps the slot. Open tools need nothing here: their
researcher's loop runs them again, which does no harm, because an effect is an event that did not commit, or is named by
the call (an exec id, a file). Sandboxes are not spoken of: whether one outlived its supervisor is seen when it is next
needed.
"""

from __future__ import annotations

from ..journal.events import (
    Event,
    ExperimentReleased,
    ModelUnknownOutcome,
    SupervisorRecovered,
)
from ..journal.state import RunState
from . import places


def settle(state: RunState) -> list[Event]:
    """The events to record at start; empty when nothing was interrupted."""
    events: list[Event] = []
    said: list[str] = []
    for who in state.researchers.values():
        if who.open_call:
            events.append(
                ModelUnknownOutcome(
                    researcher=who.id, call=who.open_call, cost_nusd=who.open_call_nusd, tokens=who.open_call_tokens
                )
            )  # fmt: skip
            said.append(f"{who.id}: the answer to call {who.open_call} is lost")
        said.extend(f"{who.id}: {tool.tool} is run again" for tool in who.open_tools.values())
    for experiment in state.experiments.values():
        if experiment.slot and (experiment.releasing or not places.holds(state, experiment)):
            events.append(
                ExperimentReleased(
                    researcher=experiment.researcher, experiment=experiment.id, slot=experiment.slot,
                    why="its supervisor ended",
                )
            )  # fmt: skip
            said.append(f"{experiment.id} is queued again")
    if said:
        events.append(SupervisorRecovered(epoch=state.epoch, interrupted=said))
    return events
