"""`aarctl task build`: make the task version that a recipe asks for, unless the home has it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import typer

from . import figures, shapes, speak
from .command import AsJson
from .validate import RecipePath, Settings

if TYPE_CHECKING:
    from ..home import TaskPaths
    from ..recipe import Recipe

app = typer.Typer(help="Make the tasks that runs are about.", rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def root() -> None:
    """Make the tasks that runs are about."""


@app.command("build")
def build(recipe: RecipePath, settings: Settings = None, as_json: AsJson = False) -> None:
    """Build the task that a recipe asks for.

    Hidden splits, the weak teacher and its labels, the ceiling: once per version and home. A run builds its task by
    itself; this only does it beforehand. Progress goes to stderr.
    """
    from ..recipe import load

    found = make(load(recipe, settings or ()))[1]
    if as_json:
        return speak.dump(found)
    how = f"built in {figures.duration(found.seconds)}" if found.built else "was there already"
    speak.say(f"task {found.task} {how}")
    columns = ("domain", "#weak", "#ceiling", "#test items")
    return speak.table(
        columns, [(d.domain, f"{d.weak:.3f}", f"{d.ceiling:.3f}", f"{d.test_items:,}") for d in found.domains]
    )


def make(recipe: Recipe) -> tuple[TaskPaths, shapes.TaskBuilt]:
    """The folder of a recipe's task, built when it is missing, with progress on stderr. Raises LabError."""
    from ..home import Home, TaskPaths
    from ..lab.build import build as lab_build
    from ..supervisor.task import spec_of
    from .progress import display

    began = time.monotonic()
    stages: set[str] = set()
    with display(err=True) as shown:

        def progress(stage: str, done: int, total: int) -> None:
            stages.add(stage)
            shown.update(f"building the task: {stage}, {done} of {total}")

        folder = lab_build(spec_of(recipe), Home.default().root, progress=progress)
    paths = TaskPaths(folder)
    return paths, shapes.TaskBuilt(
        task=paths.name, built=bool(stages), seconds=round(time.monotonic() - began, 3), domains=domains(paths)
    )


def domains(paths: TaskPaths) -> list[shapes.DomainRow]:
    """The fixed accuracies of a task version, the feedback domain first."""
    kept: dict[str, Any] = json.loads(paths.summary.read_text())
    return [
        shapes.DomainRow(
            domain=name,
            weak=each["weak"]["accuracy"],
            ceiling=each["ceiling"]["accuracy"],
            test_items=each["n_test"],
        )
        for name, each in kept["domains"].items()
    ]
