"""How each kind of event reads: its label, its detail, its text, and how much of it stays collapsed.

One small function per kind, in one file per family, found by the event's type. Nothing here is cleaned yet: `items`
does that.
"""

from __future__ import annotations

from aarctl.journal import events as ev
from aarctl.journal.events import Event

from . import mind, people, run, work
from .readers import READERS, Reading, TextOf

__all__ = ["HIDDEN", "Reading", "TextOf", "reading_of"]

_FAMILIES = (mind, work, people, run)  # importing them fills READERS

HIDDEN = (ev.ModelRequested, ev.BudgetReserved, ev.BudgetSettled, ev.ForumRead, ev.CommandAcknowledged)
"""Bookkeeping: the fleet pane and the notice line show what they come to."""


def reading_of(event: Event, text_of: TextOf) -> Reading | None:
    """The event in words; None when it is not shown."""
    reader = READERS.get(type(event))
    if reader is not None:
        return reader(event, text_of)
    return None if isinstance(event, HIDDEN) else Reading(ev.kind_of(event), tone="dim")
