"""Experiments: work that waits for a compute slot and runs while its researcher goes on."""

from __future__ import annotations

import shlex
from typing import Annotated, Any, Literal

import msgspec

from ..journal.events import ExperimentCancelled, ExperimentFinished, ExperimentQueued
from ..journal.state import Experiment
from . import workspace
from .tool import (
    OUTPUT_CHARS,
    TAG_CHARS,
    TAGS,
    Context,
    Tag,
    Tool,
    ToolError,
    ToolResult,
    one_line,
    plain,
    shorten,
    tidy_tags,
)

TITLE_CHARS = 80
COMMAND_CHARS = 20_000
SEED_MAX = 2**31 - 1
LISTED = 50  # finished ones in a status without names
NAMED = 50
RESULT_CHARS = 400  # of one result in a list; a status of that one alone shows the whole
RESEARCH = "research"
"""A researcher's own; replications run under its name too, and are none of its business."""


class ExperimentsArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Queue one, look at some, read the end of one's output, or cancel one."""

    action: Annotated[
        Literal["queue", "status", "tail", "cancel"],
        msgspec.Meta(
            description="queue: a new one. status: of those named, or of all open ones and the last "
            f"{LISTED} finished. tail: the end of what one printed. cancel: end one, or take it out of the queue."
        ),
    ]
    method: Annotated[
        str,
        msgspec.Meta(
            max_length=workspace.PATH_CHARS, description="queue: path of a method file, with train(task, seed, out)."
        ),
    ] = ""
    seed: Annotated[int, msgspec.Meta(ge=0, le=SEED_MAX, description="queue: the seed that train gets.")] = 0
    fraction: Annotated[
        float,
        msgspec.Meta(gt=0, le=1, description="queue: share of the training steps; a part of them is enough to screen."),
    ] = 1.0
    out: Annotated[
        str,
        msgspec.Meta(
            max_length=workspace.PATH_CHARS,
            description="queue: folder for the student and result.json; by default students/<experiment>.",
        ),
    ] = ""
    command: Annotated[
        str,
        msgspec.Meta(
            max_length=COMMAND_CHARS,
            description="queue: bash instead of a method, run in /workspace, without the shell's session.",
        ),
    ] = ""
    title: Annotated[
        str, msgspec.Meta(max_length=200, description="queue: what it is, in a few words, for lists and for people.")
    ] = ""
    tags: Annotated[
        list[Tag],
        msgspec.Meta(
            max_length=TAGS,
            description="queue: the ideas it tries, one to three short ones, such as reweighting or zero-shot-prior.",
        ),
    ] = []
    experiments: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=40)]],
        msgspec.Meta(max_length=NAMED, description="status: ids of some. tail, cancel: exactly one, such as x12."),
    ] = []


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
    if bool(args.method.strip()) == bool(args.command.strip()):
        raise ToolError("give either method or command, not both and not neither")
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
    timeout_s = context.recipe.sandbox.timeout_s
    queued = ExperimentQueued(
        researcher=context.researcher, experiment=name, argv=argv, out=out, title=one_line(title)[:TITLE_CHARS],
        seed=args.seed, tags=tidy_tags(args.tags), timeout_s=timeout_s,
    )  # fmt: skip
    said = [f"queued {name}: {queued.title}. What it makes will be in {out}; it may take {timeout_s:g} s"]
    left = context.left("experiments", context.me.experiments + 1)
    if left is not None:
        said.append(f"you have {left} experiments left")
    if not queued.tags:
        said.append("it has no tags: give some next time, so that all can see which ideas are being tried")
    return ToolResult("; ".join(said), {"experiment": name, "out": out}, events=(queued,))


def job(method: str, seed: int, out: str, fraction: float = 1.0) -> list[str]:
    """The command line that runs a method file inside a sandbox, warm where a warm runner stands."""
    return ["aarctl-job", method, "--seed", str(seed), "--out", out, "--fraction", repr(fraction)]


async def _status(context: Context, args: ExperimentsArgs) -> ToolResult:
    queued, over = await _mine(context)
    names = args.experiments or [*list(over)[-LISTED:], *(name for name in queued if name not in over)]
    rows = [_row(context, _known(name, queued), over.get(name)) for name in names]
    chars = RESULT_CHARS if len(rows) > 1 else RESULT_CHARS * NAMED
    text = "\n".join(_line(row, chars) for row in rows)
    if not args.experiments and len(over) > LISTED:
        text = f"[{len(over) - LISTED} earlier ones are over too: name them to see them]\n{text}"
    return ToolResult(shorten(text) or "you have no experiments", {"experiments": rows})


