"""Submissions to scores: one at a time, from the journal, through the scorer's process.

The scorer answers a repeated request from its ledger, so a crash between its answer and our event costs nothing.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..journal.events import (
    Event,
    Interval,
    SubmissionRejected,
    SubmissionScored,
    SubmissionWithheld,
)
from ..journal.state import Submission
from ..journal.store import Journal
from ..scorer.protocol import Private, Rejected, Score, Scored, Scorer, Withheld


class Scoring:
    """Has every claimed submission scored."""

    def __init__(self, journal: Journal, scorer: Scorer, run: Path, *, protected: bool) -> None:
        self._journal, self._scorer, self._run, self._protected = journal, scorer, run, protected

    async def serve(self) -> None:
        """Score whatever is claimed, for ever. Raises ScorerError when the scorer cannot work at all."""
        seq = -1
        while True:
            for one in [s for s in self._journal.state.submissions.values() if s.state == "claimed"]:
                await self._journal.record(await self._score(one))
            seq = await self._journal.changed(seq)

    async def _score(self, one: Submission) -> Event:
        domain = self._journal.state.feedback
        verdict = await self._scorer.score(
            Score(
                submission=one.id, researcher=one.researcher, method_snapshot=one.snapshot, claimed=one.claimed,
                students=[str(self._run / student.path) for student in one.students], kind="feedback", domain=domain,
            )
        )  # fmt: skip
        match verdict:
            case Scored(released=released, private=private) if released is not None:
                return SubmissionScored(
                    researcher=one.researcher, submission=one.id, domain=domain, protected=self._protected,
                    released=Interval(released.pgr, *released.interval), exact=exact(private),
                    per_seed=[student.pgr for student in private.per_seed],
                    evidence=msgspec.to_builtins(verdict.evidence), queries_left=verdict.queries_left,
                )  # fmt: skip
            case Rejected():
                return SubmissionRejected(
                    researcher=one.researcher, submission=one.id, field=verdict.field, reason=verdict.reason,
                    fix=verdict.fix,
                )  # fmt: skip
            case Withheld():
                return SubmissionWithheld(researcher=one.researcher, submission=one.id, reason=verdict.reason)
            case _:
                raise TypeError(f"{one.id}: the scorer released nothing for a feedback score: {verdict!r}")


def exact(private: Private) -> Interval:
    """The exact mean PGR and its interval: for people."""
    return Interval(private.exact, *private.interval)
