"""A run that a person commands: real inbox, journal, commands, freezes, sandboxes, slots and loops; no scorer.

    async with CommandedRun(folder, {"r1": ScriptedMind([...])}) as run:
        run.start()
        await run.ask("freeze", "r1")

Entered again on the same folder it is the next supervisor of the same run. Nothing here trains: the task only stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from aarctl.compute.engine import LocalEngine
from aarctl.compute.slots import cpu_slots
from aarctl.home import Home, TaskPaths
from aarctl.journal.events import DomainFacts, Event, ExperimentQueued, ResearcherCreated, TaskReady
from aarctl.journal.inbox import ask
from aarctl.journal.lookup import Lookup
from aarctl.journal.state import Command, Researcher, RunState
from aarctl.journal.store import Journal
from aarctl.minds.protocol import Mind
from aarctl.recipe import Recipe
from aarctl.sandbox.protocol import Backend
from aarctl.supervisor import fleet, recovery
from aarctl.supervisor.bench import Sandboxes
from aarctl.supervisor.commands import Commands
from aarctl.supervisor.experiments import Dispatcher
from aarctl.supervisor.freezing import Freezing
from aarctl.supervisor.latches import Latches
from aarctl.supervisor.researcher import ResearcherLoop
from aarctl.supervisor.surroundings import Surroundings
from tests.sandbox.make import backend_named

from .small_run import make_run, small_recipe

PATIENCE_S = 60.0
"""Only a hang takes so long."""


class CommandedRun:
    """A supervisor's inside without tasks, scores and replications. `backend`: a name, or that of the one before."""

    def __init__(
        self, folder: Path, minds: Mapping[str, Mind], *overrides: str, backend: str | Backend = "process",
        slots: int = 1, recipe: Recipe | None = None,
    ) -> None:  # fmt: skip
        self.recipe = recipe or small_recipe("schedule.kind=free", *overrides)
        self.home, self._minds, self._slots = Home(folder), minds, slots
        self._backend = backend
        self._parts: list[asyncio.Task[Any]] = []
        self.dies = False
        """Whether it ends as if killed: its sandboxes are left to the next one, where their backend allows it."""

    async def __aenter__(self) -> CommandedRun:
        name = "commanded"
        self.run = self.home.run(name)
        if not self.run.journal.exists():
            self.run = make_run(self.home, name, self.recipe)
        task = TaskPaths(self.home.root / "task")
        task.public.mkdir(parents=True, exist_ok=True)
        self.journal = await Journal.open(self.run.root, pid=1)
        self.lookup = await Lookup.open(self.run.root)
        if not self.state.researchers:
            await self.journal.record(*self._beginning())
        if events := recovery.settle(self.state):
            await self.journal.record(*events)
        backend = self._backend
        self.backend = await backend_named(backend, "commanded") if isinstance(backend, str) else backend
        self.sandboxes = Sandboxes(self.run, self.recipe, task, "code", self.backend, self.journal, self.home.id)
        self.latches = Latches()
        around = Surroundings(self.recipe, self.run, self.journal, self.lookup, self.sandboxes, self.latches)
        self.engine = LocalEngine(cpu_slots(self._slots))

        async def loop_of(who: Researcher) -> ResearcherLoop:
            return ResearcherLoop(who.id, self._minds[who.id], around)

        self.roster = fleet.Roster(self.journal, loop_of)
        self.commands = Commands(self.journal, self.latches, self.recipe, isolated=self.sandboxes.isolated)
        self._begin(Freezing(self.journal, self.sandboxes, self.latches).serve())
        self._begin(Dispatcher(self.journal, self.engine, self.sandboxes, self.run).serve())
        self._begin(self.commands.serve())
        self._begin(self.roster.keep_time())
        return self

    def _beginning(self) -> list[Event]:
        facts = [DomainFacts("code", 0.7, 0.99, 100), DomainFacts("math", 0.7, 0.99, 100)]
        created = [
            ResearcherCreated(researcher=name, mind="scripted", model="scripted", direction="look")
            for name in self._minds
        ]
        return [TaskReady(task="two-author@0", feedback="code", held_out=["math"], domains=facts), *created]

    def _begin(self, part: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(part)
        self._parts.append(task)
        return task

    def start(self) -> asyncio.Task[None]:
        """Everybody takes turns; done when nobody can any more."""
        return self._begin(fleet.free(self.journal, self.roster))

    async def __aexit__(self, *_: object) -> None:
        failed = [task.exception() for task in self._parts if task.done() and not task.cancelled()]
        for task in self._parts:
            task.cancel()
        await asyncio.gather(*self._parts, return_exceptions=True)
        if not self.dies:
            await self.sandboxes.close()
        await self.lookup.close()
        await self.journal.close()
        assert not any(failed), failed

    @property
    def state(self) -> RunState:
        """As the journal knows it."""
        return self.journal.state

    def __getitem__(self, researcher: str) -> Researcher:
        return self.state.researchers[researcher]

    async def until(self, true: Callable[[], object], what: str = "") -> None:
        """Return as soon as something is true."""
        async with asyncio.timeout(PATIENCE_S):
            seq = -1
            while not true():
                assert not [task for task in self._parts if task.done() and task.exception()], what
                seq = await self.journal.changed(seq)

    async def ask(self, verb: str, researcher: str = "", **args: str) -> Command:
        """A person's command, once it is effective or refused."""
        command = await self.leave(verb, researcher, **args)
        await self.until(lambda: command.state in ("effective", "refused"), f"{verb} {researcher}: {command}")
        return command

    async def leave(self, verb: str, researcher: str = "", **args: str) -> Command:
        """A person's command, once it is acknowledged or refused."""
        row = await asyncio.to_thread(ask, self.run.root, verb, researcher, "me", **args)
        await self.until(lambda: self.state.inbox >= row, verb)
        return max(self.state.commands.values(), key=lambda command: int(command.id[1:]))

    async def queue(self, experiment: str, command: str, researcher: str = "r1") -> None:
        """An experiment of a researcher's, as its tool queues it."""
        await self.journal.record(
            ExperimentQueued(
                researcher=researcher, experiment=experiment, argv=["sh", "-c", command], out="", title=command
            )
        )

    async def events(self, *kinds: str, after: int = 0, researcher: str | None = None) -> list[Any]:
        """What the journal has of some kinds."""
        return [one.event for one in await self.lookup.records(after, kinds=kinds, researcher=researcher)]
