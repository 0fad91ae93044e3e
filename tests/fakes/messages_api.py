"""The tests' one door to the rehearsal's Messages API on the loopback, with a key and a script of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aarctl.minds.rehearsal.account import RATES, Account
from aarctl.minds.rehearsal.asked import Asked, Rule
from aarctl.minds.rehearsal.faults import (
    BROKEN,
    NO_CREDIT,
    OVERLOADED,
    PASSING,
    SPENT,
    TOO_LONG,
    Break,
    Cut,
    Drip,
    Fault,
    Garble,
    Stall,
    Status,
    Vanish,
    at_random,
    in_order,
    limited,
)
from aarctl.minds.rehearsal.limits import Limits as ServiceLimits
from aarctl.minds.rehearsal.replies import Block, Raw, Reply, Say, Think, Use, events, say, use
from aarctl.minds.rehearsal.server import MessagesApi as RehearsalApi

__all__ = [
    "BROKEN", "KEY", "NO_CREDIT", "OVERLOADED", "PASSING", "RATES", "SPENT", "TOO_LONG", "Account", "Asked", "Block",
    "Break", "Cut", "Drip", "Fault", "Garble", "MessagesApi", "Raw", "Reply", "Rule", "Say", "ServiceLimits", "Stall",
    "Status", "Think", "Use", "Vanish", "at_random", "events", "in_order", "limited", "say", "script", "use",
]  # fmt: skip

KEY = "sk-ant-fake-0123456789abcdef"


class MessagesApi(RehearsalApi):
    """The server, with a key that tests know; the same key gives the same ids."""

    def __init__(self, rule: Rule, *args: Any, key: str = KEY, **options: Any) -> None:
        super().__init__(rule, *args, key=key, **options)


def script(replies: Sequence[Reply]) -> Rule:
    """Each answer in turn, the last one for ever."""
    return lambda asked: replies[min(asked.answered, len(replies) - 1)]
