"""Researchers: their creation, their state, their chapters, what they tell the person and are told by us."""

from __future__ import annotations

from .base import EMPTY, Event, Text

STATES = ("starting", "thinking", "acting", "waiting", "paused", "frozen", "blocked", "finished", "budget", "failed")


class ResearcherCreated(Event, frozen=True, kw_only=True, tag="researcher.created"):
    """A researcher joined the fleet. Of one that is not in the recipe, this is all there is to make it from."""

    mind: str
    model: str
    direction: str
    seed: int = 0
    by: str = ""
    """The person who added it to a run that was under way; empty for those of the recipe."""


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
    opening: Text = EMPTY
    """What is kept of the chapters before, word for word as the mind is given it; empty in the first."""


class ChapterClosing(Event, frozen=True, kw_only=True, tag="chapter.closing"):
    """The history nears its limit: at `turn` the mind is asked to sum it up, and then the next chapter opens."""

    chapter: int
    turn: int
    tokens: int
    """Of the history, as far as the service has counted, and a bound for the rest."""


class NoticeDelivered(Event, frozen=True, kw_only=True, tag="notice.delivered"):
    """What aarctl itself tells a researcher at the beginning of `turn`; it stands in the mind's history from there."""

    turn: int
    about: str
    """news | loop | cut | refused | idle | budget"""
    text: Text
    tells: list[str] = []
    """What it tells of: "x40 done" for a piece of news, the digest of a call for a loop."""


class ResearcherBlocked(Event, frozen=True, kw_only=True, tag="researcher.blocked"):
    """It cannot go on until a person has done what `why` says, and resumes it, the fleet or the run."""

    why: str
    flag: str = ""
    """The flag that was raised with it, where there is one."""


class PersonTold(Event, frozen=True, kw_only=True, tag="person.told"):
    """A researcher wants the person to know something; nothing waits for an answer."""

    text: Text
