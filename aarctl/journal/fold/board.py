"""Folding submissions: claimed -> scored -> replicated -> accepted or disqualified."""

from __future__ import annotations

from ..events import (
    FlagRaised,
    ReplicationFinished,
    ReplicationStarted,
    SubmissionReceived,
    SubmissionRejected,
    SubmissionScored,
    SubmissionWithheld,
    VerdictGiven,
)
from ..state import Flag, RunState, Submission
from .handlers import count, news, on, researcher


@on(SubmissionReceived)
def _(state: RunState, event: SubmissionReceived) -> None:
    count(state, event.submission)
    state.submissions[event.submission] = Submission(
        id=event.submission, researcher=event.researcher, method=event.method, snapshot=event.snapshot,
        students=event.students, claimed=event.claimed, tags=event.tags, card=event.card, seq=state.seq,
        at=state.at, replication="" if event.snapshot else "unreplicable",
    )  # fmt: skip
    researcher(state, event.researcher).submissions += 1


@on(SubmissionScored)
def _(state: RunState, event: SubmissionScored) -> None:
    found = state.submissions.get(event.submission)
    if found is None:
        return
    found.state, found.domain = "scored", event.domain
    found.released, found.exact = event.released, event.exact
    found.per_seed, found.protected = event.per_seed, event.protected
    found.scored_seq, found.scored_at = state.seq, state.at
    news(state, found.researcher, found.id, "scored")


@on(SubmissionRejected)
def _(state: RunState, event: SubmissionRejected) -> None:
    found = state.submissions.get(event.submission)
    if found is not None:
        found.state, found.note = "rejected", f"{event.field}: {event.reason}; {event.fix}"
        news(state, found.researcher, found.id, "rejected")


@on(SubmissionWithheld)
def _(state: RunState, event: SubmissionWithheld) -> None:
    found = state.submissions.get(event.submission)
    if found is not None:
        found.state, found.note = "withheld", event.reason
        news(state, found.researcher, found.id, "withheld")


@on(ReplicationStarted)
def _(state: RunState, event: ReplicationStarted) -> None:
    found = state.submissions.get(event.submission)
    if found is not None:
        found.replication, found.replication_runs = "running", {}
        found.replication_seeds, found.replication_domains = event.seeds, event.domains


@on(ReplicationFinished)
def _(state: RunState, event: ReplicationFinished) -> None:
    found = state.submissions.get(event.submission)
    if found is None:
        return
    found.replication = event.outcome
    found.replicated, found.replicated_per_seed = event.domains, event.per_seed
    found.replicated_seq, found.replicated_at = state.seq, state.at
    news(state, found.researcher, found.id, f"replication: {event.outcome}")
    if event.error is not None:
        found.note = event.error.head.strip().splitlines()[-1][:200] if event.error.head.strip() else ""


@on(FlagRaised)
def _(state: RunState, event: FlagRaised) -> None:
    count(state, event.flag)
    state.flags[event.flag] = Flag(
        event.flag, event.detector, event.researcher, event.submission, event.text, event.seqs, state.seq, state.at
    )
    if event.submission in state.submissions:
        state.submissions[event.submission].flags.append(event.flag)


@on(VerdictGiven)
def _(state: RunState, event: VerdictGiven) -> None:
    found = state.submissions.get(event.submission)
    if found is not None:
        found.verdict = "" if event.verdict == "reinstate" else event.verdict
        found.because = event.because
