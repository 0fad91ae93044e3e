"""The table from event type to handler, and what handlers share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from ..events import Event, Text
from ..state import News, Researcher, RunState

Handler = Callable[[RunState, Any], None]
HANDLERS: dict[type[Event], Handler] = {}

KEPT_NEWS = 32  # that a researcher has not been told of: more than it could have had under way
MAX_DIGITS = 15  # of an id: a longer number would not fit a checkpoint

_E = TypeVar("_E", bound=Event)


def on(kind: type[_E]) -> Callable[[Callable[[RunState, _E], None]], Callable[[RunState, _E], None]]:
    """Register the handler of one event type; a second one is a mistake."""

    def register(handler: Callable[[RunState, _E], None]) -> Callable[[RunState, _E], None]:
        if kind in HANDLERS:
            raise ValueError(f"{kind.__name__} has two handlers: {HANDLERS[kind]} and {handler}")
        HANDLERS[kind] = handler
        return handler

    return register


def researcher(state: RunState, name: str) -> Researcher:
    """The researcher `name`; one that was never created is made up, so that a damaged journal still folds."""
    found = state.researchers.get(name)
    if found is None:
        found = state.researchers[name] = Researcher(id=name, mind="?", model="?", direction="")
    return found


def count(state: RunState, identifier: str) -> None:
    """Remember that `identifier`, such as "s12", is given out; other forms of names count nothing."""
    letter, number = identifier[:1], identifier[1:]
    if number.isdecimal() and number.isascii() and len(number) <= MAX_DIGITS:
        state.counters[letter] = max(state.counters.get(letter, 0), int(number))


def news(state: RunState, name: str, about: str, what: str) -> None:
    """Something of `name`'s has come to its end: it is told at its next turn."""
    who = researcher(state, name)
    who.news = [*who.news, News(about, what)][-KEPT_NEWS:]


def digest(*parts: str | Text) -> str:
    """Twelve hex digits that tell one call, or one answer, from another."""
    found = hashlib.sha256()
    for part in parts:
        words = part if isinstance(part, str) else part.blob or part.head
        found.update(words.encode("utf-8", "surrogatepass") + b"\0")
    return found.hexdigest()[:12]


def unblock(state: RunState, who: Researcher) -> None:
    """A person had it go on: what blocked it counts as mended, and what it did in circles as forgotten."""
    who.blocked, who.failing = "", {}
    who.refusals = who.cuts = who.idle = 0
    if who.state == "blocked":
        rest(state, who)


def rest(state: RunState, who: Researcher) -> None:
    """It is between turns: it waits for its next one, or is held before it."""
    held = "frozen" if state.is_frozen(who.id) else "paused"
    who.state, who.why, who.since = ("waiting" if state.runs(who.id) else held), "", state.at
