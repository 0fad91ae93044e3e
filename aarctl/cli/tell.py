"""One event as one line of plain words, for `journal tail`, `log` and the progress of a run.

Every kind has words: those without a line of their own are told by their fields. What comes back is cleaned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from ..journal import events as e
from . import figures, plain

_E = TypeVar("_E", bound=e.Event)
_LINES: dict[type[e.Event], Callable[[Any], str]] = {}
WIDTH = 160
WHOLE = 500
ACT_ON = (e.SandboxChosen, e.RunClosed, e.ResearcherBlocked)
"""Kinds at whose end the next step stands."""


def tell(event: e.Event) -> str:
    """What `event` says, in at most WIDTH characters; WHOLE where the next step stands at its end."""
    words = _LINES.get(type(event), _fields)
    return plain.line(words(event), WHOLE if isinstance(event, ACT_ON) else WIDTH)


def _line(kind: type[_E]) -> Callable[[Callable[[_E], str]], Callable[[_E], str]]:
    def register(words: Callable[[_E], str]) -> Callable[[_E], str]:
        _LINES[kind] = words
        return words

    return register


def _fields(event: e.Event) -> str:
    """Any other kind: its short fields, by name."""
    shown = []
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if name in ("researcher", "v") or value in ("", None, [], {}):
            continue
        shown.append(f"{name} {_value(value)}")
    return ", ".join(shown)


def _value(value: Any) -> str:
    if isinstance(value, e.Text):
        return value.head.split("\n", 1)[0]
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | dict | msgspec.Struct):
        return str(msgspec.json.encode(value), "utf-8", "replace")
    return str(value)


def _cost(nusd: int) -> str:
    return f" ({figures.dollars(figures.usd(nusd))})" if nusd else ""


def _pgr(interval: e.Interval) -> str:
    return figures.pgr(interval.mean, (interval.lo, interval.hi))


@_line(e.RunOpened)
def _(event: e.RunOpened) -> str:
    return f"run {event.run} opened by aarctl {event.aarctl}"


@_line(e.RunClosed)
def _(event: e.RunClosed) -> str:
    return f"run {event.reason}{': ' if event.note else ''}{event.note}"


@_line(e.TaskReady)
def _(event: e.TaskReady) -> str:
    facts = "; ".join(f"{each.domain}: weak {each.weak:.3f}, ceiling {each.ceiling:.3f}" for each in event.domains)
    how = f"built in {figures.duration(event.seconds)}" if event.built else "found in the home"
    return f"task {event.task} {how}; {facts}"


@_line(e.SandboxChosen)
def _(event: e.SandboxChosen) -> str:
    return f"sandboxes: {event.why}"


@_line(e.SandboxCreated)
def _(event: e.SandboxCreated) -> str:
    held = event.protection or f"{event.backend}: {'isolated' if event.isolated else 'NOT ISOLATED'}"
    what = "sandbox" if event.purpose == "research" else f"sandbox for a {event.purpose}"
    again = ", taken over from an earlier supervisor" if event.attached else ""
    return f"{what} {event.sandbox}{again}: {'' if event.isolated else 'UNSAFE '}{held}"


@_line(e.RoundOpened)
def _(event: e.RoundOpened) -> str:
    return f"round {event.round}"


@_line(e.ResearcherCreated)
def _(event: e.ResearcherCreated) -> str:
    return f"{f'added by {event.by}' if event.by else 'created'}, mind {event.mind}: {event.direction}"


@_line(e.ResearcherStateChanged)
def _(event: e.ResearcherStateChanged) -> str:
    return f"{event.state}{': ' if event.why else ''}{event.why}"


@_line(e.ResearcherBlocked)
def _(event: e.ResearcherBlocked) -> str:
    return f"blocked{f' ({event.flag})' if event.flag else ''}: {event.why}"


@_line(e.ChapterOpened)
def _(event: e.ChapterOpened) -> str:
    kept = f", {figures.count(event.opening.chars, 'character')} kept of those before" if event.opening.chars else ""
    return f"chapter {event.chapter} of its history begins{kept}"


@_line(e.ChapterClosing)
def _(event: e.ChapterClosing) -> str:
    return f"chapter {event.chapter} nears its limit ({event.tokens:,} tokens): it is asked to sum it up"


@_line(e.NoticeDelivered)
def _(event: e.NoticeDelivered) -> str:
    return f"aarctl says ({event.about}): {event.text.head}"


@_line(e.ModelCompleted)
def _(event: e.ModelCompleted) -> str:
    cut = {"max_tokens": "cut at its token limit: ", "refusal": "refused: "}.get(event.stop, "")
    return f"{cut}{event.said or event.stop}{_cost(event.cost_nusd)}"


@_line(e.ModelFailed)
def _(event: e.ModelFailed) -> str:
    again = "" if event.retry_in_s is None else f"; tried again in {figures.duration(event.retry_in_s)}"
    return f"{event.call} failed: {event.error}{again}"


@_line(e.ModelCancelled)
def _(event: e.ModelCancelled) -> str:
    return f"{event.call} was cancelled: {event.why}{_cost(event.cost_nusd)}"


@_line(e.ModelUnknownOutcome)
def _(event: e.ModelUnknownOutcome) -> str:
    return f"{event.call}: its answer was lost, charged at its worst case{_cost(event.cost_nusd)}"


@_line(e.RateLimited)
def _(event: e.RateLimited) -> str:
    return f"rate limited, waits {figures.duration(event.wait_s)}"


@_line(e.ToolRequested)
def _(event: e.ToolRequested) -> str:
    return f"{event.tool} {event.args.head}"


@_line(e.ToolCompleted)
def _(event: e.ToolCompleted) -> str:
    first = event.output.head.strip().split("\n", 1)[0]
    return f"{event.tool} {'done' if event.ok else 'failed'} in {event.seconds:.1f} s: {first}"


@_line(e.ExperimentQueued)
def _(event: e.ExperimentQueued) -> str:
    what = f"replication of {event.submission}, {event.domain}, seed {event.seed}" if event.submission else event.title
    return f"{event.experiment} waits: {what}"


@_line(e.ExperimentLeased)
def _(event: e.ExperimentLeased) -> str:
    again = f", attempt {event.attempt}" if event.attempt > 1 else ""
    return f"{event.experiment} runs on {event.slot}{again}"


@_line(e.ExperimentReleased)
def _(event: e.ExperimentReleased) -> str:
    return f"{event.experiment} gives {event.slot or 'its slot'} back and is queued again: {event.why}"


@_line(e.ExperimentMoved)
def _(event: e.ExperimentMoved) -> str:
    where = f"in front of {event.before}" if event.before else "to the front of the queue"
    return f"{event.by} moves {event.experiment} {where}"


@_line(e.ExperimentCancelled)
def _(event: e.ExperimentCancelled) -> str:
    return f"{event.experiment} is cancelled by {event.by}"


@_line(e.ExperimentFinished)
def _(event: e.ExperimentFinished) -> str:
    return f"{event.experiment} {event.outcome.replace('_', ' ')} after {event.device_s:.1f} device seconds"


@_line(e.ForumPosted)
def _(event: e.ForumPosted) -> str:
    said = event.text.head.strip().split("\n", 1)[0]
    who = "" if event.author == event.researcher else f"{event.author} "
    return f"{who}posts {event.post} in {event.title or event.thread}: {said}"


@_line(e.SubmissionReceived)
def _(event: e.SubmissionReceived) -> str:
    claim = f", claims {event.claimed:.2f}" if event.claimed is not None else ""
    return f"{event.submission} submits {event.method}, {figures.count(len(event.students), 'student')}{claim}"


@_line(e.SubmissionScored)
def _(event: e.SubmissionScored) -> str:
    guard = "" if event.protected else " (unprotected)"
    return f"{event.submission} scored PGR {_pgr(event.released)} on {event.domain}{guard}"


@_line(e.SubmissionRejected)
def _(event: e.SubmissionRejected) -> str:
    return f"{event.submission} rejected, {event.field}: {event.reason}; {event.fix}"


@_line(e.SubmissionWithheld)
def _(event: e.SubmissionWithheld) -> str:
    return f"{event.submission} withheld: {event.reason}"


@_line(e.ReplicationStarted)
def _(event: e.ReplicationStarted) -> str:
    where = " and ".join(event.domains)
    return f"{event.submission} is run again from scratch on {where}, {figures.count(len(event.seeds), 'fresh seed')}"


@_line(e.ReplicationFinished)
def _(event: e.ReplicationFinished) -> str:
    if event.outcome != "replicated":
        last = event.error.head.strip().rsplit("\n", 1)[-1] if event.error else ""
        return f"{event.submission} could not be replicated{': ' if last else ''}{last}"
    found = "; ".join(f"{domain} {_pgr(each)}" for domain, each in event.domains.items())
    return f"{event.submission} replicated, PGR {found}"


@_line(e.FlagRaised)
def _(event: e.FlagRaised) -> str:
    whom = event.submission or event.researcher or "the run"
    return f"{event.flag} raised by {event.detector} on {whom}: {event.text.head}"


@_line(e.EgressAttempted)
def _(event: e.EgressAttempted) -> str:
    where = f"{event.host}:{event.port}" if event.port else event.host or "an unclear destination"
    times = f" {figures.count(event.attempts, 'time')}" if event.attempts > 1 else ""
    moved = f", {event.up_bytes} bytes up, {event.down_bytes} down" if event.up_bytes or event.down_bytes else ""
    return f"{'reaches' if event.allowed else 'is refused'} {where}{times}{moved} ({event.reason})"


@_line(e.VerdictGiven)
def _(event: e.VerdictGiven) -> str:
    return f"{event.by}: {event.verdict} {event.submission}, because {event.because}"


@_line(e.CommandRequested)
def _(event: e.CommandRequested) -> str:
    args = {name: value for name, value in event.args.items() if name != "text"}
    given = "".join(f", {name} {value}" for name, value in args.items())
    said = f": {event.args['text']}" if "text" in event.args else ""
    return f"{event.by} asks {event.command}: {event.verb} {event.researcher or 'the fleet'}{given}{said}"


@_line(e.CommandEffective)
def _(event: e.CommandEffective) -> str:
    return f"{event.command} effective{': ' if event.note else ''}{event.note}"


@_line(e.CommandRefused)
def _(event: e.CommandRefused) -> str:
    return f"{event.command} refused: {event.reason}"


@_line(e.SteerQueued)
def _(event: e.SteerQueued) -> str:
    return f"{event.by} steers ({event.steer}, waits for the next turn): {event.text.head}"


@_line(e.SteerDelivered)
def _(event: e.SteerDelivered) -> str:
    return f"{event.steer} delivered at turn {event.turn}"


@_line(e.PersonTold)
def _(event: e.PersonTold) -> str:
    return f"tells you: {event.text.head}"


@_line(e.SupervisorRecovered)
def _(event: e.SupervisorRecovered) -> str:
    return f"recovered (epoch {event.epoch}): {'; '.join(event.interrupted) or 'nothing was half done'}"


@_line(e.BudgetChanged)
def _(event: e.BudgetChanged) -> str:
    to = "no limit any more" if event.limit is None else f"{event.limit:g}"
    return f"{event.by} changes the budget of {event.researcher or 'the fleet'}: {event.what} {to}"


@_line(e.BudgetExceeded)
def _(event: e.BudgetExceeded) -> str:
    return f"budget reached: {event.what} {event.used:g} of {event.limit:g}"
