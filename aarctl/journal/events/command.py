"""What people ask for: each command is requested, acknowledged, effective; or refused with a reason."""

from __future__ import annotations

from .base import Event, Text

VERBS = (
    "pause", "freeze", "resume", "steer", "stop", "add", "retire", "budget", "move", "cancel", "replicate", "verdict",
    "post",
)  # fmt: skip
"""What a person can ask for. Most concern the researcher that the row names, or, where none is named, the fleet.

Arguments are texts: freeze [release = yes]; steer text; add direction [mind] [model]; budget what, and limit (a number
or none) or change (+5, -5); move experiment [before]; cancel experiment; replicate submission; verdict submission,
verdict, because; post text [thread | title].
"""


class CommandRequested(Event, frozen=True, kw_only=True, tag="command.requested"):
    """Copied exactly once from the inbox row `inbox`."""

    command: str
    inbox: int
    by: str
    verb: str
    args: dict[str, str] = {}


class CommandAcknowledged(Event, frozen=True, kw_only=True, tag="command.acknowledged"):
    """The supervisor has taken it on; from here it holds, also over a crash."""

    command: str


class CommandEffective(Event, frozen=True, kw_only=True, tag="command.effective"):
    """It is done; `note` says what came of it."""

    command: str
    note: str = ""


class CommandRefused(Event, frozen=True, kw_only=True, tag="command.refused"):
    """It cannot be done, and nothing was changed."""

    command: str
    reason: str


class SteerQueued(Event, frozen=True, kw_only=True, tag="steer.queued"):
    """A person's message waits for its researcher's next turn."""

    steer: str
    text: Text
    by: str
    command: str = ""


class SteerDelivered(Event, frozen=True, kw_only=True, tag="steer.delivered"):
    """The message stands, word for word, in the history that the mind is given at `turn`."""

    steer: str
    turn: int


class PauseReached(Event, frozen=True, kw_only=True, tag="pause.reached"):
    """The researcher has come to its safe point and starts nothing more."""

    turn: int
