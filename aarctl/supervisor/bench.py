"""The sandboxes of a run: one per researcher, and a clean one per replication and domain.

A sandbox is made when it is first needed and made again on the same workspace when it is lost. All that is journaled
about it is what it really gives (invariant 6).
"""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from pathlib import Path

from ..home import RunPaths, TaskPaths
from ..journal.events import SandboxCreated, SandboxLost, SandboxRemoved
from ..journal.state import Experiment
from ..journal.store import Journal
from ..recipe import Recipe
from ..sandbox.protocol import Backend, Limits, Sandbox, SandboxError, SandboxSpec
from ..sandbox.protocol import SandboxLost as Lost
from ..tools import code_storage
from . import warm

TAIL_CHARS = 4_000


class Sandboxes:
    """Makes, keeps and ends the sandboxes of one run."""

    def __init__(
        self, run: RunPaths, recipe: Recipe, task: TaskPaths, feedback: str, backend: Backend, journal: Journal
    ) -> None:
        self._run, self._recipe, self._task, self._feedback = run, recipe, task, feedback
        self._backend, self._journal = backend, journal
        self._open: dict[str, Sandbox] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tails: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Sandboxes({self._backend.name}, open={sorted(self._open)})"

    @property
    def isolated(self) -> bool:
        """Whether what runs here sees neither home, network nor other sandboxes."""
        return self._backend.capabilities.isolated

    # researchers -----------------------------------------------------------------------------------------

    async def sandbox(self, researcher: str) -> Sandbox:
        """The researcher's sandbox, alive. Raises SandboxError when none can be made."""
        return await self._alive(researcher, researcher, "research", self._task.public)

    async def replication(self, experiment: Experiment) -> Sandbox:
        """A clean sandbox that holds the submission's method and nothing else; one per submission and domain."""
        name = f"{experiment.submission}-{experiment.domain}"
        public = self._task.public if experiment.domain == self._feedback else self._task.held_out(experiment.domain)
        return await self._alive(name, experiment.researcher, "replication", public, experiment.submission)

    async def _alive(self, name: str, researcher: str, purpose: str, public: Path, submission: str = "") -> Sandbox:
        async with self._making[name]:
            standing = self._open.get(name)
            if standing is not None:
                try:
                    await standing.heartbeat()
                    return standing
                except Lost as error:
                    await self._lost(name, researcher, str(error))
            workspace = self._run.work / name
            if submission:
                self._lay_out(workspace, submission)
            made = await self._backend.create(self._spec(name, workspace, public))
            self._open[name] = made
            await self._journal.record(
                SandboxCreated(
                    researcher=researcher, sandbox=name, backend=self._backend.name,
                    isolated=made.capabilities.isolated, purpose=purpose,
                )
            )  # fmt: skip
            await warm.start(made)
            return made

    def _spec(self, name: str, workspace: Path, public: Path) -> SandboxSpec:
        choice = self._recipe.sandbox
        return SandboxSpec(
            run=self._run.name, name=name, workspace=workspace, spool=self._run.spool / name,
            read_only={"/task": public}, limits=Limits(memory_bytes=int(choice.memory_gb * 2**30), pids=choice.pids),
        )  # fmt: skip

    def _lay_out(self, workspace: Path, submission: str) -> None:
        """Only the method's snapshot; students of an earlier attempt of this replication may stay beside it."""
        one = self._journal.state.submissions[submission]
        for path, data in code_storage.load(self._journal.blobs, one.snapshot).items():
            target = workspace / "method" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    async def _lost(self, name: str, researcher: str, why: str) -> None:
        lost = self._open.pop(name)
        await lost.remove()
        await self._journal.record(SandboxLost(researcher=researcher, sandbox=name, why=why))

    def _owner(self, name: str) -> str:
        """The researcher whose sandbox it is; a replication's is nobody's."""
        return name if name in self._journal.state.researchers else ""

    # ending ----------------------------------------------------------------------------------------------

    async def remove(self, name: str, *, wipe: bool = False) -> None:
        """End a sandbox; `wipe` also forgets its workspace, as for a replication that is over."""
        async with self._making[name]:
            standing = self._open.pop(name, None)
            if standing is not None:
                await standing.remove()
                self._journal.note(SandboxRemoved(sandbox=name, researcher=self._owner(name)))
            if wipe:
                await asyncio.to_thread(shutil.rmtree, self._run.work / name, True)

    async def heartbeat(self) -> None:
        """Speak to every keeper: they freeze their work when nobody does. One that is gone is made anew when needed."""
        for name, standing in list(self._open.items()):
            try:
                await standing.heartbeat()
            except SandboxError as error:
                if self._open.get(name) is standing:
                    await self._lost(name, self._owner(name), str(error))

    async def close(self) -> None:
        """End all of them; workspaces stay."""
        for name in list(self._open):
            try:
                await self.remove(name)
            except SandboxError:
                continue  # what is gone already needs no end

    # running experiments' output -------------------------------------------------------------------------

    def printed(self, experiment: str, text: str) -> None:
        """Remember the end of what a running experiment has printed, and show it to the person."""
        self._tails[experiment] = text[-TAIL_CHARS:]
        self._journal.live(f"experiment {experiment}", {"tail": self._tails[experiment]})

    def forget(self, experiment: str) -> None:
        """The experiment is over: its tail is in the journal."""
        self._tails.pop(experiment, None)

    def live_tail(self, experiment: str) -> str | None:
        """The end of a running experiment's output; None when it is not running."""
        return self._tails.get(experiment)
