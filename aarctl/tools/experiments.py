"""Experiments: work that waits for a compute slot and runs while its researcher goes on."""

from __future__ import annotations

import shlex
from typing import Annotated, Any, Literal

import msgspec

from ..journal.events import ExperimentCancelled, ExperimentFinished, ExperimentQueued
from . import workspace
from .tool import Context, Tool, ToolError, ToolResult, shorten

TITLE_CHARS = 80
SEED_MAX = 2**31 - 1


class ExperimentsArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Queue one, look at some, read the end of one's output, or cancel one."""

    action: Literal["queue", "status", "tail", "cancel"]
    method: Annotated[str, msgspec.Meta(description="queue: path of a method file with train(task, seed, out)")] = ""
    seed: Annotated[int, msgspec.Meta(ge=0, le=SEED_MAX)] = 0
    fraction: Annotated[float, msgspec.Meta(gt=0, le=1, description="share of the steps: screen cheaply")] = 1.0
    out: Annotated[str, msgspec.Meta(description="queue: folder for the student; default students/<experiment>")] = ""
    command: Annotated[str, msgspec.Meta(description="queue: a bash command instead of a method")] = ""
    title: str = ""
    tags: Annotated[list[str], msgspec.Meta(max_length=8)] = []
    experiments: Annotated[list[str], msgspec.Meta(description="status: which; none means all of yours")] = []


async def run(context: Context, args: ExperimentsArgs) -> ToolResult:
    """One action."""
    match args.action:
        case "queue":
            return await _queue(context, args)
        case "status":
            return await _status(context, args)
        case "tail":
            return await _tail(context, args)
        case "cancel":
            return _cancel(context, args)


async def _queue(context: Context, args: ExperimentsArgs) -> ToolResult:
    """The queued event is the effect: the supervisor's dispatcher takes it from the journal."""
    if bool(args.method) == bool(args.command):
        raise ToolError("give either `method` or `command`, not both and not neither")
    context.spend("experiments", context.me.experiments)
    name = context.journal.next_id("x")
    out = workspace.inside(args.out or f"students/{name}")
    if args.method:
        method = workspace.inside(args.method)
        await workspace.read_text(context, method)  # a missing file is better known now than after the queue
        argv = job(method, args.seed, out, args.fraction)
        share = "" if args.fraction == 1.0 else f" at {args.fraction:.0%}"
        title = args.title or f"{method} seed {args.seed}{share}"
    else:
        argv = ["bash", "-c", args.command]
        title = args.title or shlex.join(argv[2:])
    queued = ExperimentQueued(
        researcher=context.researcher, experiment=name, argv=argv, out=out, title=title[:TITLE_CHARS], seed=args.seed,
        tags=args.tags, timeout_s=context.recipe.sandbox.timeout_s,
    )  # fmt: skip
    text = f"queued {name}: {queued.title}; its student will be in {out}"
    return ToolResult(text, {"experiment": name, "out": out}, events=(queued,))


def job(method: str, seed: int, out: str, fraction: float = 1.0) -> list[str]:
    """The command line that runs a method file inside a sandbox, warm where a warm runner stands."""
    return ["aarctl-job", method, "--seed", str(seed), "--out", out, "--fraction", repr(fraction)]


async def _status(context: Context, args: ExperimentsArgs) -> ToolResult:
    mine = {one.id: one for one in context.state.experiments.values() if one.researcher == context.researcher}
    finished = await context.lookup.records(researcher=context.researcher, kinds=("experiment.finished",))
    over = {e.event.experiment: e.event for e in finished if isinstance(e.event, ExperimentFinished)}
    rows: list[dict[str, Any]] = []
    for name in args.experiments or [*over, *mine]:
        if name in over:
            event = over[name]
            rows.append(
                {"experiment": name, "state": event.outcome, "result": event.result, "device_s": event.device_s}
            )
        elif name in mine:
            rows.append({"experiment": name, "state": "running" if mine[name].slot else "queued"})
        else:
            raise ToolError(f"{name!r} is not an experiment of yours; action='status' without names lists them")
    text = "\n".join(" ".join(f"{key}={value}" for key, value in row.items()) for row in rows)
    return ToolResult(shorten(text) or "you have no experiments", {"experiments": rows})


async def _tail(context: Context, args: ExperimentsArgs) -> ToolResult:
    name = _only(args)
    live = context.live_tail(name)
    if live is not None:
        return ToolResult(shorten(live) or "(nothing printed yet)", {"state": "running"})
    finished = await context.lookup.records(researcher=context.researcher, kinds=("experiment.finished",))
    for record in reversed(finished):
        event = record.event
        if isinstance(event, ExperimentFinished) and event.experiment == name:
            text = await context.lookup.text(event.tail)
            return ToolResult(shorten(text) or "(it printed nothing)", {"state": event.outcome})
    raise ToolError(f"{name!r} has not run yet, or is not yours; look at its status")


def _cancel(context: Context, args: ExperimentsArgs) -> ToolResult:
    name = _only(args)
    experiment = context.state.experiments.get(name)
    if experiment is None or experiment.researcher != context.researcher:
        raise ToolError(f"{name!r} is not an open experiment of yours; look at its status")
    cancelled = ExperimentCancelled(researcher=context.researcher, experiment=name, by=context.researcher)
    return ToolResult(f"cancelled {name}", events=(cancelled,))


def _only(args: ExperimentsArgs) -> str:
    if len(args.experiments) != 1:
        raise ToolError("name exactly one experiment in `experiments`")
    return args.experiments[0]


EXPERIMENTS = Tool(
    "experiments",
    "Work on a compute slot. action='queue' runs train(task, seed, out) of a method file (or a bash command) when a "
    "slot is free; fraction=0.25 trains for a quarter of the steps, which is enough to screen. action='status', "
    "'tail' and 'cancel' follow it. result holds statistics that need no labels.",
    ExperimentsArgs,
    run,
)
