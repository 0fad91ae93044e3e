"""kill -9 of a whole run of Claude researchers, again and again while it works; in the end nothing is lost or twice.

The model is a fake in the test's process, so it outlives the run and knows what it was asked and what it answered.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from aarctl.home import Home, RunPaths
from aarctl.journal.events import (
    BudgetSettled,
    ForumPosted,
    ModelCompleted,
    ModelUnknownOutcome,
    ToolCompleted,
    ToolRequested,
    kind_of,
)
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.journal.verify import verify
from aarctl.recipe import Recipe
from tests.fakes.claude_fleet import recipe_of
from tests.fakes.messages_api import MessagesApi
from tests.fakes.small_run import build_task, make_run, nobody_left, small_recipe
from tests.soak.books import NANO, OUTCOMES, charged
from tests.soak.script import COUNT, Witness, marked, marks

from .conftest import SEED, TRIALS
from .test_kill_everything import kill_all

pytestmark = pytest.mark.faults
NAME = "killed-claude"
LATEST_S = 3.0
TURNS = 10 + 5 * TRIALS
DELAY_S = 0.05  # before each piece of an answer: kills come in the middle of one


def recipe(api: MessagesApi) -> Recipe:
    """Two Claude researchers in sandboxes whose workspaces this test can read."""
    own = (f"claude.base_url={api.url}", "sandbox.backend=process", "sandbox.allow_unsafe=true")
    return recipe_of(2, "kill", *own, f"budget.researcher.turns={TURNS}")


async def supervise(home: Home, key: str) -> asyncio.subprocess.Process:
    """The run's supervisor, as `aarctl run` starts it, in the foreground."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aarctl.supervisor", "--home", str(home.root), "--run", NAME,
        env={**os.environ, "ANTHROPIC_API_KEY": key},
    )  # fmt: skip


@pytest.mark.timeout(900)
async def test_a_run_of_claude_researchers_survives_kills_at_any_moment(tmp_path: Path) -> None:
    home, rng, witness = Home(tmp_path), random.Random(f"{SEED}/claude"), Witness()
    build_task(home, small_recipe())
    kills = []
    async with MessagesApi(witness, delay_s=DELAY_S) as api:
        paths = make_run(home, NAME, recipe(api))
        for _ in range(TRIALS):
            supervisor = await supervise(home, api.key)
            if rng.random() < 0.8:  # else it is killed while it starts, or settles what the last one left
                await works(api, supervisor)
            await asyncio.sleep(rng.uniform(0, LATEST_S))
            kills.append((api.answered, api.under_way, kill_all(NAME)))
            await supervisor.wait()
        print(f"\nkilled (answers so far, calls under way, processes): {kills}", flush=True)
        assert sum(processes > 0 for *_, processes in kills) > TRIALS // 2  # most kills found it at work
        assert await (await supervise(home, api.key)).wait() == 0
        check(paths, api, witness)
    assert nobody_left(NAME)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and api.key.encode() in path.read_bytes()]
    assert written == []


async def works(api: MessagesApi, supervisor: asyncio.subprocess.Process) -> None:
    """Return when this supervisor has asked the model, or is over."""
    before = api.calls
    while api.calls == before and supervisor.returncode is None:
        await asyncio.sleep(0.01)


def check(paths: RunPaths, api: MessagesApi, witness: Witness) -> None:
    """Finished, sound, every turn and effect once, every call that may have been served paid for."""
    verify(paths.root)
    with JournalReader(paths.root) as reader:
        state = reader.state()
        assert reader.advance(RunState()) == state
        events = [record.event for record in reader.records()]
    assert state.status == "finished" and {who.state for who in state.researchers.values()} == {"budget"}, state.note
    assert api.refused == [] and api.lines.broken == []
    lost = 0
    for who in ("r1", "r2"):
        own: list[Any] = [event for event in events if event.researcher == who]
        turns = list(range(1, TURNS + 1))
        assert [one.turn for one in own if isinstance(one, ModelCompleted)] == turns, who
        assert sorted({one.turn for one in own if isinstance(one, BudgetSettled)} - {0}) == turns, who
        check_tools(own, (paths.work / who / COUNT).read_text().split())
        served = [(one, *witness.served[one.number]) for one in api.account.entries]
        lost += check_money(own, [(one, marks(reply)[0]) for one, name, reply in served if name == who])
    titles = Counter(event.title for event in events if isinstance(event, ForumPosted))
    assert titles and set(titles.values()) == {1}
    assert state.nusd >= api.account.dollars() * NANO
    print(
        f"{2 * TURNS} turns, {state.epoch} supervisors, {api.calls} calls, {lost} of them of unknown outcome; charged "
        f"${state.nusd / NANO:.4f}, the service's own account says ${float(api.account.dollars()):.4f}"
    )


def check_tools(events: list[Any], kept: list[str]) -> None:
    """Each call has one outcome. A command ran at most once, and once where its outcome is known."""
    asked = {event.call: event for event in events if isinstance(event, ToolRequested)}
    done = {event.call: event for event in events if isinstance(event, ToolCompleted)}
    assert len(done) == sum(isinstance(event, ToolCompleted) for event in events) and done.keys() == asked.keys()
    marks = {mark: done[call].ok for call, event in asked.items() if (mark := marked(event.args.head))}
    assert len(set(kept)) == len(kept), f"twice: {Counter(kept).most_common(3)}"
    assert {mark for mark, ok in marks.items() if ok} <= set(kept) <= marks.keys()


def check_money(events: list[Any], billed: list[tuple[Any, str]]) -> int:
    """Turn by turn, the service billed at most the calls that the journal charges, and the last one is the answer.

    `billed`: with the mark that the answer's tools were to leave, another one each turn. Returns how many calls were of
    unknown outcome; each is charged at its worst case, and some of them never left.
    """
    calls = charged([event for event in events if kind_of(event) in OUTCOMES])
    ours = [list(group) for _, group in groupby(calls, key=lambda call: call[0].turn)]
    theirs = [[one for one, _ in group] for _, group in groupby(billed, key=lambda each: each[1])]
    for (*lost, (_, answer)), (*wasted, served) in zip(ours, theirs, strict=True):
        assert isinstance(answer, ModelCompleted) and answer.cost_nusd == served.dollars * NANO
        assert len(wasted) <= len(lost), f"turn {answer.turn}: {wasted} were billed, only {lost} charged"
        for asked, outcome in lost:
            assert isinstance(outcome, ModelUnknownOutcome) and outcome.tokens == asked.reserved_tokens
            assert outcome.cost_nusd == asked.reserved_nusd >= max((one.dollars * NANO for one in wasted), default=0)
    return len(calls) - len(ours)