async def _mine(context: Context) -> tuple[dict[str, ExperimentQueued], dict[str, ExperimentFinished]]:
    """The caller's own experiments in the order of the queue; those that are over in the order of their ends."""
    kinds = ("experiment.queued", "experiment.finished")
    events = [record.event for record in await context.lookup.records(researcher=context.researcher, kinds=kinds)]
    queued = {e.experiment: e for e in events if isinstance(e, ExperimentQueued) and e.purpose == RESEARCH}
    over = {e.experiment: e for e in events if isinstance(e, ExperimentFinished) and e.experiment in queued}
    return queued, over


def _known(name: str, queued: dict[str, ExperimentQueued]) -> ExperimentQueued:
    if name not in queued:
        raise ToolError(f"{name!r} is not an experiment of yours; action='status' without names lists them")
    return queued[name]


def _row(context: Context, queued: ExperimentQueued, over: ExperimentFinished | None) -> dict[str, Any]:
    """What there is to know of one; of an open one, what the state says."""
    row: dict[str, Any] = {"experiment": queued.experiment, "title": queued.title, "tags": queued.tags}
    if over is not None:
        return {**row, "state": over.outcome, "result": over.result, "device_s": over.device_s}
    one = context.state.experiments.get(queued.experiment)
    return {**row, "state": "queued" if one is None else _state(one)}


def _state(one: Experiment) -> str:
    if one.cancelled:
        return "being cancelled"
    return "running" if one.slot else "queued"


def _line(row: dict[str, Any], chars: int) -> str:
    tags = f" [{', '.join(row['tags'])}]" if row["tags"] else ""
    text = f"{row['experiment']} {row['state']}: {row['title']}{tags}"
    if "result" in row:
        text += f"; {row['device_s']:.0f} s on its slot"
    if row.get("result"):
        text += f"; result {shorten(msgspec.json.encode(row['result']).decode(), chars)}"
    return plain(text)


async def _tail(context: Context, args: ExperimentsArgs) -> ToolResult:
    queued, over = await _mine(context)
    name = _only(args)
    row = _row(context, _known(name, queued), over.get(name))
    if name in over:
        text = await context.lookup.text(over[name].tail)
    else:
        text = context.live_tail(name) or ""
    text = plain(text)[-OUTPUT_CHARS:].strip("\n")
    return ToolResult(f"{text or '(nothing printed)'}\n[{name} {row['state']}]", {"state": row["state"]})


def _cancel(context: Context, args: ExperimentsArgs) -> ToolResult:
    name = _only(args)
    one = context.state.experiments.get(name)
    if one is None or one.researcher != context.researcher or one.purpose != RESEARCH:
        raise ToolError(f"{name!r} is not an open experiment of yours; action='status' lists them")
    if one.cancelled:
        return ToolResult(f"{name} is being cancelled already")
    cancelled = ExperimentCancelled(researcher=context.researcher, experiment=name, by=context.researcher)
    return ToolResult(f"cancelled {name}; it still counts against your budget of experiments", events=(cancelled,))


def _only(args: ExperimentsArgs) -> str:
    if len(args.experiments) != 1:
        raise ToolError('name exactly one experiment in experiments, such as ["x12"]')
    return args.experiments[0]


EXPERIMENTS = Tool(
    "experiments",
    f"""\
Training and other long work on a compute slot, while you go on. action='queue' runs train(task, seed, out) of a
method file, or a bash command, as soon as a slot is free, and gives its id at once. Slots are shared fairly, so queue
what can run side by side together; fraction=0.25 trains for a quarter of the steps, enough to compare ideas with each
other at a quarter of the cost. Tag each with its ideas (up to {TAGS} tags of {TAG_CHARS} characters): tags are
how all of you, and people, see whether the fleet's ideas differ. You need not poll: end your turn without a tool
call, and you go on as soon as one of your experiments or scores is done, and are told which. 'status' shows state,
seconds and result: the job's result.json, statistics of the student on the public pool that need no labels. 'tail'
shows the end of what one printed, also while it runs; 'cancel' ends one. Example: {{"action": "queue", "method":
"m/method.py", "seed": 1, "fraction": 0.25, "title": "prior alone, screened", "tags": ["zero-shot-prior"]}}""",
    ExperimentsArgs,
    run,
)
