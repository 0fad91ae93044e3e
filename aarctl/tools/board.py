"""The board as researchers see it: released scores only, moved by a Ladder.

The Ladder (Blum & Hardt 2015): an entry moves only when a new score beats the one that stands by a step. Small
changes of a score say nothing here, so nothing can be learned of the hidden labels by watching them.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ..journal.state import RunState, Submission
from .tool import Context, Tool, ToolResult

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
        Rung(one.researcher, one.id, one.method, _mean(one), tuple(one.tags), one.replication)
        for one in best.values()
    ]
    return sorted(rungs, key=lambda rung: -rung.pgr)


def _mean(one: Submission) -> float:
    return one.released.mean if one.released is not None else float("-inf")


class BoardArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fleet's board, or one's own submissions."""

    of: Literal["fleet", "me"] = "fleet"


async def run(context: Context, args: BoardArgs) -> ToolResult:
    """A table; `data` has the same rows."""
    if args.of == "fleet":
        rows: list[dict[str, Any]] = [msgspec.to_builtins(rung) for rung in ladder(context.state)]
    else:
        rows = [_own(one) for one in context.state.submissions.values() if one.researcher == context.researcher]
    if not rows:
        return ToolResult("nothing is on the board yet", {"rows": []})
    lines = [" ".join(f"{key}={value}" for key, value in row.items()) for row in rows]
    return ToolResult("\n".join(lines), {"rows": rows})


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
    "The scores that were released. of='fleet': the best standing of each researcher; a standing moves only when it "
    "is beaten by .02 PGR. of='me': all your submissions with their states.",
    BoardArgs,
    run,
)
