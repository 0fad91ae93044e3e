"""The dispatcher: queued experiments get slots, run in sandboxes, and end with what is known of them.

It holds nothing that the journal does not say: at any start it takes the queue from the state. A lease is durable
before its experiment starts, and an experiment's student is copied out before the event that ends it. One that is
frozen keeps its slot, over the end of a supervisor too, unless the freeze releases it.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from contextlib import suppress

import msgspec

from ..compute.engine import LocalEngine
from ..compute.queue import Assignment, Waiting, assign
from ..compute.slots import Lease
from ..home import RunPaths
from ..journal.events import Event, ExperimentFinished, ExperimentLeased
from ..journal.state import Experiment
from ..journal.store import Journal
from ..sandbox.protocol import Exec, ExecResult, Frozen, NotFound, Sandbox, SandboxError, SandboxLost
from . import places
from .attempts import client, exec_id, known, may_run, outcome, released, unwanted, usage
from .bench import Sandboxes
from .replications import student_folder
from .warm import command

RESULT = "result.json"
RESULT_BYTES = 64 << 10
STUDENT_FILES = ("student.json", "model.safetensors")
SHOW_EVERY_S = 1.0
TRIES = 3  # an experiment whose sandbox was lost under it is queued again, so often and no more


class Dispatcher:
    """Runs the experiments of one run."""

    def __init__(self, journal: Journal, engine: LocalEngine, sandboxes: Sandboxes, run: RunPaths) -> None:
        self._journal, self._engine, self._sandboxes, self._run = journal, engine, sandboxes, run
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._execs: dict[str, Exec] = {}

    def __repr__(self) -> str:
        return f"Dispatcher({self._engine!r}, running={sorted(self._tasks)})"

    async def serve(self) -> None:
        """Hand out slots whenever anything changes, for ever; ends the running experiments when cancelled."""
        seq = -1
        try:
            self._take_over()
            while True:
                self._reap()
                await self._kill_unwanted()
                for assignment in self._decide():
                    self._start(assignment)
                seq = await self._woken(seq)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # deciding --------------------------------------------------------------------------------------------

    def _take_over(self) -> None:
        """Hold the slots that frozen experiments had under the supervisor before."""
        slots = {slot.name: slot for slot in self._engine.slots()}
        for one in self._journal.state.experiments.values():
            if one.slot in slots:
                self._start(Assignment(one.id, slots[one.slot]))
            elif one.slot:
                self._journal.note(released(one, one.slot, "this machine has no such slot any more"))

    def _decide(self) -> list[Assignment]:
        state = self._journal.state
        if state.stopping:
            return []
        open_ones = state.experiments.values()
        queue = [
            Waiting(one.id, client(one), place)
            for place, one in enumerate(open_ones)
            if one.id not in self._tasks and not one.slot and not one.cancelled and may_run(state, one)
        ]
        running = Counter(client(state.experiments[name]) for name in self._tasks if name in state.experiments)
        used = {name: who.device_s for name, who in state.researchers.items()}
        return assign(queue, self._engine.free(), running, used)

    def _start(self, assignment: Assignment) -> None:
        experiment = self._journal.state.experiments[assignment.experiment]
        # The slot is taken here and now, so that the next decision sees it.
        lease = self._engine.lease(assignment.slot, experiment.id)
        held = lease.__enter__()

        async def run() -> None:
            try:
                await self._carry_out(experiment, held)
            finally:
                lease.__exit__(None, None, None)

        self._tasks[experiment.id] = asyncio.create_task(run(), name=f"experiment {experiment.id}")

    def _reap(self) -> None:
        for name, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[name]
                task.result()  # a fault of our own must be seen, not swallowed

    async def _woken(self, seq: int) -> int:
        """Wait for an event after `seq`, or for the end of a task: its slot is free only after its last event."""
        changed = asyncio.ensure_future(self._journal.changed(seq))
        try:
            await asyncio.wait([changed, *self._tasks.values()], return_when=asyncio.FIRST_COMPLETED)
            return changed.result() if changed.done() else seq
        finally:
            changed.cancel()

    async def _kill_unwanted(self) -> None:
        """Kill what nobody wants any more, or not now; end at once what never started."""
        for one in list(self._journal.state.experiments.values()):
            if not self._unwanted(one):
                continue
            if one.id in self._execs:
                with suppress(SandboxError):  # lost, which its own task sees
                    await self._execs[one.id].kill()
            elif one.cancelled and one.id not in self._tasks:
                await self._journal.record(await self._finished(one, "cancelled", None, "", 0.0))

    def _unwanted(self, one: Experiment) -> bool:
        return unwanted(self._journal.state, one)

    async def _thawed(self, one: Experiment) -> None:
        """Return when no freeze holds an experiment that is about to begin, or nobody wants it any more."""
        seq = self._journal.state.seq
        while places.holds(self._journal.state, one) and not self._unwanted(one):
            seq = await self._journal.changed(seq)

    # running ---------------------------------------------------------------------------------------------

    async def _carry_out(self, one: Experiment, lease: Lease) -> None:
        """One attempt, from the lease to the event that ends or requeues it."""
        await self._thawed(one)
        if self._unwanted(one):
            if one.slot or one.cancelled:
                await self._journal.record(await self._given_up(one))
            return
        attempt, began = one.attempt + 1, time.monotonic()
        await self._journal.record(
            ExperimentLeased(researcher=one.researcher, experiment=one.id, slot=lease.slot.name, attempt=attempt)
        )
        try:
            event = await self._attempted(one, lease, attempt, began)
        except SandboxError as error:
            if isinstance(error, SandboxLost) and attempt < TRIES and not self._journal.state.stopping:
                event = released(one, lease.slot.name, str(error))
            else:
                event = await self._finished(one, "failed", None, str(error), time.monotonic() - began)
        finally:
            self._execs.pop(one.id, None)
            self._sandboxes.silent(one.id)
            await self._sandboxes.done(one)
        await self._journal.record(event)

    async def _attempted(self, one: Experiment, lease: Lease, attempt: int, began: float) -> Event:
        """Run it and collect what it left. Where a freeze comes in between, that waits, or is given up."""
        result: ExecResult | None = None
        printed = ""
        while True:
            sandbox = await self._sandboxes.experiment(one, lease.slot.devices)
            try:
                if result is None:
                    result, printed = await self._execute(sandbox, one, lease, attempt)
                if one.releasing:
                    return await self._given_up(one)
                word = outcome(self._journal.state, one, result)
                facts = await self._collect(sandbox, one) if word == "done" else {}
                return await self._finished(one, word, result, printed, time.monotonic() - began, facts)
            except Frozen:
                await self._thawed(one)
                if self._unwanted(one):
                    return await self._given_up(one)

    async def _given_up(self, one: Experiment) -> Event:
        """The end of what nobody wants now: one that a freeze releases is queued again, any other is cancelled."""
        if one.releasing and not one.cancelled:
            return released(one, one.slot, "a person's freeze took its slot")
        if self._journal.state.stopping and not one.cancelled:
            return released(one, one.slot, "the run was stopped while it was frozen")
        return await self._finished(one, "cancelled", None, "", 0.0)

    async def _execute(self, sandbox: Sandbox, one: Experiment, lease: Lease, attempt: int) -> tuple[ExecResult, str]:
        """Run it; or, where it outlived an earlier supervisor, go on with it."""
        earlier = await self._earlier(sandbox, one, attempt)
        if earlier is not None:
            result, printed = await self._follow(one, earlier)
            # One that was killed to give its slot back is not over.
            if known(result) and (not result.killed or self._unwanted(one)):
                return result, printed
        argv = command(one.argv, warm=not lease.slot.devices)
        fresh = await sandbox.exec(exec_id(one, attempt), argv, timeout_s=one.timeout_s, env=lease.env)
        return await self._follow(one, fresh)

    async def _earlier(self, sandbox: Sandbox, one: Experiment, attempt: int) -> Exec | None:
        """The command of the attempt before, if the sandbox knows it."""
        try:
            return await sandbox.find(exec_id(one, attempt - 1))
        except NotFound:
            return None

    async def _follow(self, one: Experiment, execution: Exec) -> tuple[ExecResult, str]:
        """Its result, and the end of what it printed, shown to the person as it comes."""
        self._execs[one.id] = execution
        if self._unwanted(one):  # since before there was anything to kill
            await execution.kill()
        printed, shown = "", 0.0
        async for chunk in execution.stream():
            printed = (printed + chunk.data.decode("utf-8", "replace"))[-16_000:]
            if time.monotonic() - shown > SHOW_EVERY_S:
                shown = time.monotonic()
                self._sandboxes.printed(one.id, printed)
        return await execution.wait(), printed

    async def _collect(self, sandbox: Sandbox, one: Experiment) -> dict[str, object]:
        """Its result.json if it left a sound one; for a replication, its student is copied out as well."""
        if not one.out:
            return {}
        if one.purpose == "replication":
            await self._keep_student(sandbox, one)
        try:
            raw = await sandbox.get(f"{one.out}/{RESULT}", max_bytes=RESULT_BYTES)
            found = msgspec.json.decode(raw, type=dict[str, object])
        except Frozen:
            raise
        except (SandboxError, msgspec.MsgspecError):
            return {}  # a command need not leave one; what is unreadable is as good as none
        return found

    async def _keep_student(self, sandbox: Sandbox, one: Experiment) -> None:
        target = self._run.root / student_folder(one.submission, one.domain, one.seed)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in STUDENT_FILES:
            (target / name).write_bytes(await sandbox.get(f"{one.out}/{name}"))

    async def _finished(
        self, one: Experiment, outcome: str, result: ExecResult | None, printed: str, held_s: float,
        facts: dict[str, object] | None = None,
    ) -> ExperimentFinished:  # fmt: skip
        use, peak = usage(one, result, held_s, facts or {})
        return ExperimentFinished(
            researcher=one.researcher, experiment=one.id, outcome=outcome,
            exit_code=None if result is None else result.exit_code,
            tail=await self._journal.text(printed or (result.error if result else "")), result=facts or {},
            device_s=held_s, mean_use=use, peak_bytes=peak,
        )  # fmt: skip
