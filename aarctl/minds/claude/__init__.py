"""The claude mind: a language model as a researcher, through the streaming Messages API.

    mind      one turn, its attempts and how each ended      wire      a chapter as the bytes of a request
    service   the SDK's client, one attempt                  stream    events of an answer, put together
    pace      the rate limiter that the fleet shares         answer    a whole answer as a turn
    call      an open call and what it comes to              cost      bounds on tokens
    verdict   what a failure means                           key       the API key
    errors    sentences for the person                       settings  what a recipe says

Importing this loads no SDK; the first call does.
"""

from .errors import (
    ClaudeError,
    ContextFull,
    KeyRefused,
    NoKey,
    Refused,
    SpendLimit,
    UnknownModel,
    Unreachable,
)
from .key import Key, read_key, write_key
from .mind import ClaudeMind
from .pace import Limits, Pace
from .service import Service
from .settings import Settings

__all__ = [
    "ClaudeError", "ClaudeMind", "ContextFull", "Key", "KeyRefused", "Limits", "NoKey", "Pace", "Refused",
    "Service", "Settings", "SpendLimit", "UnknownModel", "Unreachable", "read_key",
    "write_key",
]  # fmt: skip
