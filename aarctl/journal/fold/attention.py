"""Folding what researchers want a person to know: the last of it, for screens; all of it stands in the events."""

from __future__ import annotations

from ..events import PersonTold
from ..state import RunState, Told
from .handlers import on

KEPT_TOLD = 8
TOLD_CHARS = 300


@on(PersonTold)
def _(state: RunState, event: PersonTold) -> None:
    told = Told(event.researcher, event.text.head[:TOLD_CHARS], state.seq, state.at)
    state.told = [*state.told, told][-KEPT_TOLD:]
