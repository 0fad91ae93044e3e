"""What a transcript may be narrowed to: errors, tools, steers, submissions. Pure.

A filter names the kinds that it needs, so that the others are not even decoded, and says yes or no to an event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from aarctl.journal import events as ev
from aarctl.journal.events import Event, kind_of


class Filter(NamedTuple):
    """A part of a history."""

    name: str
    kinds: tuple[str, ...] = ()
    """All kinds when empty."""
    keeps: Callable[[Event], bool] = lambda event: True

    def __call__(self, event: Event) -> bool:
        """Whether an event belongs to it."""
        return (not self.kinds or kind_of(event) in self.kinds) and self.keeps(event)


def _is_error(event: Event) -> bool:
    match event:
        case ev.ToolCompleted():
            return not event.ok
        case ev.ExperimentFinished():
            return event.outcome != "done"
        case ev.ReplicationFinished():
            return event.outcome != "replicated"
        case ev.ResearcherStateChanged():
            return event.state == "failed"
        case ev.RunClosed():
            return event.reason == "failed"
    return True


def _is_told(event: Event) -> bool:
    """A steer that was asked for stands in the history as one that waits."""
    return not isinstance(event, ev.CommandRequested) or event.verb != "steer"


ALL = Filter("all")
ERRORS = Filter("errors", (
    "tool.completed", "model.failed", "model.unknown_outcome", "experiment.finished", "replication.finished",
    "submission.rejected", "researcher.blocked", "researcher.state_changed", "sandbox.lost", "command.refused",
    "run.closed",
), _is_error)  # fmt: skip
TOOLS = Filter("tools", ("tool.requested", "tool.completed"))
STEERS = Filter("steers", (
    "steer.queued", "steer.delivered", "person.told", "notice.delivered", "command.requested", "command.effective",
    "command.refused",
), _is_told)  # fmt: skip
SUBMISSIONS = Filter("submissions", (
    "submission.received", "submission.scored", "submission.rejected", "submission.withheld", "replication.started",
    "replication.finished", "flag.raised", "verdict.given",
))  # fmt: skip
FILTERS = (ALL, ERRORS, TOOLS, STEERS, SUBMISSIONS)
"""In the order in which the key goes round."""


def following(of: Filter, step: int = 1) -> Filter:
    """The filter that the key comes to next."""
    return FILTERS[(FILTERS.index(of) + step) % len(FILTERS)]
