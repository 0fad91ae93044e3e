"""Every kind of event there is: one closed list.

The list is a contract with every journal ever written: kinds are added, never renamed or removed.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from ..errors import UnknownEvent
from .audit import FlagRaised, VerdictGiven
from .base import EMPTY, HEAD_BYTES, Event, Text, clean, head_of
from .budget import BudgetChanged, BudgetExceeded, BudgetReserved, BudgetSettled
from .command import (
    VERBS,
    CommandAcknowledged,
    CommandEffective,
    CommandRefused,
    CommandRequested,
    PauseReached,
    SteerDelivered,
    SteerQueued,
)
from .egress import EgressAttempted
from .experiment import (
    ExperimentCancelled,
    ExperimentFinished,
    ExperimentLeased,
    ExperimentMoved,
    ExperimentQueued,
    ExperimentReleased,
)
from .forum import ForumPosted, ForumRead
from .model import (
    ModelCancelled,
    ModelCompleted,
    ModelFailed,
    ModelRequested,
    ModelUnknownOutcome,
    RateLimited,
)
from .researcher import (
    STATES,
    ChapterClosing,
    ChapterOpened,
    NoticeDelivered,
    PersonTold,
    ResearcherBlocked,
    ResearcherCreated,
    ResearcherStateChanged,
)
from .run import (
    DomainFacts,
    RoundOpened,
    RunClosed,
    RunOpened,
    SupervisorRecovered,
    SupervisorStarted,
    TaskReady,
    TaskRequested,
)
from .sandbox import SandboxChosen, SandboxCreated, SandboxLost, SandboxRemoved
from .snapshot import SnapshotTaken
from .submission import (
    Interval,
    ReplicationFinished,
    ReplicationStarted,
    StudentRef,
    SubmissionReceived,
    SubmissionRejected,
    SubmissionScored,
    SubmissionWithheld,
)
from .tool import ToolCompleted, ToolRequested

AnyEvent = (
    RunOpened
    | RunClosed
    | SupervisorStarted
    | SupervisorRecovered
    | TaskRequested
    | TaskReady
    | RoundOpened
    | ResearcherCreated
    | ResearcherStateChanged
    | ResearcherBlocked
    | ChapterOpened
    | ChapterClosing
    | NoticeDelivered
    | PersonTold
    | ModelRequested
    | ModelCompleted
    | ModelFailed
    | ModelCancelled
    | ModelUnknownOutcome
    | RateLimited
    | ToolRequested
    | ToolCompleted
    | SandboxChosen
    | SandboxCreated
    | SandboxLost
    | SandboxRemoved
    | EgressAttempted
    | ExperimentQueued
    | ExperimentLeased
    | ExperimentReleased
    | ExperimentMoved
    | ExperimentCancelled
    | ExperimentFinished
    | ForumPosted
    | ForumRead
    | SnapshotTaken
    | SubmissionReceived
    | SubmissionScored
    | SubmissionRejected
    | SubmissionWithheld
    | ReplicationStarted
    | ReplicationFinished
    | FlagRaised
    | VerdictGiven
    | CommandRequested
    | CommandAcknowledged
    | CommandEffective
    | CommandRefused
    | SteerQueued
    | SteerDelivered
    | PauseReached
    | BudgetChanged
    | BudgetReserved
    | BudgetSettled
    | BudgetExceeded
)

KINDS: dict[str, type[Event]] = {str(event.__struct_config__.tag): event for event in get_args(AnyEvent)}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AnyEvent).decode


def kind_of(event: Event) -> str:
    """The kind that stands in the row, such as "tool.completed"."""
    return str(event.__struct_config__.tag)


def encode(event: Event) -> bytes:
    """The body of a row: compact JSON, its kind included."""
    return _encode(event)


def decode(body: bytes) -> Event:
    """The event of a body. Raises UnknownEvent."""
    try:
        event: Event = _decode(body)
    except (ValueError, TypeError) as error:  # of msgspec, UnicodeDecodeError, a column of another type
        raise UnknownEvent(
            f"{repr(body)[:80]}: {error}; open this run with the aarctl that wrote it, or run `aarctl journal verify`"
        ) from None
    return event


__all__ = [
    "EMPTY", "HEAD_BYTES", "KINDS", "STATES", "VERBS", "AnyEvent", "BudgetChanged", "BudgetExceeded",
    "BudgetReserved", "BudgetSettled", "ChapterClosing", "ChapterOpened", "CommandAcknowledged", "CommandEffective",
    "CommandRefused", "CommandRequested", "DomainFacts", "EgressAttempted", "Event", "ExperimentCancelled",
    "ExperimentFinished", "ExperimentLeased", "ExperimentMoved", "ExperimentQueued", "ExperimentReleased",
    "FlagRaised", "ForumPosted", "ForumRead", "Interval", "ModelCancelled", "ModelCompleted", "ModelFailed",
    "ModelRequested", "ModelUnknownOutcome", "NoticeDelivered", "PauseReached", "PersonTold", "RateLimited",
    "ReplicationFinished", "ReplicationStarted", "ResearcherBlocked", "ResearcherCreated", "ResearcherStateChanged",
    "RoundOpened", "RunClosed", "RunOpened", "SandboxChosen", "SandboxCreated", "SandboxLost", "SandboxRemoved",
    "SnapshotTaken", "SteerDelivered", "SteerQueued", "StudentRef", "SubmissionReceived", "SubmissionRejected",
    "SubmissionScored", "SubmissionWithheld", "SupervisorRecovered", "SupervisorStarted", "TaskReady",
    "TaskRequested", "Text", "ToolCompleted", "ToolRequested", "UnknownEvent", "VerdictGiven", "clean", "decode",
    "encode", "head_of", "kind_of",
]  # fmt: skip
