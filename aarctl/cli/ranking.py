"""The board: every submission of a run, the most believable first.

What was repeated stands before what was only scored, whatever the figures: a score is repeated before it is
believed. What a person disqualified stands last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import shapes

if TYPE_CHECKING:
    from ..journal.events import Interval
    from ..journal.state import RunState, Submission

_CLASS = {"accepted": 0, "replicated": 0, "scored": 1, "claimed": 2, "withheld": 3, "rejected": 4, "disqualified": 5}
"""Where each board state stands; within a class the PGR decides, then who came first."""


def board(state: RunState) -> shapes.Board:
    """The board as --json gives it."""
    return shapes.Board(run=state.run, task=state.task, rows=[row(each, state) for each in ranked(state)])


def ranked(state: RunState) -> list[Submission]:
    """All submissions, the best first."""
    return sorted(state.submissions.values(), key=lambda each: (*_merit(each, state), each.seq))


def best(state: RunState) -> shapes.Best | None:
    """The head of the board, once there is a score."""
    for each in ranked(state):
        figure = _replicated(each, state) or each.released
        if figure is not None and each.board_state in ("accepted", "replicated", "scored"):
            return shapes.Best(submission=each.id, method=each.method, state=each.board_state, pgr=figure.mean)
    return None


def row(submission: Submission, state: RunState) -> shapes.BoardRow:
    """One submission as --json gives it."""
    released, replicated = submission.released, _replicated(submission, state)
    return shapes.BoardRow(
        submission=submission.id,
        researcher=submission.researcher,
        method=submission.method,
        state=submission.board_state,
        pgr=shapes.Figures(
            claimed=submission.claimed,
            scored=released.mean if released else None,
            replicated=replicated.mean if replicated else None,
        ),
        interval=shapes.Intervals(scored=_bounds(released), replicated=_bounds(replicated)),
        domains={
            domain: shapes.DomainFigures(replicated=each.mean, interval=(each.lo, each.hi))
            for domain, each in submission.replicated.items()
        },
        flags=list(submission.flags),
        verdict=submission.verdict or None,
    )


def _replicated(submission: Submission, state: RunState) -> Interval | None:
    """The replication on the feedback domain: the others say whether it carries over, not how good it is."""
    return submission.replicated.get(state.feedback)


def _merit(submission: Submission, state: RunState) -> tuple[int, float]:
    replicated = _replicated(submission, state)
    place = _CLASS.get(submission.board_state, 4)
    figure = (replicated or submission.released) if place < 2 else None
    if figure is not None:
        return place, -figure.mean
    return place, -(submission.claimed if submission.claimed is not None else -9.0)


def _bounds(interval: Interval | None) -> shapes.Bounds | None:
    return (interval.lo, interval.hi) if interval else None
