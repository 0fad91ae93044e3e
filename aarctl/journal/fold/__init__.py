"""The fold: RunState after one more event.

Pure but for the state it is given: the same events give the same state, live or replayed (invariant 4). One
handler per kind, in one file per family; a kind without a handler changes nothing but `seq` and `at`.
Only `ideas` looks at events that others handle.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..events import Event
from ..state import RunState
from . import attention, board, fleet, ideas, people, work
from .handlers import HANDLERS

__all__ = ["apply", "fold"]

_FAMILIES = (fleet, work, board, people, attention)  # importing them fills HANDLERS


def apply(state: RunState, seq: int, at: int, event: Event) -> RunState:
    """`state` moved on by one event, in place, and returned."""
    state.seq = seq
    state.at = at
    handler = HANDLERS.get(type(event))
    if handler is not None:
        handler(state, event)
    ideas.consider(state, event)
    return state


def fold(records: Iterable[tuple[int, int, Event]], state: RunState | None = None) -> RunState:
    """All of `records` (seq, at, event) applied in order to `state`, or to a new one."""
    state = RunState() if state is None else state
    for seq, at, event in records:
        apply(state, seq, at, event)
    return state
