"""The dispatcher: a slot is handed out as soon as it is free, in whatever order the end of an experiment is noticed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aarctl.compute.engine import LocalEngine
from aarctl.compute.slots import cpu_slots
from aarctl.home import Home
from aarctl.journal.events import ExperimentQueued, ResearcherCreated
from aarctl.journal.store import Journal
from aarctl.sandbox.protocol import Chunk, ExecResult, NotFound, SandboxLost
from aarctl.supervisor.experiments import Dispatcher
from tests.fakes.small_run import make_run, small_recipe

DONE = ExecResult(0, None, False, False, False, 0, "", 0.1, 0.1, 1)


class Place:
    """Sandboxes in which an experiment ends when a test says so: the order of events is what is looked at here."""

    def __init__(self, *dying: str) -> None:
        self.started: list[str] = []
        self.dying = set(dying)
        """Attempts whose sandbox is lost under them."""

    async def experiment(self, one: object, devices: object) -> Place:
        return self

    async def done(self, one: object) -> None: ...

    def silent(self, name: str) -> None: ...

    def printed(self, name: str, text: str) -> None: ...

    async def find(self, name: str) -> None:
        raise NotFound(name)

    async def exec(self, name: str, argv: object, **options: Any) -> Attempt:
        self.started.append(name)
        return Attempt(name in self.dying)


class Attempt:
    """One that ends at once, well or with its sandbox."""

    attached = False

    def __init__(self, dies: bool) -> None:
        self.dies = dies

    async def stream(self, offset: int = 0) -> AsyncIterator[Chunk]:
        if self.dies:
            raise SandboxLost("gone")
        return
        yield

    async def wait(self) -> ExecResult:
        return DONE


async def test_what_lost_its_sandbox_starts_again_though_nothing_else_happens(tmp_path: Path) -> None:
    run, place = make_run(Home(tmp_path), "d", small_recipe()), Place("x1.1")
    journal = await Journal.open(run.root, os.getpid())
    await journal.record(ResearcherCreated(researcher="r1", mind="scripted", model="s", direction=""))
    serving = asyncio.create_task(Dispatcher(journal, LocalEngine(cpu_slots(1)), place, run).serve())  # type: ignore[arg-type]
    await journal.record(ExperimentQueued(researcher="r1", experiment="x1", argv=["true"], out="", title="x1"))
    async with asyncio.timeout(30):
        while "x1" in journal.state.experiments:
            await journal.changed(journal.state.seq)
    assert place.started == ["x1.1", "x1.2"] and journal.state.outcomes["x1"].outcome == "done"
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await journal.close()
