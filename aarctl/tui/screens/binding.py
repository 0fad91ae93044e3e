"""From the table of actions to Textual's bindings: the one place where keys are bound.

A screen that binds the table gets `act('ID')` for each of its keys, and decides there. Lists outside the room bind
the moving keys alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode

from ..acts.actions import MOVING, Action

_MOVING_IDS = frozenset(action.id for action in MOVING if action.runs.startswith("focused."))


def moving(actions: Iterable[Action]) -> list[Action]:
    """Of a table, the rows that move within whatever list has the focus."""
    return [action for action in actions if action.id in _MOVING_IDS]


def bind(screen: DOMNode, actions: Iterable[Action], *, via: str = "") -> None:
    """Bind the keys of `actions` on a screen, before what Textual binds itself; `via` names a method that takes ids."""
    made = (
        Binding(action.keys, f"{via}('{action.id}')" if via else action.runs, action.title, show=False)
        for action in actions
        if action.keys
    )
    screen._bindings = BindingsMap.merge([BindingsMap(made), screen._bindings])
