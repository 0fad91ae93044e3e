"""A whole run on a small real task: the quickstart recipe with less of everything, minutes made seconds.

Every part is real: supervisor process, sandboxes, experiments, scorer, replications.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from aarctl.home import Home, RunPaths
from aarctl.journal.store import create
from aarctl.recipe import Recipe, load, resolve
from aarctl.supervisor.task import spec_of

QUICKSTART = Path(__file__).parents[2] / "recipes" / "quickstart.toml"
SMALL = (
    "task.n_labelled=2000", "task.n_pool=320", "task.n_test=320", "budget.researcher.submissions=1",
    "search.candidates=2", "scorer.students_max=1", "replication.seeds=1",
)  # fmt: skip


def small_recipe(*overrides: str) -> Recipe:
    """The quickstart with SMALL and `overrides`."""
    return load(QUICKSTART, [*SMALL, *overrides])


def make_run(home: Home, name: str, recipe: Recipe) -> RunPaths:
    """The folder of a new run, as `aarctl run` makes it."""
    paths = home.run(name).make()
    paths.recipe.write_text(resolve(recipe))
    create(paths.root)
    return paths


def build_task(home: Home, recipe: Recipe) -> None:
    """Build the recipe's task version in `home`, so that no test waits for it twice."""
    from aarctl.lab.build import build

    build(spec_of(recipe), home.root, run="tests")


def forget(home: Home) -> None:
    """Remove what the home's runs left in an engine, whose volumes would outlive a folder of pytest's."""
    import asyncio

    from aarctl.sandbox import janitor
    from aarctl.sandbox.survey import reach

    async def sweep() -> None:
        engine, _ = await reach()
        if engine is not None:
            await janitor.prune(home, engine, all_runs=True, volumes=True)
            engine.close()

    asyncio.run(sweep())


def supervise_in_process_of_its_own(home: Home, name: str, timeout_s: float = 500) -> subprocess.CompletedProcess[str]:
    """Run the supervisor to its end in the foreground."""
    argv = [sys.executable, "-m", "aarctl.supervisor", "--home", str(home.root), "--run", name]
    return subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False)


def nobody_left(run: str, within_s: float = 30) -> bool:
    """Whether every process of the run ends by itself, one that is just leaving included."""
    until = time.monotonic() + within_s
    while (left := processes_of(run)) and time.monotonic() < until:
        time.sleep(0.05)
    return not left


def processes_of(run: str) -> list[int]:
    """Every process whose argv carries the run's name, but this one and those that started it."""
    import psutil

    me = psutil.Process()
    ours = {me.pid, *(parent.pid for parent in me.parents())}
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        named = any(word in (run, f"--run={run}") for word in process.info["cmdline"] or [])
        if named and process.info["pid"] not in ours:
            found.append(int(process.info["pid"]))
    return found
