"""Freezes on a run that really goes on: streams broken off, processes stopped, slots kept, over a crash too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aarctl.minds.scripted import ScriptedMind, use
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import TimedOut
from aarctl.supervisor import freezing
from aarctl.supervisor.commands import Commands
from aarctl.supervisor.freezing import Freezing
from aarctl.supervisor.places import Place
from tests.fakes.claude_fleet import ClaudeFleet
from tests.fakes.commanded_run import CommandedRun
from tests.fakes.messages_api import MessagesApi, Stall, in_order, say, script
from tests.sandbox.bubble import needs_bubblewrap

UNTIL_GO = "touch begun; while [ ! -e go ]; do sleep 0.01; done; echo done"
"""Runs until somebody puts a file there."""


def waits_for_go(said: str = "done") -> ScriptedMind:
    """One tool that runs until `go` is there; then it is done."""
    return ScriptedMind([use("shell", 1, command=UNTIL_GO)])


async def begun(run: CommandedRun, researcher: str = "r1") -> None:
    """Return once its command runs."""
    sandbox = await run.sandboxes.sandbox(researcher)
    async with asyncio.timeout(60):
        while "begun" not in [entry.path for entry in (await sandbox.snapshot()).files]:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("backend", ["process", pytest.param("bubblewrap", marks=needs_bubblewrap)])
async def test_a_tool_stands_still_in_the_middle_and_goes_on_when_it_is_resumed(tmp_path: Path, backend: str) -> None:
    async with CommandedRun(tmp_path, {"r1": waits_for_go()}, backend=backend) as run:
        over = run.start()
        await begun(run)
        frozen = await run.ask("freeze", "r1")
        sandbox = await run.sandboxes.sandbox("r1")
        assert (frozen.state, run["r1"].state) == ("effective", "frozen") and run["r1"].open_tools
        await sandbox.put("go", b"")
        assert (await sandbox.stats()).frozen  # nobody is awake to see it
        await run.ask("resume", "r1")
        assert not (await sandbox.stats()).frozen
        await over
        (done,) = await run.events("tool.completed")
        assert done.ok and done.output.head.startswith("done")
        assert run["r1"].state == "finished"


async def test_frozen_time_counts_against_no_budget(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": waits_for_go()}) as run:
        began = asyncio.get_running_loop().time()
        over = run.start()
        await begun(run)
        await run.ask("freeze")
        still = asyncio.get_running_loop().time()
        await (await run.sandboxes.sandbox("r1")).put("go", b"")
        await asyncio.sleep(0.5)
        still = asyncio.get_running_loop().time() - still
        await run.ask("resume")
        await over
        whole = asyncio.get_running_loop().time() - began
        assert 0 < run["r1"].active_us < (whole - still) * 1e6


async def test_a_running_experiment_keeps_its_slot_and_a_waiting_one_gets_none(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": ScriptedMind([]), "r2": ScriptedMind([])}) as run:
        await run.queue("x1", UNTIL_GO)
        await begun(run)
        await run.queue("x2", "true")
        frozen = await run.ask("freeze", "r1")
        assert run["r1"].state == "frozen" and run["r1"].why == "x1 keeps its slot" and frozen.state == "effective"
        await run.queue("x3", "true", "r2")
        await (await run.sandboxes.sandbox("r1")).put("go", b"")
        assert run.engine.free() == () and run.state.experiments["x1"].slot == "cpu0"
        await run.ask("resume", "r1")
        await run.until(lambda: run.state.experiments_finished == 3)
        leased = {(one.experiment, one.attempt) for one in await run.events("experiment.leased")}
        assert leased == {("x1", 1), ("x2", 1), ("x3", 1)}


async def test_a_freeze_that_releases_kills_and_queues_again_under_the_same_id(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": ScriptedMind([]), "r2": ScriptedMind([])}) as run:
        await run.queue("x1", UNTIL_GO)
        await begun(run)
        await run.queue("x2", "true", "r2")
        await run.ask("freeze", "r1", release="yes")
        assert run.state.experiments["x1"].slot == "" and "x1" not in run.state.outcomes
        await run.until(lambda: "x2" in run.state.outcomes, "the slot goes to r2")
        await (await run.sandboxes.sandbox("r1")).put("go", b"")
        await run.ask("resume", "r1")
        await run.until(lambda: "x1" in run.state.outcomes)
        assert run.state.outcomes["x1"].outcome == "done"
        attempts = [one.attempt for one in await run.events("experiment.leased") if one.experiment == "x1"]
        assert attempts == [1, 2]


async def test_resuming_the_fleet_resumes_nobody_that_was_frozen_alone(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": waits_for_go(), "r2": waits_for_go()}) as run:
        run.start()
        await asyncio.gather(begun(run, "r1"), begun(run, "r2"))
        await run.ask("freeze", "r1")
        await run.ask("freeze")
        assert {who.state for who in run.state.researchers.values()} == {"frozen"}
        await run.ask("resume")
        assert (run["r1"].state, run["r2"].state) == ("frozen", "acting")
        assert (await (await run.sandboxes.sandbox("r1")).stats()).frozen
        assert not (await (await run.sandboxes.sandbox("r2")).stats()).frozen


async def test_what_is_frozen_and_paused_is_paused_once_it_thaws(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": waits_for_go()}) as run:
        run.start()
        await begun(run)
        await run.leave("pause")
        await run.ask("freeze", "r1")
        await run.ask("resume", "r1")
        assert run["r1"].state == "acting"
        await (await run.sandboxes.sandbox("r1")).put("go", b"")
        await run.until(lambda: run["r1"].state == "paused")
        assert len(await run.events("model.requested")) == 1


async def test_a_freeze_holds_over_the_end_of_a_supervisor_and_what_ran_goes_on(tmp_path: Path) -> None:
    backend = ProcessBackend()  # one for both: its sandboxes outlive the first supervisor, as containers do
    minds = {"r1": waits_for_go(), "r2": ScriptedMind([])}
    async with CommandedRun(tmp_path, minds, backend=backend) as run:
        await run.queue("x1", UNTIL_GO)
        await begun(run)
        await run.ask("freeze", "r1")
        run.dies = True
    async with CommandedRun(tmp_path, minds, backend=backend) as run:
        await run.queue("x2", "true", "r2")
        await run.until(lambda: len(run.sandboxes.standing) == 1, "it is taken over")
        (sandbox,) = run.sandboxes.standing
        assert (await sandbox.stats()).frozen and run.engine.free() == ()
        assert run["r1"].state == "frozen" and run.state.experiments["x1"].slot == "cpu0"
        await sandbox.put("go", b"")
        await run.ask("resume", "r1")
        await run.until(lambda: {"x1", "x2"} <= set(run.state.outcomes))
        assert run.state.outcomes["x1"].outcome == "done"
        assert len(await run.events("experiment.released")) == 0


async def test_a_freeze_that_was_opened_while_nobody_ran_the_run_is_thawed_when_the_sandbox_is_needed(
    tmp_path: Path,
) -> None:
    backend = ProcessBackend()
    async with CommandedRun(tmp_path, {"r1": waits_for_go()}, backend=backend) as run:
        await run.queue("x1", UNTIL_GO)
        await begun(run)
        await run.ask("freeze")
        run.dies = True
    from aarctl.journal.inbox import ask

    ask(run.run.root, "resume", by="me")
    async with CommandedRun(tmp_path, {"r1": waits_for_go()}, backend=backend) as run:
        await run.until(lambda: not run.state.frozen)
        await (await run.sandboxes.sandbox("r1")).put("go", b"")
        await run.until(lambda: "x1" in run.state.outcomes)


async def test_a_run_that_is_stopped_while_frozen_ends_and_takes_up_its_tools_again(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": waits_for_go()}) as run:
        over = run.start()
        await begun(run)
        await run.ask("freeze")
        await run.leave("stop")
        await over
        assert run["r1"].open_tools and not await run.events("tool.completed")


async def test_one_that_is_retired_while_frozen_ends_there_and_its_experiments_with_it(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": waits_for_go(), "r2": waits_for_go()}, slots=2) as run:
        run.start()
        await begun(run)
        await run.queue("x1", "sleep 1000")
        await run.queue("x2", "sleep 1000", "r2")
        await run.until(lambda: all(one.slot for one in run.state.experiments.values()))
        await run.ask("freeze", "r1")
        retired = await run.ask("retire", "r1")
        assert retired.state == "effective" and list(run.state.experiments) == ["x2"]
        assert (run["r1"].state, run["r1"].why) == ("finished", "retired by a person") and not run["r1"].open_tools
        (outcome,) = await run.events("tool.completed")
        assert not outcome.ok and "a person ended this" in outcome.output.head


async def test_a_sandbox_that_will_not_stand_still_is_told_of_once_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "AGAIN_S", 0.01)
    monkeypatch.setattr(freezing, "RESTLESS_S", 0.05)
    async with CommandedRun(tmp_path, {"r1": waits_for_go()}) as run:
        over = run.start()
        await begun(run)
        sandbox = await run.sandboxes.sandbox("r1")
        truly, tries = sandbox.freeze, 0

        async def does_not() -> None:
            nonlocal tries
            tries += 1
            raise TimedOut("something goes on")

        for time in (1, 2):
            monkeypatch.setattr(sandbox, "freeze", does_not)
            command = await run.leave("freeze", "r1")
            await run.until(lambda time=time: len(run.state.flags) == time)  # type: ignore[misc]
            tries = 0
            async with asyncio.timeout(60):
                while tries < 5:
                    await asyncio.sleep(0.01)
            assert (command.state, len(run.state.flags)) == ("acknowledged", time)
            monkeypatch.setattr(sandbox, "freeze", truly)
            await run.until(lambda command=command: command.state == "effective")  # type: ignore[misc]
            assert (await sandbox.stats()).frozen
            await run.ask("resume", "r1")
        assert {(flag.detector, flag.researcher) for flag in run.state.flags.values()} == {("freeze", "r1")}
        await sandbox.put("go", b"")
        await over


class NoSandboxes:
    """Nothing to freeze but streams."""

    async def take_over(self) -> None:
        """There is nothing."""

    async def settle(self) -> list[Place]:
        """All is as it should be."""
        return []


async def test_an_open_stream_is_broken_off_paid_for_and_asked_again_after_the_resume(tmp_path: Path) -> None:
    async with MessagesApi(script([say("x")]), in_order(Stall(after=3))) as api, ClaudeFleet(tmp_path, api) as fleet:
        latches = fleet.around.latches
        commands = Commands(fleet.journal, latches, fleet.recipe, isolated=True)
        parts = [
            asyncio.create_task(part)
            for part in (commands.serve(), Freezing(fleet.journal, NoSandboxes(), latches).serve())
        ]
        me: Any = fleet.state.researchers["r1"]
        thinking = asyncio.create_task(fleet.loops[0].think())
        await api.stalled.wait()
        from aarctl.journal.inbox import ask

        ask(fleet.run.root, "freeze", "r1", "me")
        assert not await thinking
        await until(fleet, lambda: me.state == "frozen")
        (cancelled,) = await fleet.events("model.cancelled")
        assert 0 < cancelled.cost_nusd <= (await fleet.events("model.requested"))[0].reserved_nusd
        assert not await fleet.loops[0].think() and api.calls == 1
        ask(fleet.run.root, "resume", "r1", "me")
        await until(fleet, lambda: me.state == "waiting")
        await fleet.play(1)
        asked = await fleet.events("model.requested")
        assert [(one.turn, one.attempt) for one in asked] == [(1, 1), (1, 2)] and me.settled == 1
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


async def until(fleet: ClaudeFleet, true: Any) -> None:
    """Return as soon as something is true."""
    async with asyncio.timeout(60):
        seq = -1
        while not true():
            seq = await fleet.journal.changed(seq)
