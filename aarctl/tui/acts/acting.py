"""What a person may ask of a run from here, and how it is asked: rows in the inbox, nothing else. Pure.

Each function gives the rows, or the sentence why there are none. This file has latches, steers and what every
request goes through; orders.py has the others. The supervisor decides again: what the room lets through may still
be refused there, and then its sentence is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from aarctl.journal.state import Researcher, RunState

from ..content.doing import OVER
from .actions import Action

LASTING = ("verdict", "replicate")
"""Actions that change a run and can be taken when it is over."""
ENDED = ("finished", "failed")
"""States of a researcher that takes no more turns, whatever a person does."""


class Ask(NamedTuple):
    """A command for the inbox."""

    verb: str
    researcher: str = ""
    args: dict[str, str] = {}


Asks = list[Ask] | str
"""Commands to leave in the inbox, or the sentence why there are none."""


def refusal(state: RunState, action: Action, *, readonly: bool, replay: bool) -> str:
    """Why an action cannot be taken now, as a sentence; empty when it can."""
    if not action.changes:
        return ""
    if replay:
        return "This is a replay: nothing can be changed in it. `aarctl attach` shows the run live."
    if readonly:
        return f"This room was opened read-only: it changes nothing, so there is no {action.title} here."
    if state.over and action.id not in LASTING:
        return f"The run is {state.status}: there is nothing to {action.title}."
    if action.id == "stop" and state.stopping:
        return "The run is stopping already."
    return ""


def concerned(state: RunState, chosen: str, marked: Collection[str]) -> list[str]:
    """Whom an action is for: all that are marked, else the chosen one; nobody where none is chosen."""
    found = [name for name in state.researchers if name in marked]
    return found or [name for name in (chosen,) if name in state.researchers]


def held(state: RunState, who: Researcher) -> bool:
    """Whether a latch of its own holds it, or it is blocked: what resuming it would lift."""
    return who.paused or who.frozen or bool(who.blocked)


def resumes(state: RunState, researcher: str = "") -> bool:
    """Whether the key for pausing lets go on instead: one that is held or blocked; a fleet that is, to the last."""
    if researcher:
        who = state.researchers.get(researcher)
        return who is not None and held(state, who)
    able = [who for who in state.researchers.values() if who.state not in OVER]
    return state.paused or state.frozen or (bool(able) and all(who.blocked for who in able))


def pause_or_resume(state: RunState, names: Sequence[str]) -> Asks:
    """Pause them, or let them go on when all of them are held; no names: the fleet."""
    if not names:
        return [Ask("resume" if resumes(state) else "pause")]
    able = _able(state, names)
    if isinstance(able, str):
        return able
    free = [who.id for who in able if not held(state, who)]
    return [Ask("pause", name) for name in free] or [Ask("resume", who.id) for who in able]


def freeze(state: RunState, names: Sequence[str], *, release: bool = False) -> Asks:
    """Freeze them this instant, or let them go on when all of them are frozen; no names: the fleet.

    With `release` they also lose their slots, and nobody goes on by it.
    """
    args = {"release": "yes"} if release else {}
    if not names:
        return [Ask("resume")] if state.frozen and not release else [Ask("freeze", "", args)]
    able = _able(state, names)
    if isinstance(able, str):
        return able
    thawed = [who.id for who in able if release or not who.frozen]
    return [Ask("freeze", name, args) for name in thawed] or [Ask("resume", who.id) for who in able]


def resume(state: RunState, names: Sequence[str]) -> Asks:
    """Let them go on; no names: the fleet."""
    if not names:
        return [Ask("resume")]
    found = [name for name in names if held(state, state.researchers[name])]
    if found:
        return [Ask("resume", name) for name in found]
    whole = "; the fleet is, U lets it go on" if state.paused or state.frozen else ""
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'} not held{whole}."


def steer(state: RunState, names: Sequence[str], text: str) -> Asks:
    """A message to each of them."""
    able = _able(state, names)
    if isinstance(able, str):
        return able
    words = text.strip()
    return [Ask("steer", who.id, {"text": words}) for who in able] if words else "Nothing was written, nothing is sent."


def _able(state: RunState, names: Sequence[str]) -> list[Researcher] | str:
    """Those of them that can still take turns; or why none can."""
    whom = [state.researchers[name] for name in names]
    able = [who for who in whom if who.state not in ENDED]
    if whom and not able:
        why = f"{whom[0].id} is {whom[0].state}" if len(whom) == 1 else f"{listed(names)} have all ended"
        return f"{why}: no more turns are taken."
    return able or "Choose a researcher first."


def listed(names: Sequence[str]) -> str:
    """r1, r2 and r3."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def said(asks: Sequence[Ask], supervised: bool) -> str:
    """What the room says once the rows are in the inbox."""
    first = asks[0]
    about = first.args.get("submission") or first.args.get("experiment", "")
    whom = listed([ask.researcher for ask in asks if ask.researcher]) or about
    everybody = {"stop": "the run", "add": "a researcher", "post": "to the forum"}.get(first.verb, "the fleet")
    wait = "" if supervised else "; no supervisor is alive, so it waits in the inbox until one is"
    return f"{first.args.get('verdict', first.verb)} {whom or everybody}: asked{wait}"
