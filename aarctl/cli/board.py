"""`aarctl board`: every submission, what it claimed, what it scored and what came of repeating it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import figures, find, plain, ranking, shapes, speak
from .command import AsJson, RunName

if TYPE_CHECKING:
    from ..journal.state import RunState


def board(run: RunName, as_json: AsJson = False) -> None:
    """Show the board: claimed, scored, replicated.

    The most believable first: what was repeated stands before what was only scored.
    """
    with find.reader(run) as reader:
        state = reader.state()
    if as_json:
        return speak.dump(ranking.board(state))
    return show(state)


def show(state: RunState) -> None:
    """The board as a table, and what must be said beside it."""
    made = ranking.board(state)
    if not made.rows:
        speak.say(f"no submissions yet in {state.run}")
        return
    held_out = list(state.held_out)
    columns = (
        "#", "researcher", "method", "state", "#claimed", "#scored", f"#replicated, {state.feedback}",
        *(f"#held out, {domain}" for domain in held_out),
    )  # fmt: skip
    speak.table(columns, [_cells(each, held_out, state) for each in made.rows])
    for remark in remarks(state):
        speak.say(remark)


def remarks(state: RunState) -> list[str]:
    """What a reader of the figures must know: the scale, and what does not protect them."""
    scale = [
        f"{facts.domain}: {facts.weak:.3f} to {facts.ceiling:.3f} of {facts.test_items:,} right"
        for facts in state.domains
    ]
    said = []
    if scale:
        said += ["PGR, 95% intervals over seeds and items; 0 is the weak teacher, 1 the ceiling.", "; ".join(scale)]
    bare = [each.id for each in state.submissions.values() if each.scored_seq and not each.protected]
    if bare:
        said.append(
            f"Unprotected: {', '.join(bare)}. Sandbox or scoring mode did not hold what keeps a score from being gamed."
        )
    for each in state.submissions.values():
        if each.note:
            what = "replication failed: " if each.replication == "failed" else ""
            said.append(f"{each.id}: {what}{plain.line(each.note, 200)}")
    return said


def _cells(row: shapes.BoardRow, held_out: list[str], state: RunState) -> tuple[str, ...]:
    submission = state.submissions[row.submission]
    standing = row.state
    if submission.replication in ("running", "failed", "unreplicable") and row.state == "scored":
        standing += {
            "running": ", replication runs", "failed": ", replication failed", "unreplicable": ", unreplicable"
        }[submission.replication]  # fmt: skip
    if submission.scored_seq and not submission.protected:
        standing += ", unprotected"
    if row.flags:
        standing += f", {figures.count(len(row.flags), 'flag')}"
    return (
        row.submission,
        row.researcher,
        plain.line(row.method, 60),
        standing,
        figures.pgr(row.pgr.claimed),
        figures.pgr(row.pgr.scored, row.interval.scored),
        figures.pgr(row.pgr.replicated, row.interval.replicated),
        *(
            figures.pgr(found.replicated, found.interval) if (found := row.domains.get(domain)) else "-"
            for domain in held_out
        ),
    )
