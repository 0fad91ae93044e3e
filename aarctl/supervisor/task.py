"""Making sure that the run's task version stands in the home: built by a process of its own if it is not there.

Building is trusted code that sees labels, so it happens outside this process; of the vault nothing is read here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import msgspec

from ..home import Home, TaskPaths
from ..journal.events import DomainFacts, TaskReady, TaskRequested
from ..journal.store import Journal
from ..lab.spec import TaskSpec
from ..recipe import Recipe

STDERR_TAIL = 4_000


class TaskNotBuilt(Exception):
    """The builder ended without a task; the message is its own last line."""


class _Accuracy(msgspec.Struct):
    accuracy: float


class _Domain(msgspec.Struct):
    n_test: int
    weak: _Accuracy
    ceiling: _Accuracy


class _Summary(msgspec.Struct):
    feedback: str
    held_out: list[str]
    domains: dict[str, _Domain]


def spec_of(recipe: Recipe) -> TaskSpec:
    """What the recipe asks for; sizes it leaves out are the task's own."""
    choice = recipe.task
    sizes = {name: value for name in ("n_labelled", "n_pool", "n_test") if (value := getattr(choice, name)) is not None}
    return TaskSpec(task=choice.name, feedback=choice.feedback, held_out=choice.held_out, **sizes)


async def ensure(home: Home, recipe: Recipe, journal: Journal) -> TaskPaths:
    """The task version, built now if the home has none. Raises TaskNotBuilt."""
    spec = spec_of(recipe)
    paths = home.task(spec.full_name)
    if journal.state.status not in ("new", "building"):
        return paths
    if journal.state.task != paths.name:
        await journal.record(TaskRequested(task=paths.name))
    began, build = time.monotonic(), not paths.summary.exists()
    if build:
        await _build(home, spec, journal)
    summary = msgspec.json.decode(paths.summary.read_bytes(), type=_Summary)
    facts = [
        DomainFacts(name, one.weak.accuracy, one.ceiling.accuracy, one.n_test) for name, one in summary.domains.items()
    ]
    await journal.record(
        TaskReady(
            task=paths.name, feedback=summary.feedback, held_out=summary.held_out, domains=facts, built=build,
            seconds=time.monotonic() - began,
        )
    )  # fmt: skip
    return paths


async def _build(home: Home, spec: TaskSpec, journal: Journal) -> None:
    """Run the builder; its progress becomes the live fact "task"."""
    argv = [
        sys.executable, "-m", "aarctl.lab.build", "--spec", json.dumps(spec.to_dict()), "--home", str(home.root),
        "--run", journal.state.run,
    ]  # fmt: skip
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    assert process.stdout is not None and process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    try:
        async for line in process.stdout:
            try:
                journal.live("task", msgspec.json.decode(line))
            except msgspec.MsgspecError:
                continue  # a library's chatter is no progress
        code = await process.wait()
    except BaseException:
        process.kill()
        raise
    said = (await errors).decode("utf-8", "replace").strip()
    if code != 0:
        raise TaskNotBuilt(said.splitlines()[-1] if said else f"the builder ended with exit code {code}")
