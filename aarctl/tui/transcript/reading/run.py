"""How the run itself, its researchers, sandboxes and budgets read."""

from __future__ import annotations

from aarctl.journal import events as ev

from ...content.figures import size, span
from .readers import Reading, TextOf, reads

ROUTINE = ("thinking", "acting", "starting")
"""States that change at every turn: shown in the fleet pane, not in the history."""


@reads(ev.RunOpened)
def _(event: ev.RunOpened, text_of: TextOf) -> Reading | None:
    body = text_of(event.recipe)
    return Reading(f"run {event.run} opened", f"aarctl {event.aarctl}", body, "strong", "dim", 4, event.recipe)


@reads(ev.RunClosed)
def _(event: ev.RunClosed, text_of: TextOf) -> Reading | None:
    return Reading(f"run {event.reason}", event.note, tone="bad" if event.reason == "failed" else "strong")


@reads(ev.SupervisorStarted)
def _(event: ev.SupervisorStarted, text_of: TextOf) -> Reading | None:
    return Reading("supervisor started", f"epoch {event.epoch}", tone="dim")


@reads(ev.SupervisorRecovered)
def _(event: ev.SupervisorRecovered, text_of: TextOf) -> Reading | None:
    return Reading("supervisor recovered", f"epoch {event.epoch}", "\n".join(event.interrupted), "warn")


@reads(ev.TaskRequested)
def _(event: ev.TaskRequested, text_of: TextOf) -> Reading | None:
    return Reading("task", event.task, tone="plain")


@reads(ev.TaskReady)
def _(event: ev.TaskReady, text_of: TextOf) -> Reading | None:
    body = "\n".join(f"{one.domain}: weak {one.weak:.3f}, ceiling {one.ceiling:.3f}" for one in event.domains)
    return Reading("task ready", f"built in {span(event.seconds)}" if event.built else "found", body, body_tone="dim")


@reads(ev.RoundOpened)
def _(event: ev.RoundOpened, text_of: TextOf) -> Reading | None:
    return Reading(f"round {event.round}", tone="strong")


@reads(ev.ResearcherCreated)
def _(event: ev.ResearcherCreated, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.researcher} joins", f"{event.mind} · {event.model}", event.direction)


@reads(ev.ResearcherStateChanged)
def _(event: ev.ResearcherStateChanged, text_of: TextOf) -> Reading | None:
    if event.state in ROUTINE or (event.state == "waiting" and not event.why):
        return None
    return Reading(event.state, event.why, tone="bad" if event.state == "failed" else "dim")


@reads(ev.SandboxChosen)
def _(event: ev.SandboxChosen, text_of: TextOf) -> Reading | None:
    return Reading("sandboxes", event.why, tone="dim" if event.isolated else "bad")


@reads(ev.SandboxCreated)
def _(event: ev.SandboxCreated, text_of: TextOf) -> Reading | None:
    held = event.protection or f"{event.backend} · {'isolated' if event.isolated else 'nothing is isolated'}"
    title = f"sandbox {event.sandbox}{' taken over' if event.attached else ''}"
    if event.isolated:
        return Reading(title, held, f"image {event.image}" if event.image else "", tone="dim")
    return Reading(title, f"UNSAFE {held}", tone="bad")


@reads(ev.SandboxLost)
def _(event: ev.SandboxLost, text_of: TextOf) -> Reading | None:
    return Reading(f"✗ sandbox {event.sandbox} lost", event.why, tone="bad")


@reads(ev.SandboxRemoved)
def _(event: ev.SandboxRemoved, text_of: TextOf) -> Reading | None:
    return Reading(f"sandbox {event.sandbox} removed", tone="dim")


@reads(ev.EgressAttempted)
def _(event: ev.EgressAttempted, text_of: TextOf) -> Reading | None:
    where = f"{event.host}:{event.port}" if event.port else event.host or "no destination"
    times = f" · {event.attempts} times" if event.attempts > 1 else ""
    moved = f" · {size(event.up_bytes)} up, {size(event.down_bytes)} down" if event.up_bytes or event.down_bytes else ""
    label = f"network: {where}" if event.allowed else f"✗ network refused: {where}"
    return Reading(label, f"{event.reason}{times}{moved}", tone="dim" if event.allowed else "warn")


@reads(ev.SnapshotTaken)
def _(event: ev.SnapshotTaken, text_of: TextOf) -> Reading | None:
    return Reading(f"snapshot {event.snapshot[:8]}", f"{event.files} files · {size(event.size_bytes)}", tone="dim")


@reads(ev.BudgetExceeded)
def _(event: ev.BudgetExceeded, text_of: TextOf) -> Reading | None:
    return Reading("budget reached", f"{event.what} {event.used:g} of {event.limit:g}", tone="warn")
