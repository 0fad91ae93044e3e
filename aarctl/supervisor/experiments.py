"""The dispatcher: queued experiments get slots, run in sandboxes, and end with what is known of them.

It holds nothing that the journal does not say: at any start it takes the queue from the state. A lease is durable
before its experiment starts, and an experiment's student is copied out before the event that ends it.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter

import msgspec

from ..compute.engine import LocalEngine
from ..compute.queue import Assignment, Waiting, assign
from ..compute.slots import Lease
from ..home import RunPaths
from ..journal.events import ExperimentFinished, ExperimentLeased, ExperimentReleased
from ..journal.state import Experiment, RunState
from ..journal.store import Journal
from ..sandbox.protocol import Exec, ExecResult, NotFound, Sandbox, SandboxError, SandboxLost
from .bench import Sandboxes
from .replications import student_folder
from .warm import WORD, command

RESULT = "result.json"
RESULT_BYTES = 64 << 10
STUDENT_FILES = ("student.json", "model.safetensors")
REPLICATIONS = "replications"  # their client name in the queue: a share of their own
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
            while True:
                await self._cancel_unwanted()
                for assignment in self._decide():
                    self._start(assignment)
                self._reap()
                seq = await self._journal.changed(seq)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # deciding --------------------------------------------------------------------------------------------

    def _decide(self) -> list[Assignment]:
        state = self._journal.state
        if state.stopping:
            return []
        open_ones = state.experiments.values()
        queue = [
            Waiting(one.id, client(one), one.seq)
            for one in open_ones
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

    async def _cancel_unwanted(self) -> None:
        """Kill what nobody wants any more; end at once what never started."""
        for one in list(self._journal.state.experiments.values()):
            if not (one.cancelled or self._journal.state.stopping):
                continue
            if one.id in self._execs:
                await self._execs[one.id].kill()
            elif one.cancelled and one.id not in self._tasks:
                await self._journal.record(await self._finished(one, "cancelled", None, "", 0.0))

    # running ---------------------------------------------------------------------------------------------

    async def _carry_out(self, one: Experiment, lease: Lease) -> None:
        """One attempt, from the lease to the event that ends or requeues it."""
        attempt = one.attempt + 1
        await self._journal.record(
            ExperimentLeased(
                researcher=one.researcher, experiment=one.id, slot=lease.slot.name, attempt=attempt
            )
        )
        began = time.monotonic()
        try:
            sandbox = await self._sandboxes.experiment(one, lease.slot.devices)
            result, printed = await self._execute(sandbox, one, lease, attempt)
            outcome = self._outcome(one, result)
            facts = await self._collect(sandbox, one) if outcome == "done" else {}
            event = await self._finished(one, outcome, result, printed, time.monotonic() - began, facts)
        except SandboxError as error:
            if isinstance(error, SandboxLost) and attempt < TRIES and not self._journal.state.stopping:
                event = ExperimentReleased(
                    researcher=one.researcher, experiment=one.id, slot=lease.slot.name, why=str(error)
                )  # type: ignore[assignment]
            else:
                event = await self._finished(one, "failed", None, str(error), time.monotonic() - began)
        finally:
            self._execs.pop(one.id, None)
            self._sandboxes.silent(one.id)
            await self._sandboxes.done(one)
        await self._journal.record(event)

    async def _execute(
        self, sandbox: Sandbox, one: Experiment, lease: Lease, attempt: int
    ) -> tuple[ExecResult, str]:
        """Run it; or, where it outlived an earlier supervisor, go on with it."""
        earlier = await self._earlier(sandbox, one, attempt)
        if earlier is not None:
            result, printed = await self._follow(one, earlier)
            if known(result):
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
        printed, shown = "", 0.0
        async for chunk in execution.stream():
            printed = (printed + chunk.data.decode("utf-8", "replace"))[-16_000:]
            if time.monotonic() - shown > SHOW_EVERY_S:
                shown = time.monotonic()
                self._sandboxes.printed(one.id, printed)
        return await execution.wait(), printed

    def _outcome(self, one: Experiment, result: ExecResult) -> str:
        if self._journal.state.experiments[one.id].cancelled or (result.killed and self._journal.state.stopping):
            return "cancelled"
        if result.timed_out:
            return "timed_out"
        return "done" if result.exit_code == 0 else "failed"

    async def _collect(self, sandbox: Sandbox, one: Experiment) -> dict[str, object]:
        """Its result.json if it left a sound one; for a replication, its student is copied out as well."""
        if not one.out:
            return {}
        if one.purpose == "replication":
            await self._keep_student(sandbox, one)
        try:
            raw = await sandbox.get(f"{one.out}/{RESULT}", max_bytes=RESULT_BYTES)
            found = msgspec.json.decode(raw, type=dict[str, object])
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


def exec_id(one: Experiment, attempt: int) -> str:
    """What an attempt of an experiment is called in its sandbox."""
    return f"{one.id}.{attempt}"


def known(result: ExecResult) -> bool:
    """Whether it is known how a command ended; not so where its sandbox ended under it."""
    return result.exit_code is not None or result.signal is not None


def usage(
    one: Experiment, result: ExecResult | None, held_s: float, facts: dict[str, object]
) -> tuple[float | None, int | None]:
    """(mean use of the slot in [0, 1], peak resident bytes), where known.

    A job that a warm runner ran is not in the command's own process tree: then its own report is all there is.
    """
    if one.argv[0] == WORD:
        use, peak = facts.get("cpu_share"), facts.get("peak_bytes")
        return (
            min(1.0, max(0.0, use)) if isinstance(use, float) else None,
            peak if isinstance(peak, int) and peak >= 0 else None,
        )
    if result is None or held_s <= 0:
        return None, None
    return min(1.0, result.cpu_s / held_s), result.peak_memory_bytes


def client(one: Experiment) -> str:
    """Whose share of the slots an experiment counts against."""
    return REPLICATIONS if one.purpose == "replication" else one.researcher


def may_run(state: RunState, one: Experiment) -> bool:
    """A paused researcher's queued experiments get no slot; replications stop only with the fleet."""
    return not state.paused if one.purpose == "replication" else state.runs(one.researcher)
