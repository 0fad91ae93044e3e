"""The sandboxes of a run: one per researcher, a clean one per replication and domain, one per experiment on a device.

A sandbox is made when it is first needed, taken over when an earlier supervisor's still lives, and made again on the
same workspace when it is lost. All that is journaled about it is what it really gives (invariant 6). Whoever is given
one finds it as the latches say: frozen, or not.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable
from contextlib import suppress

from ..home import RunPaths, TaskPaths
from ..journal.events import SandboxCreated, SandboxLost, SandboxRemoved
from ..journal.state import Experiment
from ..journal.store import Journal
from ..recipe import Recipe
from ..sandbox.protocol import (
    Backend,
    BadRequest,
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
from . import places, warm
from .egress import Egress
from .places import Place

TAIL_CHARS = 4_000
SILENCE_S = 60.0
"""Work freezes when no supervisor has spoken for so long: one that was killed comes back sooner, or not soon."""


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
        self._frozen: dict[str, bool] = {}
        """Those that a freeze was begun in, and whether it has got hold of everything there."""
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
        return await self._alive(places.research(self._task, researcher))

    async def experiment(self, one: Experiment, devices: tuple[str, ...]) -> Sandbox:
        """Where an experiment runs: beside its researcher's commands, or, of a replication, in a clean sandbox.

        With devices, a sandbox of its own on that same workspace, which alone sees them; `done` ends it.
        """
        place = self._beside(one)
        beside = await self._alive(place)
        return await self._alive(places.job(place, one, devices)) if devices and self.isolated else beside

    async def done(self, one: Experiment) -> None:
        """The experiment is over: a sandbox of its own ends, and gives its devices back."""
        for place in list(self._places.values()):
            if place.purpose == "job" and place.name.endswith(f"-job-{one.id}"):
                await self._ended(self.remove(place.name))

    def _beside(self, one: Experiment) -> Place:
        """Where an experiment finds its workspace."""
        if one.purpose == "replication":
            return places.replication(self._task, one, self._feedback)
        return places.research(self._task, one.researcher)

    async def _alive(self, place: Place) -> Sandbox:
        name = place.name
        async with self._making[name]:
            standing = self._open.get(name)
            if standing is not None:
                try:
                    await standing.heartbeat()
                    await self._as_latched(name)
                    return standing
                except Lost as error:
                    await self._lost(name, str(error))
            attached = await self._attached(place)
            if attached is not None:
                return attached
            try:
                made = await self._made(place)
            except BadRequest:  # what a killed supervisor asked its engine for has come about since we looked
                attached = await self._attached(place)
                if attached is None:
                    raise
                return attached
            await self._stands(place, made, attached=False)
            if place.purpose != "job":
                await warm.start(made)
            await self._as_latched(name)
            return made

    async def _stands(self, place: Place, sandbox: Sandbox, *, attached: bool) -> None:
        """From here it is one of those that are open."""
        self._open[place.name], self._places[place.name] = sandbox, place
        self._egress.open(sandbox, place.researcher)
        await self._journal.record(
            SandboxCreated(
                researcher=place.researcher, sandbox=place.name, backend=self._backend.name,
                isolated=sandbox.capabilities.isolated, purpose=place.purpose, attached=attached,
                protection=protection(self._backend.name, sandbox.capabilities, sandbox.spec.egress),
                image=self._backend.image,
            )
        )  # fmt: skip

    async def _attached(self, place: Place) -> Sandbox | None:
        """The sandbox of an earlier supervisor that still lives, if there is one."""
        try:
            alive = await self._backend.attach(self._run.name, place.name, epoch=self._journal.state.epoch)
        except NotFound:
            return None
        if not places.is_frozen(self._journal.state, place):
            await alive.thaw()  # that supervisor may have frozen it
        await self._lay_out(alive, place)  # it may have been cut off in the middle of that
        await self._stands(place, alive, attached=True)
        await self._as_latched(place.name)
        return alive

    async def _made(self, place: Place) -> Sandbox:
        who = self._journal.state.researchers.get(place.name)
        if who is not None and who.sandbox:
            await self._journal.record(
                SandboxLost(researcher=who.id, sandbox=who.sandbox, why="it ended with its supervisor")
            )
        made = await self._backend.create(self._spec(place))
        await self._lay_out(made, place)
        return made

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
        self._frozen.pop(name, None)
        await self._egress.close(name)
        await self._ended(lost.remove())
        await self._journal.record(SandboxLost(researcher=self._owner(name), sandbox=name, why=why))

    def _owner(self, name: str) -> str:
        """The researcher whose sandbox it is; any other is nobody's."""
        return name if name in self._journal.state.researchers else ""

    # freezing --------------------------------------------------------------------------------------------

    async def take_over(self) -> None:
        """Attach to what an earlier supervisor left frozen, so that it stays so; what has ended is made when needed."""
        state = self._journal.state
        wanted = [places.research(self._task, who.id) for who in state.researchers.values() if who.sandbox]
        for one in state.experiments.values():
            beside = self._beside(one)
            wanted += [beside, places.job(beside, one, ())] if one.slot else []
        for place in {place.name: place for place in wanted if places.is_frozen(state, place)}.values():
            async with self._making[place.name]:
                if place.name not in self._open:
                    with suppress(SandboxError):
                        await self._attached(place)

    async def settle(self) -> list[Place]:
        """Freeze and thaw as the latches say; those that are not so yet."""
        await asyncio.gather(*(self._settle(place.name) for place in self._unsettled()))
        return self._unsettled()

    def _unsettled(self) -> list[Place]:
        return [place for name, place in self._places.items() if name in self._open and not self._is_latched(name)]

    def _is_latched(self, name: str) -> bool:
        frozen = places.is_frozen(self._journal.state, self._places[name])
        return self._frozen.get(name, False) if frozen else name not in self._frozen

    async def _settle(self, name: str) -> None:
        async with self._making[name]:
            if name in self._open:
                with suppress(SandboxError):  # it is gone, which the next heartbeat sees; or its engine is away
                    await self._as_latched(name)

    async def _as_latched(self, name: str) -> None:
        """Freeze or thaw one. A freeze that does not get hold of everything at once is tried again by `settle`."""
        if self._is_latched(name):
            return
        if places.is_frozen(self._journal.state, self._places[name]):
            self._frozen[name] = False
            with suppress(TimedOut):
                await self._open[name].freeze()
                self._frozen[name] = True
        else:
            await self._open[name].thaw()
            del self._frozen[name]

    # ending ----------------------------------------------------------------------------------------------

    async def remove(self, name: str) -> None:
        """End a sandbox; its workspace stays."""
        async with self._making[name]:
            self._places.pop(name, None)
            self._frozen.pop(name, None)
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
            if self._making[name].locked():
                return  # whoever works on it sees that too; or the next heartbeat does
            async with self._making[name]:
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
