"""The board as researchers see it: released scores only, moved by a Ladder.

The Ladder (Blum & Hardt 2015): an entry moves only when a new score beats the one that stands by a step. Small
changes of a score say nothing here, so nothing can be learned of the hidden labels by watching them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ..journal.state import RunState, Submission
from .tool import Context, Tool, ToolResult, shorten

STEP = 0.02  # PGR; FACTS: at this step, a thousand adaptive queries gain .02 accuracy


class Rung(msgspec.Struct, frozen=True):
    """The best standing of one researcher."""

    researcher: str
    submission: str
    method: str
    pgr: float
    tags: tuple[str, ...]
    replication: str


def ladder(state: RunState) -> list[Rung]:
    """The rungs, the best first; ties go to the earlier one."""
    best: dict[str, Submission] = {}
    for one in state.submissions.values():
        if one.released is None or one.verdict == "disqualify":
            continue
        standing = best.get(one.researcher)
        if standing is None or one.released.mean >= _mean(standing) + STEP:
            best[one.researcher] = one
    rungs = [
        Rung(one.researcher, one.id, one.method, _mean(one), tuple(one.tags), one.replication) for one in best.values()
    ]
    return sorted(rungs, key=lambda rung: -rung.pgr)


def _mean(one: Submission) -> float:
    return one.released.mean if one.released is not None else float("-inf")


class BoardArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fleet's board, or one's own submissions."""

    of: Annotated[
        Literal["fleet", "me"], msgspec.Meta(description="fleet: the best of each. me: all your own submissions.")
    ] = "fleet"


async def run(context: Context, args: BoardArgs) -> ToolResult:
    """A table; `data` has the same rows."""
    if args.of == "fleet":
        rungs = ladder(context.state)
        rows: list[dict[str, Any]] = [msgspec.to_builtins(rung) for rung in rungs]
        lines = [_rung(place, rung) for place, rung in enumerate(rungs, 1)]
    else:
        mine = [one for one in context.state.submissions.values() if one.researcher == context.researcher]
        rows, lines = [_own(one) for one in mine], [_standing(one) for one in mine]
    nothing = "nothing is on the board yet" if args.of == "fleet" else "you have submitted nothing yet"
    return ToolResult(shorten("\n".join(lines)) or nothing, {"rows": rows})


def _rung(place: int, rung: Rung) -> str:
    tags = f" [{', '.join(rung.tags)}]" if rung.tags else ""
    replication = f"; replication {rung.replication}" if rung.replication else ""
    return f"{place}. {rung.researcher} PGR {rung.pgr:.2f} with {rung.method}{tags} ({rung.submission}{replication})"


def _standing(one: Submission) -> str:
    """One of the caller's own in a line."""
    score = ""
    if one.released is not None:
        score = f", PGR {one.released.mean:.2f} [{one.released.lo:.2f}, {one.released.hi:.2f}]"
    claimed = f", claimed {one.claimed:.2f}" if one.claimed is not None else ""
    replication = f", replication {one.replication}" if one.replication else ""
    note = f"; {one.note}" if one.note and one.state in ("rejected", "withheld") else ""
    waits = ": not scored yet" if one.state == "claimed" else ""
    return f"{one.id} {one.method}: {one.state}{waits}{score}{claimed}{replication}{note}"


def _own(one: Submission) -> dict[str, Any]:
    """What a researcher may know of its own submission: of a replication, its state and the class of an error."""
    released = one.released
    return {
        "submission": one.id,
        "method": one.method,
        "state": one.state,
        "claimed": one.claimed,
        "pgr": None if released is None else released.mean,
        "interval": None if released is None else [released.lo, released.hi],
        "replication": one.replication or "none",
        "note": one.note if one.state in ("rejected", "withheld") else "",
    }


BOARD = Tool(
    "board",
    f"""\
The scores that were released. of='fleet' shows the best standing of each researcher, the best first, with method,
tags and the state of its replication; a standing moves only when it is beaten by {STEP:g} PGR, so small differences
mean nothing. of='me' shows all your submissions: state (claimed: waits for its score; scored; rejected or withheld,
with the reason), PGR with its 95% interval, what you claimed, and whether it is being replicated. You are told when a
score comes out: no need to poll. Example: {{"of": "me"}}""",
    BoardArgs,
    run,
)
