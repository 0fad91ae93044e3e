"""Latches of a fleet that really works: after an acknowledgement no call to a model starts, whatever is asked."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from aarctl.journal.events import CommandAcknowledged, CommandRequested, ModelRequested, ResearcherCreated
from aarctl.journal.fold import apply
from aarctl.journal.state import RunState
from aarctl.minds.protocol import Held
from aarctl.minds.scripted import ScriptedMind, use
from aarctl.supervisor.latches import Latches
from tests.fakes.commanded_run import CommandedRun

NAMES = ("r1", "r2", "r3")


def busy() -> ScriptedMind:
    """Asks its model as often as it can."""
    return ScriptedMind([lambda chapter: use("forum", chapter.turn, action="read")] * 100_000)


@pytest.mark.parametrize("seed", range(3))
async def test_no_call_starts_after_an_acknowledgement_and_every_command_comes_true(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    no_end = ("budget.researcher.turns=100000", "budget.researcher.minutes=1000")
    async with CommandedRun(tmp_path, {name: busy() for name in NAMES}, *no_end) as run:
        run.start()
        await run.until(lambda: all(run[name].settled > 2 for name in NAMES))
        for _ in range(10):
            verb = chance.choice(["pause", "freeze", "freeze", "resume", "resume"])
            done = await run.ask(verb, chance.choice(["", *NAMES]))
            assert done.state == "effective"
        for whom in ("", *NAMES):
            await run.ask("resume", whom)
        turns = {name: run[name].settled for name in NAMES}
        await run.until(lambda: all(run[name].settled > turns[name] for name in NAMES), "all go on")
        records = await run.lookup.records()
    state, held = RunState(), 0
    for record in records:
        if isinstance(record.event, ModelRequested):
            assert state.runs(record.researcher), f"seq {record.seq}: {record.event}"
        apply(state, record.seq, record.at, record.event)
        held += isinstance(record.event, CommandAcknowledged)
    assert held == 14 and {type(one.event) for one in records} >= {ResearcherCreated, CommandRequested}


async def test_work_that_is_broken_off_has_ended_before_anyone_hears_of_it() -> None:
    latches, said = Latches(), []

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            said.append("over")

    async def waits() -> None:
        with pytest.raises(Held):
            await latches.breakable("r1", "think", works())
        said.append("heard")

    waiting = asyncio.create_task(waits())
    await asyncio.sleep(0)
    latches.break_off("r1", "act")
    latches.break_off("r2", "think")
    await asyncio.sleep(0)
    assert not waiting.done()
    latches.break_off("r1", "think")
    latches.break_off("r1", "think")  # as at every commit while it is frozen
    await waiting
    assert said == ["over", "heard"]


async def test_what_was_done_already_counts_and_failures_pass_through() -> None:
    latches = Latches()

    async def seven() -> int:
        return 7

    async def fails() -> int:
        raise ValueError("x")

    assert await latches.breakable("r1", "act", seven()) == 7
    with pytest.raises(ValueError, match="x"):
        await latches.breakable("r1", "act", fails())
    latches.break_off("r1", "act")
