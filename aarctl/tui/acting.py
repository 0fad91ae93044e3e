"""What a person may ask of a run from here, and how it is asked: one row in the inbox, nothing else."""

from __future__ import annotations

from typing import NamedTuple

from aarctl.journal.state import RunState

from .doing import OVER
from .scene import EVERYONE


class Ask(NamedTuple):
    """A command for the inbox."""

    verb: str
    researcher: str = ""
    args: dict[str, str] = {}


def refusal(state: RunState, verb: str, *, readonly: bool, replay: bool) -> str:
    """Why the command cannot be given now, as a sentence; empty when it can."""
    if replay:
        return "This is a replay: nothing can be changed in it. `aarctl attach` shows the run live."
    if readonly:
        return "This room was opened read-only: it cannot pause, steer or stop."
    if state.over:
        return f"The run is {state.status}: there is nothing to {verb}."
    if verb == "stop" and state.stopping:
        return "The run is stopping already."
    return ""


def resumes(state: RunState, researcher: str = "") -> bool:
    """Whether the key for pausing lets go on instead: one that is held or blocked; a fleet that is, to the last."""
    if researcher:
        who = state.researchers.get(researcher)
        return who is not None and (who.paused or bool(who.blocked))
    able = [who for who in state.researchers.values() if who.state not in OVER]
    return state.paused or (bool(able) and all(who.blocked for who in able))


def pause_or_resume(state: RunState, researcher: str) -> Ask | str:
    """Toggle one researcher's latch, or the fleet's when none is named; or the sentence why not.

    Resuming also lifts what a researcher is blocked by.
    """
    if not researcher:
        return Ask("resume" if resumes(state) else "pause")
    if researcher == EVERYONE or researcher not in state.researchers:
        return "Choose a researcher first; P pauses the whole fleet."
    who = state.researchers[researcher]
    if who.state in ("finished", "failed"):
        return f"{researcher} is {who.state}: it takes no more turns."
    return Ask("resume" if resumes(state, researcher) else "pause", researcher)


def steer(state: RunState, researcher: str, text: str) -> Ask | str:
    """A message to one researcher; or the sentence why not."""
    if researcher not in state.researchers:
        return "Choose a researcher first: a steer is for one."
    return Ask("steer", researcher, {"text": text.strip()}) if text.strip() else "Nothing was written, nothing is sent."


def said(ask: Ask, supervised: bool) -> str:
    """What the room says once the row is in the inbox."""
    whom = ask.researcher or ("the run" if ask.verb == "stop" else "the fleet")
    wait = "" if supervised else "; no supervisor is alive, so it waits in the inbox until one is"
    return f"{ask.verb} {whom}: asked{wait}"
