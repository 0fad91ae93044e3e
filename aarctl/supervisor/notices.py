"""What aarctl itself tells a researcher that reads, and when it gives it up: pure, decided on the folded state.

A notice stands in the history from the turn at whose beginning it was delivered. A researcher that goes round in
circles is told first; only when that does not help it is blocked, and a person hears of it.
"""

from __future__ import annotations

import msgspec

from ..journal.state import Researcher, RunState

TOLD_AT, BLOCKED_AT = 3, 6
"""Times that the same call fails in the very same way."""
CUTS = 5
"""Answers in a row that are cut at their token limit."""
REFUSALS = 3
"""Refused answers in a row after which asking on is pointless."""
IDLE = 3
"""Answers in a row without a tool, while nothing is under way."""


REFUSED = "Your last answer was refused by the model's service and is gone. Go on in another way."
CUT = (
    "Your last answer was cut at the token limit of one answer; a tool call that was cut was not run. "
    "Go on in smaller steps."
)
LOOP = (
    "The same call has failed again and again with the same answer: {calls}. Repeating it will not help: read the "
    "error, try something else, or tell the person."
)
NOTHING_UNDER_WAY = (
    "You used no tool, and no experiment or score of yours is under way, so there is nothing to wait for. Go on with "
    "your direction, or with a better one."
)


CHANGED = "A person changed what you may use:"


class Notice(msgspec.Struct, frozen=True):
    """One thing to tell; the fields are those of `notice.delivered`."""

    about: str
    text: str
    tells: tuple[str, ...] = ()


class Stuck(msgspec.Struct, frozen=True):
    """Why a researcher is blocked, for the person; `evidence` makes it a flag."""

    why: str
    evidence: tuple[int, ...] = ()


def due(state: RunState, who: Researcher) -> list[Notice]:
    """What `who` is told at the beginning of its next turn."""
    found = []
    if who.stop == "refusal":
        found.append(Notice("refused", REFUSED))
    elif who.stop == "max_tokens":
        found.append(Notice("cut", CUT))
    circles = {call: each for call, each in who.failing.items() if each.times >= TOLD_AT and not each.told}
    if circles:
        calls = ", ".join(f"{each.tool} ({each.times} times)" for each in circles.values())
        found.append(Notice("loop", LOOP.format(calls=calls), tuple(circles)))
    if who.changed:
        lines = [f"- {_limit(state, who, each)}" for each in who.changed]
        found.append(Notice("budget", "\n".join([CHANGED, *lines]), tuple(who.changed)))
    if who.news:
        lines = [f"- {each.about}: {_outcome(state, each.about, each.what)}" for each in who.news]
        tells = tuple(f"{each.about} {each.what}" for each in who.news)
        found.append(Notice("news", "\n".join(["News:", *lines]), tells))
    elif who.idle:
        found.append(Notice("idle", NOTHING_UNDER_WAY))
    return found


def stuck(who: Researcher) -> Stuck | None:
    """Why `who` should not be asked again before a person has looked; None when it may go on."""
    for each in who.failing.values():
        if each.told and each.times >= BLOCKED_AT:
            what = f"{who.id} made the same call of {each.tool} {each.times} times, and it failed in the same way"
            return Stuck(f"{what}: read its transcript, steer it, then resume it", tuple(each.seqs))
    if who.refusals >= REFUSALS:
        return Stuck(
            f"the model's service refused {who.refusals} answers in a row: steer {who.id} elsewhere, then resume it"
        )
    if who.cuts >= CUTS:
        cut = f"{who.id}: {who.cuts} answers in a row were cut at claude.max_tokens"
        return Stuck(f"{cut}; steer it to smaller steps, then resume it")
    if who.stop == "context_full" and who.settled - who.chapter_turn <= 1:
        return Stuck(f"{who.id}: one turn fills all that its model can read; steer it to smaller steps, then resume it")
    if who.idle >= IDLE:
        return Stuck(
            f"{who.id} ended {who.idle} turns without using a tool and has nothing under way: steer it, then resume it"
        )
    return None


def _limit(state: RunState, who: Researcher, changed: str) -> str:
    """One limit as it is now."""
    whose, _, what = changed.rpartition(" ")
    limit = state.budgets.get("" if whose else who.id, {}).get(what)
    now = "no limit any more" if limit is None else f"{limit:,.15g} in all"
    return f"{what}, {'for all of you together' if whose else 'for you'}: {now}"


def _outcome(state: RunState, about: str, what: str) -> str:
    """One line on an experiment or a submission that has come to its end."""
    submission = state.submissions.get(about)
    if submission is None:
        outcome = state.outcomes.get(about)
        code = "" if outcome is None or outcome.exit_code in (None, 0) else f", exit code {outcome.exit_code}"
        return f"{what}{code}"
    if what == "scored" and submission.released is not None:
        released = submission.released
        return f"scored, PGR {released.mean:.2f} [{released.lo:.2f}, {released.hi:.2f}] on {submission.domain}"
    if what in ("rejected", "withheld"):
        return f"{what}: {submission.note}"
    return what
