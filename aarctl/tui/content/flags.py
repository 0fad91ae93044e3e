"""Flags as a person works through them: how each stands, in what order, and which event is its next evidence. Pure.

A flag is open until there is a verdict on its submission; one that is about no submission asks for no verdict.
"""

from __future__ import annotations

from typing import NamedTuple

from aarctl.journal.state import Flag, RunState

GLYPH = "⚑"


class Standing(NamedTuple):
    """How a flag stands."""

    word: str
    """open | accepted | disqualified | no submission"""
    glyph: str
    tone: str


OPEN = Standing("open", GLYPH, "warn")
ABOUT_NOBODY = Standing("no submission", "·", "dim")
JUDGED = {"accept": Standing("accepted", "✓", "good"), "disqualify": Standing("disqualified", "✗", "bad")}


def standing(state: RunState, flag: Flag) -> Standing:
    """Whether a person has decided on what the flag is about."""
    if not flag.submission:
        return ABOUT_NOBODY
    one = state.submissions.get(flag.submission)
    return JUDGED.get(one.verdict, OPEN) if one is not None else OPEN


def in_order(state: RunState) -> list[Flag]:
    """Open flags first, then those that no verdict is asked for, then the judged ones; each the newest first."""
    kinds = (OPEN, ABOUT_NOBODY)

    def rank(flag: Flag) -> tuple[int, int]:
        how = standing(state, flag)
        return kinds.index(how) if how in kinds else len(kinds), -flag.seq

    return sorted(state.flags.values(), key=rank)


def counted(state: RunState) -> str:
    """How many there are of each, such as "2 open, 1 judged"."""
    stands = [standing(state, flag) for flag in state.flags.values()]
    found = {
        "open": stands.count(OPEN),
        "judged": sum(how in JUDGED.values() for how in stands),
        "about no submission": stands.count(ABOUT_NOBODY),
    }
    return ", ".join(f"{count} {word}" for word, count in found.items() if count)


def because(state: RunState, flag: Flag) -> str:
    """The reason of the verdict, if there is one."""
    one = state.submissions.get(flag.submission)
    return one.because if one is not None and one.verdict else ""


class Evidence(NamedTuple):
    """One event that a flag rests on."""

    seq: int
    number: int
    """From 1."""
    of: int


def evidence(flag: Flag, shown: int = 0) -> Evidence:
    """The event after `shown` ones were looked at, round and round; a flag without any is its own evidence."""
    seqs = flag.seqs or [flag.seq]
    at = shown % len(seqs)
    return Evidence(seqs[at], at + 1, len(seqs))
