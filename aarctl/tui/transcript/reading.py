"""How each kind of event reads: its label, its detail, its text, and how much of it stays collapsed.

One small function per kind, found by the event's type. Nothing here is cleaned yet: `items` does that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from aarctl.journal import events as ev
from aarctl.journal.events import Event, Text

from ..figures import money, pgr, score, size, span
from .payload import arguments, running, said

TextOf = Callable[[Text], str]


class Reading(NamedTuple):
    """An event in words."""

    label: str
    detail: str = ""
    body: str = ""
    tone: str = "strong"
    """Of the label."""
    body_tone: str = "plain"
    fold: int = 6
    kept: Text | None = None
    """The text that the body is made of, when it may be longer than the row holds."""


_E = TypeVar("_E", bound=Event)
_READERS: dict[type[Event], Callable[[Any, TextOf], Reading | None]] = {}

HIDDEN = (ev.ModelRequested, ev.BudgetReserved, ev.BudgetSettled, ev.ForumRead, ev.CommandAcknowledged)
"""Bookkeeping: the fleet pane and the notice line show what they come to."""

ROUTINE = ("thinking", "acting", "starting")
"""States that change at every turn: shown in the fleet pane, not in the history."""


def reading_of(event: Event, text_of: TextOf) -> Reading | None:
    """The event in words; None when it is not shown."""
    reader = _READERS.get(type(event))
    if reader is not None:
        return reader(event, text_of)
    return None if isinstance(event, HIDDEN) else Reading(ev.kind_of(event), tone="dim")


def _reads(kind: type[_E]) -> Callable[[Callable[[_E, TextOf], Reading | None]], None]:
    def register(reader: Callable[[_E, TextOf], Reading | None]) -> None:
        _READERS[kind] = reader

    return register


# the mind and its tools -------------------------------------------------------------------------------


@_reads(ev.ModelCompleted)
def _(event: ev.ModelCompleted, text_of: TextOf) -> Reading | None:
    spent = f" · {money(event.cost_nusd)}" if event.cost_nusd else ""
    words = said(text_of(event.content)) or event.said
    return Reading("says", f"turn {event.turn}{spent}", words, fold=16, kept=event.content)


@_reads(ev.ToolRequested)
def _(event: ev.ToolRequested, text_of: TextOf) -> Reading | None:
    return Reading(f"→ {event.tool}", "", arguments(text_of(event.args)), fold=6, kept=event.args)


@_reads(ev.ToolCompleted)
def _(event: ev.ToolCompleted, text_of: TextOf) -> Reading | None:
    took = f"{span(event.seconds)}" if event.seconds >= 0.05 else ""
    if event.ok:
        return Reading(f"← {event.tool}", took, text_of(event.output), "plain", "dim", 4, event.output)
    detail = f"failed {took}".strip()
    return Reading(f"✗ {event.tool}", detail, text_of(event.output), "bad", "plain", 12, event.output)


@_reads(ev.ModelFailed)
def _(event: ev.ModelFailed, text_of: TextOf) -> Reading | None:
    again = "" if event.retry_in_s is None else f"again in {span(event.retry_in_s)}"
    return Reading("✗ the model call failed", again, event.error, "bad")


@_reads(ev.ModelCancelled)
def _(event: ev.ModelCancelled, text_of: TextOf) -> Reading | None:
    return Reading("the model call was cancelled", event.why, tone="warn")


@_reads(ev.ModelUnknownOutcome)
def _(event: ev.ModelUnknownOutcome, text_of: TextOf) -> Reading | None:
    return Reading("the model's answer was lost", f"charged {money(event.cost_nusd)}", tone="warn")


@_reads(ev.RateLimited)
def _(event: ev.RateLimited, text_of: TextOf) -> Reading | None:
    return Reading("rate limited", f"waits {span(event.wait_s)}", tone="warn")


@_reads(ev.ChapterOpened)
def _(event: ev.ChapterOpened, text_of: TextOf) -> Reading | None:
    return Reading(f"chapter {event.chapter}", "what it is told", text_of(event.system), "dim", "dim", 3, event.system)


@_reads(ev.PersonTold)
def _(event: ev.PersonTold, text_of: TextOf) -> Reading | None:
    return Reading("tells you", "", text_of(event.text), "accent", fold=16, kept=event.text)


# experiments, submissions -----------------------------------------------------------------------------


@_reads(ev.ExperimentQueued)
def _(event: ev.ExperimentQueued, text_of: TextOf) -> Reading | None:
    whose = f"replicates {event.submission} · {event.domain} · seed {event.seed}" if event.submission else event.title
    return Reading(f"{event.experiment} queued", whose, tone="plain")


@_reads(ev.ExperimentLeased)
def _(event: ev.ExperimentLeased, text_of: TextOf) -> Reading | None:
    attempt = f" · attempt {event.attempt}" if event.attempt > 1 else ""
    return Reading(f"{event.experiment} starts", f"on {event.slot}{attempt}", tone="dim")


@_reads(ev.ExperimentReleased)
def _(event: ev.ExperimentReleased, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.experiment} gave {event.slot} back", event.why, tone="warn")


@_reads(ev.ExperimentCancelled)
def _(event: ev.ExperimentCancelled, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.experiment} cancelled", f"by {event.by}", tone="warn")


@_reads(ev.ExperimentFinished)
def _(event: ev.ExperimentFinished, text_of: TextOf) -> Reading | None:
    detail = f"{event.outcome} · {span(event.device_s)}"
    if event.peak_bytes:
        detail += f" · {size(event.peak_bytes)}"
    good = event.outcome == "done"
    body = running(event.result) or text_of(event.tail)
    label = f"{event.experiment} {'finished' if good else event.outcome.replace('_', ' ')}"
    return Reading(label, detail, body, "plain" if good else "bad", "dim" if good else "plain", 6, event.tail)


@_reads(ev.SubmissionReceived)
def _(event: ev.SubmissionReceived, text_of: TextOf) -> Reading | None:
    seeds = ", ".join(str(student.seed) for student in event.students)
    body = "\n".join(f"{name}: {words}" for name, words in event.card.items() if words)
    claimed = f" · claims {pgr(event.claimed)}" if event.claimed is not None else ""
    return Reading(f"submits {event.submission}", f"{event.method} · seeds {seeds}{claimed}", body, fold=5)


@_reads(ev.SubmissionScored)
def _(event: ev.SubmissionScored, text_of: TextOf) -> Reading | None:
    seeds = " ".join(pgr(value) for value in event.per_seed)
    trust = "" if event.protected else "\nunprotected: the sandbox does not hold what protects a score"
    body = f"exact {score(event.exact)} · per seed {seeds} (for people only){trust}"
    return Reading(f"{event.submission} scored {score(event.released)}", event.domain, body, "accent", "dim")


@_reads(ev.SubmissionRejected)
def _(event: ev.SubmissionRejected, text_of: TextOf) -> Reading | None:
    return Reading(f"✗ {event.submission} rejected", event.field, f"{event.reason}\n{event.fix}", "bad")


@_reads(ev.SubmissionWithheld)
def _(event: ev.SubmissionWithheld, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.submission} withheld", event.reason, tone="warn")


@_reads(ev.ReplicationStarted)
def _(event: ev.ReplicationStarted, text_of: TextOf) -> Reading | None:
    seeds = f"{len(event.seeds)} fresh seeds"
    return Reading(f"{event.submission} is replicated", f"{seeds} on {', '.join(event.domains)}", tone="plain")


@_reads(ev.ReplicationFinished)
def _(event: ev.ReplicationFinished, text_of: TextOf) -> Reading | None:
    if event.outcome != "replicated":
        error = text_of(event.error) if event.error is not None else ""
        return Reading(f"✗ {event.submission} could not be replicated", "", error, "bad")
    body = "\n".join(f"{domain} {score(found)}" for domain, found in event.domains.items())
    return Reading(f"{event.submission} replicated", "", body, "accent")


@_reads(ev.FlagRaised)
def _(event: ev.FlagRaised, text_of: TextOf) -> Reading | None:
    return Reading(f"⚑ {event.flag} {event.detector}", event.submission, text_of(event.text), "warn", kept=event.text)


@_reads(ev.VerdictGiven)
def _(event: ev.VerdictGiven, text_of: TextOf) -> Reading | None:
    words = {"accept": "accepted", "disqualify": "disqualified", "reinstate": "reinstated"}
    label = f"{event.by} {words.get(event.verdict, event.verdict)} {event.submission}"
    return Reading(label, "", event.because, "accent")


# people, forum ----------------------------------------------------------------------------------------


@_reads(ev.ForumPosted)
def _(event: ev.ForumPosted, text_of: TextOf) -> Reading | None:
    body = text_of(event.text)
    return Reading(f"{event.author} posts {event.post}", event.title, body, fold=6, kept=event.text)


@_reads(ev.SteerQueued)
def _(event: ev.SteerQueued, text_of: TextOf) -> Reading | None:
    return Reading(
        f"{event.by} steers",
        "waits for the next turn",
        text_of(event.text),
        "accent",
        "accent",
        16,
        event.text,
    )


@_reads(ev.SteerDelivered)
def _(event: ev.SteerDelivered, text_of: TextOf) -> Reading | None:
    return Reading("steer delivered", f"turn {event.turn}", tone="accent")


@_reads(ev.CommandRequested)
def _(event: ev.CommandRequested, text_of: TextOf) -> Reading | None:
    return None if event.verb == "steer" else Reading(f"{event.by} asks: {event.verb}", event.command, tone="accent")


@_reads(ev.CommandEffective)
def _(event: ev.CommandEffective, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.command} effective", event.note, tone="dim")


@_reads(ev.CommandRefused)
def _(event: ev.CommandRefused, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.command} refused", event.reason, tone="warn")


@_reads(ev.PauseReached)
def _(event: ev.PauseReached, text_of: TextOf) -> Reading | None:
    return Reading("paused", f"after turn {event.turn}", tone="accent")


# the run ----------------------------------------------------------------------------------------------


@_reads(ev.RunOpened)
def _(event: ev.RunOpened, text_of: TextOf) -> Reading | None:
    body = text_of(event.recipe)
    return Reading(f"run {event.run} opened", f"aarctl {event.aarctl}", body, "strong", "dim", 4, event.recipe)


@_reads(ev.RunClosed)
def _(event: ev.RunClosed, text_of: TextOf) -> Reading | None:
    return Reading(f"run {event.reason}", event.note, tone="bad" if event.reason == "failed" else "strong")


@_reads(ev.SupervisorStarted)
def _(event: ev.SupervisorStarted, text_of: TextOf) -> Reading | None:
    return Reading("supervisor started", f"epoch {event.epoch}", tone="dim")


@_reads(ev.SupervisorRecovered)
def _(event: ev.SupervisorRecovered, text_of: TextOf) -> Reading | None:
    return Reading("supervisor recovered", f"epoch {event.epoch}", "\n".join(event.interrupted), "warn")


@_reads(ev.TaskRequested)
def _(event: ev.TaskRequested, text_of: TextOf) -> Reading | None:
    return Reading("task", event.task, tone="plain")


@_reads(ev.TaskReady)
def _(event: ev.TaskReady, text_of: TextOf) -> Reading | None:
    body = "\n".join(f"{one.domain}: weak {one.weak:.3f}, ceiling {one.ceiling:.3f}" for one in event.domains)
    return Reading("task ready", f"built in {span(event.seconds)}" if event.built else "found", body, body_tone="dim")


@_reads(ev.RoundOpened)
def _(event: ev.RoundOpened, text_of: TextOf) -> Reading | None:
    return Reading(f"round {event.round}", tone="strong")


@_reads(ev.ResearcherCreated)
def _(event: ev.ResearcherCreated, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.researcher} joins", f"{event.mind} · {event.model}", event.direction)


@_reads(ev.ResearcherStateChanged)
def _(event: ev.ResearcherStateChanged, text_of: TextOf) -> Reading | None:
    if event.state in ROUTINE or (event.state == "waiting" and not event.why):
        return None
    return Reading(event.state, event.why, tone="bad" if event.state == "failed" else "dim")


@_reads(ev.SandboxChosen)
def _(event: ev.SandboxChosen, text_of: TextOf) -> Reading | None:
    return Reading("sandboxes", event.why, tone="dim" if event.isolated else "bad")


@_reads(ev.SandboxCreated)
def _(event: ev.SandboxCreated, text_of: TextOf) -> Reading | None:
    held = event.protection or f"{event.backend} · {'isolated' if event.isolated else 'nothing is isolated'}"
    title = f"sandbox {event.sandbox}{' taken over' if event.attached else ''}"
    if event.isolated:
        return Reading(title, held, f"image {event.image}" if event.image else "", tone="dim")
    return Reading(title, f"UNSAFE {held}", tone="bad")


@_reads(ev.SandboxLost)
def _(event: ev.SandboxLost, text_of: TextOf) -> Reading | None:
    return Reading(f"✗ sandbox {event.sandbox} lost", event.why, tone="bad")


@_reads(ev.SandboxRemoved)
def _(event: ev.SandboxRemoved, text_of: TextOf) -> Reading | None:
    return Reading(f"sandbox {event.sandbox} removed", tone="dim")


@_reads(ev.EgressAttempted)
def _(event: ev.EgressAttempted, text_of: TextOf) -> Reading | None:
    where = f"{event.host}:{event.port}" if event.port else event.host or "no destination"
    times = f" · {event.attempts} times" if event.attempts > 1 else ""
    moved = f" · {size(event.up_bytes)} up, {size(event.down_bytes)} down" if event.up_bytes or event.down_bytes else ""
    label = f"network: {where}" if event.allowed else f"✗ network refused: {where}"
    return Reading(label, f"{event.reason}{times}{moved}", tone="dim" if event.allowed else "warn")


@_reads(ev.SnapshotTaken)
def _(event: ev.SnapshotTaken, text_of: TextOf) -> Reading | None:
    return Reading(f"snapshot {event.snapshot[:8]}", f"{event.files} files · {size(event.size_bytes)}", tone="dim")


@_reads(ev.BudgetExceeded)
def _(event: ev.BudgetExceeded, text_of: TextOf) -> Reading | None:
    return Reading("budget reached", f"{event.what} {event.used:g} of {event.limit:g}", tone="warn")
