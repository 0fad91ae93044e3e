"""The sandboxes of a run: one per researcher, a clean one per replication and domain, one per experiment on a device.

A sandbox is made when it is first needed, taken over when an earlier supervisor's still lives, and made again on the
same workspace when it is lost. All that is journaled about it is what it really gives (invariant 6).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable
from pathlib import Path

import msgspec

from ..home import RunPaths, TaskPaths
from ..journal.events import SandboxCreated, SandboxLost, SandboxRemoved
from ..journal.state import Experiment
from ..journal.store import Journal
from ..recipe import Recipe
from ..sandbox.protocol import (
    Backend,
    Fenced,
    Limits,
    NotFound,
    Sandbox,
    SandboxError,
    SandboxSpec,
    TimedOut,
    protection,
)
from ..sandbox.protocol import SandboxLost as Lost
from ..tools import code_storage
from . import warm
from .egress import Egress

TAIL_CHARS = 4_000
SILENCE_S = 60.0
"""Work freezes when no supervisor has spoken for so long: one that was killed comes back sooner, or not soon."""


class Place(msgspec.Struct, frozen=True):
    """A sandbox that is wanted."""

    name: str
    researcher: str
    purpose: str
    """research | replication | job"""
    public: Path
    """The task as its commands see it."""
    workspace: str
    """Name of the workspace: its own, or that of the sandbox it works for."""
    submission: str = ""
    """Whose method a replication finds in its workspace."""
    devices: tuple[str, ...] = ()


class Sandboxes:
    """Makes, keeps and ends the sandboxes of one run."""

    def __init__(
        self, run: RunPaths, recipe: Recipe, task: TaskPaths, feedback: str, backend: Backend, journal: Journal,
        home: str = "",
    ) -> None:  # fmt: skip
        self._run, self._recipe, self._task, self._feedback = run, recipe, task, feedback
        self._backend, self._journal, self._home = backend, journal, home
        self._egress = Egress(journal, recipe.sandbox.egress)
        self._open: dict[str, Sandbox] = {}
        self._places: dict[str, Place] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tails: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Sandboxes({self._backend.name}, open={sorted(self._open)})"

    @property
    def isolated(self) -> bool:
        """Whether what runs here sees neither home, network nor other sandboxes."""
        return self._backend.capabilities.isolated

    @property
    def standing(self) -> list[Sandbox]:
        """Those that are open."""
        return list(self._open.values())

    # finding or making one -------------------------------------------------------------------------------

    async def sandbox(self, researcher: str) -> Sandbox:
        """The researcher's sandbox, alive. Raises SandboxError when none can be made."""
        return await self._alive(self._research(researcher))

    async def experiment(self, one: Experiment, devices: tuple[str, ...]) -> Sandbox:
        """Where an experiment runs: beside its researcher's commands, or, of a replication, in a clean sandbox.

        With devices, a sandbox of its own on that same workspace, which alone sees them; `done` ends it.
        """
        place = self._replication(one) if one.purpose == "replication" else self._research(one.researcher)
        beside = await self._alive(place)
        if not devices or not self.isolated:
            return beside
        name = f"{place.name}-job-{one.id}"
        return await self._alive(msgspec.structs.replace(place, name=name, purpose="job", devices=devices))

    async def done(self, one: Experiment) -> None:
        """The experiment is over: a sandbox of its own ends, and gives its devices back."""
        for place in list(self._places.values()):
            if place.purpose == "job" and place.name.endswith(f"-job-{one.id}"):
                await self._ended(self.remove(place.name))

    def _research(self, researcher: str) -> Place:
        return Place(researcher, researcher, "research", self._task.public, researcher)

    def _replication(self, one: Experiment) -> Place:
        """A clean sandbox that holds the submission's method and nothing else; one per submission and domain."""
        name = f"{one.submission}-{one.domain}"
        public = self._task.public if one.domain == self._feedback else self._task.held_out(one.domain)
        return Place(name, one.researcher, "replication", public, name, one.submission)

    async def _alive(self, place: Place) -> Sandbox:
        name = place.name
        async with self._making[name]:
            standing = self._open.get(name)
            if standing is not None:
                try:
                    await standing.heartbeat()
                    return standing
                except Lost as error:
                    await self._lost(name, str(error))
            made, attached = await self._attached_or_made(place)
            self._open[name], self._places[name] = made, place
            self._egress.open(made, place.researcher)
            await self._journal.record(
                SandboxCreated(
                    researcher=place.researcher, sandbox=name, backend=self._backend.name,
                    isolated=made.capabilities.isolated, purpose=place.purpose, attached=attached,
                    protection=protection(self._backend.name, made.capabilities, made.spec.egress),
                    image=self._backend.image,
                )
            )  # fmt: skip
            if not attached and place.purpose != "job":
                await warm.start(made)
            return made

    async def _attached_or_made(self, place: Place) -> tuple[Sandbox, bool]:
        """The sandbox, and whether an earlier supervisor had made it."""
        try:
            alive = await self._backend.attach(self._run.name, place.name, epoch=self._journal.state.epoch)
        except NotFound:
            pass
        else:
            await self._lay_out(alive, place)  # it may have been cut off in the middle of that
            return alive, True
        who = self._journal.state.researchers.get(place.name)
        if who is not None and who.sandbox:
            await self._journal.record(
                SandboxLost(researcher=who.id, sandbox=who.sandbox, why="it ended with its supervisor")
            )
        made = await self._backend.create(self._spec(place))
        await self._lay_out(made, place)
        return made, False

    def _spec(self, place: Place) -> SandboxSpec:
        choice = self._recipe.sandbox
        limits = Limits(
            memory_bytes=int(choice.memory_gb * 2**30), pids=choice.pids, cpus=choice.cpus,
            disk_bytes=int(choice.disk_gb * 2**30),
        )  # fmt: skip
        return SandboxSpec(
            run=self._run.name, name=place.name, workspace=self._run.work / place.workspace,
            spool=self._run.spool / place.name, read_only={"/task": place.public}, limits=limits,
            silence_s=SILENCE_S, home=self._home, epoch=self._journal.state.epoch, devices=place.devices,
            egress=choice.egress if not place.submission and self.isolated else (),
        )  # fmt: skip

    async def _lay_out(self, sandbox: Sandbox, place: Place) -> None:
        """What a replication finds: the method's snapshot, and students of an earlier attempt of its own."""
        if place.purpose != "replication":
            return
        one = self._journal.state.submissions[place.submission]
        for path, data in code_storage.load(self._journal.blobs, one.snapshot).items():
            await sandbox.put(f"method/{path}", data)

    async def _lost(self, name: str, why: str) -> None:
        lost = self._open.pop(name)
        await self._egress.close(name)
        await self._ended(lost.remove())
        await self._journal.record(SandboxLost(researcher=self._owner(name), sandbox=name, why=why))

    def _owner(self, name: str) -> str:
        """The researcher whose sandbox it is; any other is nobody's."""
        return name if name in self._journal.state.researchers else ""

    # ending ----------------------------------------------------------------------------------------------

    async def remove(self, name: str) -> None:
        """End a sandbox; its workspace stays."""
        async with self._making[name]:
            self._places.pop(name, None)
            standing = self._open.pop(name, None)
            if standing is not None:
                await self._egress.close(name)
                await standing.remove()
                self._journal.note(SandboxRemoved(sandbox=name, researcher=self._owner(name)))

    async def forget(self, submission: str, domain: str) -> None:
        """A replication is over: its sandbox ends, and its workspace is forgotten."""
        name = f"{submission}-{domain}"
        await self._ended(self.remove(name))
        await self._ended(self._backend.wipe(self._spec(Place(name, "", "replication", self._task.public, name))))

    async def heartbeat(self) -> None:
        """Speak to every keeper: they freeze their work when nobody does. One that is gone is made anew when needed."""
        await asyncio.gather(*(self._speak_to(name, standing) for name, standing in list(self._open.items())))

    async def _speak_to(self, name: str, standing: Sandbox) -> None:
        try:
            await standing.heartbeat()
        except Fenced:
            raise  # another supervisor has the run: this one must not touch its sandboxes
        except TimedOut:
            return  # busy, or its engine is being restarted
        except SandboxError as error:
            if self._open.get(name) is standing:
                await self._lost(name, str(error))

    async def close(self) -> None:
        """End all of them, also those of an earlier supervisor that nobody has needed since; workspaces stay."""
        for name in list(self._open):
            await self._ended(self.remove(name))
        await self._egress.stop()
        await self._ended(self._backend.clear(self._run.name))
        await self._backend.close()

    @staticmethod
    async def _ended(ending: Awaitable[None]) -> None:
        """End something, if its engine answers; else `aarctl sandboxes prune` finds what is left."""
        try:
            await ending
        except SandboxError:
            pass

    # running experiments' output -------------------------------------------------------------------------

    def printed(self, experiment: str, text: str) -> None:
        """Remember the end of what a running experiment has printed, and show it to the person."""
        self._tails[experiment] = text[-TAIL_CHARS:]
        self._journal.live(f"experiment {experiment}", {"tail": self._tails[experiment]})

    def silent(self, experiment: str) -> None:
        """The experiment is over: its tail is in the journal."""
        self._tails.pop(experiment, None)

    def live_tail(self, experiment: str) -> str | None:
        """The end of a running experiment's output; None when it is not running."""
        return self._tails.get(experiment)
