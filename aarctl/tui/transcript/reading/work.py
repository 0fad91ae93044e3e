"""How experiments, submissions and what is decided on them read."""

from __future__ import annotations

from aarctl.journal import events as ev

from ...content.figures import pgr, score, size, span
from ..payload import running
from .readers import FAILED, Reading, TextOf, reads


@reads(ev.ExperimentQueued)
def _(event: ev.ExperimentQueued, text_of: TextOf) -> Reading | None:
    whose = f"replicates {event.submission} · {event.domain} · seed {event.seed}" if event.submission else event.title
    return Reading(f"{event.experiment} queued", whose, tone="plain")


@reads(ev.ExperimentLeased)
def _(event: ev.ExperimentLeased, text_of: TextOf) -> Reading | None:
    attempt = f" · attempt {event.attempt}" if event.attempt > 1 else ""
    return Reading(f"{event.experiment} starts", f"on {event.slot}{attempt}", tone="dim")


@reads(ev.ExperimentReleased)
def _(event: ev.ExperimentReleased, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.experiment} gave {event.slot} back", event.why, tone="warn")


@reads(ev.ExperimentCancelled)
def _(event: ev.ExperimentCancelled, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.experiment} cancelled", f"by {event.by}", tone="warn")


@reads(ev.ExperimentFinished)
def _(event: ev.ExperimentFinished, text_of: TextOf) -> Reading | None:
    detail = f"{event.outcome} · {span(event.device_s)}"
    if event.peak_bytes:
        detail += f" · {size(event.peak_bytes)}"
    good = event.outcome == "done"
    body = running(event.result) or text_of(event.tail)
    label = f"{event.experiment} {'finished' if good else event.outcome.replace('_', ' ')}"
    if good:
        return Reading(label, detail, body, "plain", "dim", 6, event.tail)
    return Reading(label, detail, body, "bad", "plain", FAILED, event.tail)


@reads(ev.SubmissionReceived)
def _(event: ev.SubmissionReceived, text_of: TextOf) -> Reading | None:
    seeds = ", ".join(str(student.seed) for student in event.students)
    body = "\n".join(f"{name}: {words}" for name, words in event.card.items() if words)
    claimed = f" · claims {pgr(event.claimed)}" if event.claimed is not None else ""
    return Reading(f"submits {event.submission}", f"{event.method} · seeds {seeds}{claimed}", body, fold=5)


@reads(ev.SubmissionScored)
def _(event: ev.SubmissionScored, text_of: TextOf) -> Reading | None:
    seeds = " ".join(pgr(value) for value in event.per_seed)
    trust = "" if event.protected else "\nunprotected: the sandbox does not hold what protects a score"
    body = f"exact {score(event.exact)} · per seed {seeds} (for people only){trust}"
    return Reading(f"{event.submission} scored {score(event.released)}", event.domain, body, "accent", "dim")


@reads(ev.SubmissionRejected)
def _(event: ev.SubmissionRejected, text_of: TextOf) -> Reading | None:
    return Reading(f"✗ {event.submission} rejected", event.field, f"{event.reason}\n{event.fix}", "bad")


@reads(ev.SubmissionWithheld)
def _(event: ev.SubmissionWithheld, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.submission} withheld", event.reason, tone="warn")


@reads(ev.ReplicationStarted)
def _(event: ev.ReplicationStarted, text_of: TextOf) -> Reading | None:
    seeds = f"{len(event.seeds)} fresh seeds"
    return Reading(f"{event.submission} is replicated", f"{seeds} on {', '.join(event.domains)}", tone="plain")


@reads(ev.ReplicationFinished)
def _(event: ev.ReplicationFinished, text_of: TextOf) -> Reading | None:
    if event.outcome != "replicated":
        error = text_of(event.error) if event.error is not None else ""
        return Reading(f"✗ {event.submission} could not be replicated", "", error, "bad")
    body = "\n".join(f"{domain} {score(found)}" for domain, found in event.domains.items())
    return Reading(f"{event.submission} replicated", "", body, "accent")


@reads(ev.FlagRaised)
def _(event: ev.FlagRaised, text_of: TextOf) -> Reading | None:
    whom = event.submission or event.researcher
    return Reading(f"⚑ {event.flag} {event.detector}", whom, text_of(event.text), "warn", kept=event.text)


@reads(ev.VerdictGiven)
def _(event: ev.VerdictGiven, text_of: TextOf) -> Reading | None:
    words = {"accept": "accepted", "disqualify": "disqualified", "reinstate": "reinstated"}
    label = f"{event.by} {words.get(event.verdict, event.verdict)} {event.submission}"
    return Reading(label, "", event.because, "accent")
