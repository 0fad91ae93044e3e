"""Why a Claude researcher cannot go on, in one sentence that names the fix.

    ClaudeError
    ├─ NoKey            there is no usable API key
    ├─ Refused          the service said no, and would say it again
    │  ├─ KeyRefused    401, 403, an organisation on hold
    │  ├─ UnknownModel  404
    │  ├─ SpendLimit    a spend limit or the credit is used up
    │  └─ ContextFull   the history no longer fits: a new chapter is due
    └─ Unreachable      every attempt failed

Whatever is raised, nothing is lost: the turn was not taken, and a resumed researcher takes it again. No message holds
the key.
"""

from __future__ import annotations

from ..protocol import ChapterFull, MindError


class ClaudeError(MindError):
    """A call to the model cannot be made, or cannot be finished."""


class NoKey(ClaudeError):
    """No key, or one that others may read."""


class Refused(ClaudeError):
    """The service refused the request itself; the same request would be refused again."""


class KeyRefused(Refused):
    """The service does not know the key, or does not let it do this."""


class UnknownModel(Refused):
    """The service has no such model, or is no Messages API at all."""


class SpendLimit(Refused):
    """The account may not spend more."""


class ContextFull(Refused, ChapterFull):
    """The history is longer than the model can read."""


class Unreachable(ClaudeError):
    """Attempt after attempt failed."""
