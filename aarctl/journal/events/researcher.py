"""Researchers: their creation, their state, their chapters, what they tell the person."""

from __future__ import annotations

from .base import Event, Text

STATES = ("starting", "thinking", "acting", "waiting", "paused", "finished", "budget", "failed")


class ResearcherCreated(Event, frozen=True, kw_only=True, tag="researcher.created"):
    """A researcher joined the fleet."""

    mind: str
    model: str
    direction: str
    seed: int = 0


class ResearcherStateChanged(Event, frozen=True, kw_only=True, tag="researcher.state_changed"):
    """One of STATES, and why in a few words."""

    state: str
    why: str = ""


class ChapterOpened(Event, frozen=True, kw_only=True, tag="chapter.opened"):
    """From here the mind's history begins: the exact system prompt and tools it is given."""

    chapter: int
    system: Text
    tools: Text
    """JSON list of {name, description, schema}."""


class PersonTold(Event, frozen=True, kw_only=True, tag="person.told"):
    """A researcher wants the person to know something; nothing waits for an answer."""

    text: Text
