"""What holds a fleet up though nobody paused it: the service, a slot, a budget, a lost sandbox; and what comes next.

Pure. A word on each, above the panes. Waiting is said when it is all that the fleet does, and has been for a while, so
that the lines below do not jump at every short wait; the fleet's rows have each researcher's own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from aarctl.journal.state import Researcher, RunState

from ..drawing.lines import Line, Piece, fit, line, pad, wrapped
from ..scene import Scene
from .doing import OVER
from .figures import bar, clock, plural, size

PATIENCE_US = 20_000_000  # that a wait lasts before it is worth a line
SHOWN = 3
FETCHED = {"image": "Building the sandbox image", "model": "Downloading the model"}
"""Passing facts of what is fetched or built while a run goes on."""

_WAIT = re.compile(r"(?:waits|retries in) (\d+) s")


class Holdup(NamedTuple):
    """One reason."""

    glyph: str
    tone: str
    head: str
    hint: str = ""
    key: str = ""
    """An action's key that helps, and what it does; empty where none does."""


def holdup_lines(scene: Scene, room: int) -> list[Line]:
    """The reasons, most pressing first; none in a run that is over."""
    if scene.state.over or scene.status.word == "supervisor dead":
        return []
    lines: list[Line] = []
    for one in holdups(scene)[:SHOWN]:
        words = wrapped(one.head, room - 2, 2)
        marks = [f"{one.glyph} ", *("  " for _ in words[1:])]
        lines += [line((mark, one.tone), (part, "strong")) for mark, part in zip(marks, words, strict=True)]
        may = one.key and not scene.readonly and not scene.replay
        hint = line("  ", (one.hint, "dim"), (f"  {one.key}" if may else "", "accent"))
        lines += [fit(hint, room)] if one.hint or may else []
    return [*lines, *fetched_lines(scene, room)]


def holdups(scene: Scene) -> list[Holdup]:
    """The reasons of a scene."""
    state = scene.state
    at_work = [who for who in state.researchers.values() if who.state not in OVER]
    idle = bool(at_work) and all(who.state in ("waiting", "blocked", "paused") for who in at_work)
    return [
        *_budget(state),
        *_sandbox(at_work),
        *(_service(at_work, scene.now) if idle else []),
        *(_slot(state, at_work, scene.now) if idle else []),
    ]


def _names(names: list[str]) -> str:
    return " ".join(names) if len(names) <= 9 else f"{' '.join(names[:8])} and {len(names) - 8} more"


def _budget(state: RunState) -> list[Holdup]:
    if state.note.startswith("fleet budget: "):
        used = state.note.removeprefix("fleet budget: ")
        head = f"The fleet's budget is reached, {used}: everybody stops at a safe point."
        return [Holdup("▣", "warn", head, "Nothing is lost; with a higher limit it goes on.", "b changes it")]
    spent = [who for who in state.researchers.values() if who.state == "budget"]
    if not spent:
        return []
    why = {who.exceeded or who.why for who in spent}
    what = f": {why.pop()}" if len(why) == 1 else ""
    head = f"{_names([who.id for who in spent])} reached {'its' if len(spent) == 1 else 'their'} budget{what}."
    return [Holdup("▣", "warn", head, "What was submitted is still scored and replicated.", "b changes it")]


def _sandbox(at_work: list[Researcher]) -> list[Holdup]:
    lost = [who.id for who in at_work if who.backend and not who.sandbox]
    if not lost:
        return []
    its = "its sandbox. Its" if len(lost) == 1 else "their sandboxes. Their"
    head = f"{_names(lost)} lost {its} workspace is kept."
    return [Holdup("✗", "warn", head, "A new one comes when it is needed; what ran in it runs again.")]


def _service(at_work: list[Researcher], now: int) -> list[Holdup]:
    """The model's service has everybody who is not held otherwise wait."""
    waiting = [who for who in at_work if who.state == "waiting" and _WAIT.search(who.why)]
    others = [who for who in at_work if who.state == "waiting" and who not in waiting]
    if not waiting or others:
        return []
    ends = {who.id: who.since + _seconds(who.why) * 1_000_000 for who in waiting}
    if max(ends[who.id] - who.since for who in waiting) < PATIENCE_US / 2 and all(
        now - who.since < PATIENCE_US for who in waiting
    ):
        return []
    left = clock(min(ends.values()) - now) if min(ends.values()) > now else "a moment"
    limited = any(who.why.startswith("rate limited") for who in waiting)
    why = "The model's service limits the rate" if limited else "The model's service does not answer"
    head = f"{why}: {_names(list(ends))} {'asks' if len(ends) == 1 else 'ask'} again in {left}."
    return [Holdup("◔", "warn", head, "By themselves; no answer is lost, and waiting costs nothing.")]


def _seconds(why: str) -> int:
    found = _WAIT.search(why)
    return int(found[1][:9]) if found else 0


def _slot(state: RunState, at_work: list[Researcher], now: int) -> list[Holdup]:
    """Everybody waits, and somebody for compute that others have."""
    waiting = [one for one in state.experiments.values() if not one.slot]
    if not waiting or now - min(one.queued_at for one in waiting) < PATIENCE_US:
        return []
    if any(who.state == "waiting" and _WAIT.search(who.why) for who in at_work):
        return []
    taken = [one for one in state.experiments.values() if one.slot]
    longest = clock(now - min(one.queued_at for one in waiting))
    head = f"Everybody waits for compute: {plural(len(waiting), 'experiment')} queued, the first for {longest}."
    busy = "  ".join(f"{one.slot}: {one.id} of {one.researcher}, {clock(now - one.leased_at)}" for one in taken[:4])
    return [Holdup("◔", "accent", head, busy or "No slot is free yet.", "5 shows the queue")]


def fetched_lines(scene: Scene, room: int) -> list[Line]:
    """What is being fetched or built, with how much of it is here."""
    lines: list[Line] = []
    for name, words in FETCHED.items():
        fact = scene.facts.get(name, {})
        if not fact:
            continue
        what = f"{words} {scene.fact(name, 'name')}".strip()
        lines.append(line(("◌ ", "accent"), (what, "strong"), ("  " + scene.fact(name, "stage"), "dim")))
        lines += [line("  ", *part) for part in progress(fact, min(room - 2, 60))]
    return [fit(one, room) for one in lines]


def progress(fact: dict[str, object], room: int) -> list[Line]:
    """A bar for a fact with `done` and `total`, in its `unit`; nothing for one without."""
    done, total = fact.get("done"), fact.get("total")
    if not isinstance(done, int | float) or not isinstance(total, int | float) or total <= 0:
        return []
    as_bytes = fact.get("unit") == "bytes"
    words = f"{size(int(done))} of {size(int(total))}" if as_bytes else f"{done:g} of {total:g}"
    full, empty = bar(done / total, max(room - 22, 8))
    return [(Piece(full, "accent"), Piece(empty, "faint"), Piece("  " + pad(words, 20)))]
