"""The calls that the scripted researcher makes, as its tools take them: looking, writing methods, queueing, noting."""

from __future__ import annotations

import random
import re
from typing import Any

from ...lab.compose import Ingredients
from ..search.ideas import CONTROL, draw, merits, parts, themes
from .chapters import record
from .memory import Memory

Call = tuple[str, dict[str, Any]]
"""A tool and its arguments."""

SCREENED, SCREEN_SEED = 0.25, 1_000


def looks(memory: Memory) -> tuple[Call, ...]:
    """Ask for everything that may have changed; the forum comes last, always."""
    calls: list[Call] = []
    if any(one.open for one in memory.trials.values()) or memory.opening:
        names = [one.id for one in memory.trials.values() if one.open]
        calls.append(("experiments", {"action": "status", "experiments": names}))
    if any(one.open for one in memory.handed.values()) or memory.opening:
        calls.append(("board", {"of": "me"}))
    if memory.turns % 3 == 0:
        calls.append(("board", {"of": "fleet"}))
    return (*calls, ("forum", {"action": "read"}))


def ideas(memory: Memory, count: int) -> list[Ingredients]:
    """Methods to try next, by direction, by what the person said and by scores; none once experiments are refused."""
    if "experiments" in memory.spent:
        return []
    rng = random.Random(f"{memory.name}/{memory.direction}/{memory.next_number}")
    tried = {method.name for method in memory.methods.values()}
    weights = [themes(memory.direction), *map(wanted, memory.said), merits(memory.scores())]
    if memory.said:  # the newest words settle it, as far as they can
        weights += 2 * [wanted(memory.said[-1])]
    return draw(count, weights, tried | {CONTROL.name}, rng)


def wanted(words: str) -> dict[str, float]:
    """What the person speaks of, as weights. What is so in vanilla goes by names that anybody uses: not meant here."""
    return themes(re.sub(rf"\b({'|'.join(parts(CONTROL))})\b", "", words.lower()))


def begin(memory: Memory, methods: list[Ingredients]) -> tuple[Call, ...]:
    """Write each method and queue it for a part of the steps."""
    calls: list[Call] = []
    for number, method in enumerate(methods, memory.next_number):
        path = f"methods/m{number}/method.py"
        calls.append(("files", {"action": "create", "path": path, "text": method.source()}))
        calls.append(queue(path, method, SCREEN_SEED, SCREENED))
    return tuple(calls)


def queue(path: str, method: Ingredients, seed: int, fraction: float) -> Call:
    """An experiment with a method file."""
    number = re.sub(r"\D", "", path)
    return "experiments", {
        "action": "queue", "method": path, "seed": seed, "fraction": fraction, "tags": list(parts(method)),
        "out": f"students/m{number}-{seed}", "title": f"{method.name} seed {seed}"[:80],
    }  # fmt: skip


def note(memory: Memory, heading: str, lines: list[str]) -> Call:
    """A notebook entry; a notebook that was full is written anew."""
    text = "\n".join([heading, *lines])
    if memory.notebook_full:
        return "notebook", {"action": "rewrite", "text": f"{record(memory)}\n\n{text}"}
    return "notebook", {"action": "append", "text": text}


def post(title: str, text: str, tags: list[str]) -> Call:
    """A new thread in the forum."""
    return "forum", {"action": "post", "title": title[:200], "text": text, "tags": tags}
