"""How one chapter ends and the next begins: the summary that the scripted researcher writes, and what it reads back.

The record is a few kinds of lines, the same in its notebook and in its summaries, so that whichever of them a later
chapter begins with is enough to go on.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ...lab.compose import BadIngredient
from ..search.memory import named
from .memory import PENDING, Handed, Memory, Trial

METHODS_KEPT = 60
"""Methods that a record names: an older one may come to mind again."""

METHOD = re.compile(r"^- (methods/m\d+/method\.py) = (\S+)$", re.MULTILINE)
TRIAL = re.compile(r"^- (x\d+): (\S+), seed (\d+), (\d+)%, in (\S+): (\w+)(?:, agreement ([\d.]+))?$", re.MULTILINE)
HANDED = re.compile(r"^- (s\d+): (\S+), claimed (-?[\d.]+): (\w+)(?:, released (-?[\d.]+))?$", re.MULTILINE)
TOLD = "- the person has been told"
SPENT = re.compile(r"^- no more: (\w+)$", re.MULTILINE)
THREADS = re.compile(r"^- took part in: (t\d+(?:, t\d+)*)$", re.MULTILINE)
THREADS_KEPT = 40


def asks_for_summary(memory: Memory) -> bool:
    """Whether the newest words ask to sum up the chapter. The first words of a chapter never do."""
    words = memory.notice.lower()
    return memory.turns > 0 and "chapter" in words and "summar" in words


def opens_chapter(first_words: str) -> bool:
    """Whether a history that begins with these words is a later chapter."""
    return "chapter" in first_words.lower()


def method_line(memory: Memory, path: str) -> str:
    """A method, as the record has it."""
    return f"- {path} = {memory.methods[path].name}"


def trial_line(one: Trial, noted: bool = True) -> str:
    """An experiment, as the record has it. What is not `noted` yet is pending, whatever is known of it."""
    if not noted:
        one = replace(one, state=PENDING, merit=None)
    merit = "" if one.merit is None else f", agreement {one.merit:.3f}"
    return f"- {one.id}: {one.path}, seed {one.seed}, {one.fraction * 100:.0f}%, in {one.out}: {one.state}{merit}"


def handed_line(one: Handed, noted: bool = True) -> str:
    """A submission, as the record has it."""
    if not noted:
        one = replace(one, state=PENDING, pgr=None)
    released = "" if one.pgr is None else f", released {one.pgr:.2f}"
    return f"- {one.id}: {one.path}, claimed {one.claimed:.2f}: {one.state}{released}"


def record(memory: Memory) -> str:
    """All that must not be forgotten; bounded."""
    handed = {one.path for one in memory.handed.values()}
    trials = [
        one
        for one in memory.trials.values()
        if one.id not in memory.noted and not (one.fraction == 1.0 and one.path in handed)
    ]
    threads = sorted(memory.threads, key=lambda thread: (len(thread), thread))[-THREADS_KEPT:]
    lines = [TOLD] if memory.told else []
    lines += [f"- no more: {tool}" for tool in sorted(memory.spent)]
    lines += [f"- took part in: {', '.join(threads)}"] if threads else []
    lines += [handed_line(one, one.id in memory.noted) for one in memory.handed.values()]
    lines += [method_line(memory, path) for path in list(memory.methods)[-METHODS_KEPT:]]
    lines += [trial_line(one, noted=False) for one in trials[-METHODS_KEPT:]]
    return "\n".join(lines)  # where this has to be cut, it is cut in the middle: at the oldest methods


def summary(memory: Memory) -> str:
    """The closing chapter in words, with the record."""
    scored = [one for one in memory.handed.values() if one.pgr is not None]
    best = max(scored, key=lambda one: (one.pgr or 0.0, one.id), default=None)
    words = [f"In short: I wrote {len(memory.methods)} methods and submitted {len(memory.handed)}."]
    if best is not None:
        words.append(f"Best so far: {_name(memory, best.path)}, {best.id}, released PGR {best.pgr:.2f}.")
    if memory.waiting():
        words.append(f"Still open: {', '.join(memory.waiting())}; look at them first.")
    words += [f'The person asked: "{" ".join(one.split())[:200]}". I keep to it.' for one in memory.said[-3:]]
    words.append("Next: recombine what scored best, screen at a quarter of the steps, submit only what holds twice.")
    return "\n".join(["Summary of this chapter.", record(memory), "", *words])


def recall(memory: Memory, text: str) -> None:
    """Take back what record lines say. What one of them has settled, an older one does not open again."""
    for path, name in METHOD.findall(text):
        try:
            memory.methods[path] = named(name)
        except (BadIngredient, ValueError):
            continue  # a line of somebody else's
    for id, path, seed, percent, out, state, merit in TRIAL.findall(text):
        trial = Trial(id, path, int(seed), int(percent) / 100, out, state, float(merit) if merit else None)
        if id not in memory.trials or not trial.open:
            memory.trials[id] = trial
    for id, path, claimed, state, released in HANDED.findall(text):
        handed = Handed(id, path, float(claimed), state, float(released) if released else None)
        if id not in memory.handed or not handed.open:
            memory.handed[id] = handed
    memory.noted.update(one.id for one in memory.trials.values() if not one.open)
    memory.noted.update(one.id for one in memory.handed.values() if not one.open)
    memory.told = memory.told or TOLD in text
    memory.spent.update(SPENT.findall(text))
    for threads in THREADS.findall(text):
        memory.threads.update(threads.split(", "))


def _name(memory: Memory, path: str) -> str:
    return memory.methods[path].name if path in memory.methods else path
