"""The researcher loop on a real journal and a real sandbox, with minds whose turns are known."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from aarctl.home import Home
from aarctl.journal.events import (
    CommandAcknowledged,
    CommandRequested,
    DomainFacts,
    ModelRequested,
    ResearcherCreated,
    SteerQueued,
    TaskReady,
    ToolRequested,
)
from aarctl.journal.lookup import Lookup
from aarctl.journal.store import Journal
from aarctl.minds.protocol import Chapter, Mind, TextBlock, ToolUse, Turn
from aarctl.minds.scripted import Line, ScriptedMind, use
from aarctl.minds.search import SearchMind
from aarctl.sandbox.choose import pick
from aarctl.sandbox.protocol import Sandbox, SandboxSpec
from aarctl.supervisor import history
from aarctl.supervisor.latches import Latches
from aarctl.supervisor.researcher import ResearcherLoop
from aarctl.supervisor.surroundings import Surroundings
from tests.fakes.small_run import make_run, small_recipe


class OneSandbox:
    """A bench with one sandbox for everybody."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def sandbox(self, researcher: str) -> Sandbox:
        """The one there is."""
        return self._sandbox

    def live_tail(self, experiment: str) -> str | None:
        """Nothing runs here."""
        return None


@pytest.fixture
async def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Surroundings]:
    """A run whose task stands, with one researcher."""
    recipe = small_recipe("budget.researcher.turns=6")
    paths = make_run(Home(tmp_path), "loop", recipe)
    journal, lookup = await Journal.open(paths.root, pid=1), await Lookup.open(paths.root)
    facts = [DomainFacts("code", 0.7, 0.99, 100), DomainFacts("math", 0.7, 0.99, 100)]
    await journal.record(
        TaskReady(task="two-author@0", feedback="code", held_out=["math"], domains=facts),
        ResearcherCreated(researcher="r1", mind="scripted", model="scripted", direction="look at the prior"),
    )
    spec = SandboxSpec(run="loop", name="r1", workspace=paths.work / "r1", spool=paths.spool / "r1")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")  # a container's volumes would outlive the test
    sandbox = await (await pick("auto")).backend.create(spec)
    yield Surroundings(recipe, paths, journal, lookup, OneSandbox(sandbox), Latches())
    await sandbox.remove()
    await lookup.close()
    await journal.close()


def loop(around: Surroundings, *script: Line, mind: Mind | None = None) -> ResearcherLoop:
    return ResearcherLoop("r1", mind or ScriptedMind(script), around)


async def turns(of: ResearcherLoop, count: int) -> None:
    for _ in range(count):
        if await of.think():
            await of.act()


async def events(around: Surroundings, *kinds: str) -> Sequence[object]:
    return [record.event for record in await around.lookup.records(kinds=kinds)]


async def test_a_turn_of_search_waits_for_the_disk_at_most_three_times(around: Surroundings) -> None:
    one = loop(around, mind=SearchMind(candidates=2, students=1))
    await turns(one, 1)  # the first one also opens the chapter
    waits = []
    for _ in range(3):
        before = around.journal.waits["r1"]
        await turns(one, 1)
        waits.append(around.journal.waits["r1"] - before)
    assert max(waits) <= 3, waits


async def test_tools_act_in_order_and_their_answers_reach_the_mind(around: Surroundings) -> None:
    seen: list[Chapter] = []

    def second(chapter: Chapter) -> Turn:
        seen.append(msgspec.convert(msgspec.to_builtins(chapter), Chapter))
        return Turn((TextBlock("done"),), "done")

    first = Turn(
        (
            TextBlock("I write and read."),
            ToolUse("c1", "files", {"action": "create", "path": "a", "text": "hello"}),
            ToolUse("c2", "files", {"action": "view", "path": "a"}),
        ),
        "tool_use",
    )
    one = loop(around, first, second)
    await turns(one, 2)
    answers = seen[0].messages[-1].content
    assert [block.tool_use_id for block in answers] == ["c1", "c2"]  # type: ignore[union-attr]
    assert "hello" in answers[1].text  # type: ignore[union-attr]
    assert one.me.state == "finished"


async def test_a_tool_that_does_not_exist_is_answered_not_raised(around: Surroundings) -> None:
    await turns(loop(around, use("telepathy", 1)), 1)
    (completed,) = await events(around, "tool.completed")
    assert not completed.ok and "there is no tool 'telepathy'" in completed.output.head  # type: ignore[attr-defined]


async def test_a_loop_that_died_between_choosing_and_acting_acts_once(around: Surroundings) -> None:
    post = use("forum", 1, action="post", title="found", text="it works")
    died = loop(around, post, Turn((TextBlock("done"),), "done"))
    assert await died.think()  # chosen and durable; here the supervisor dies
    again = loop(around, post, Turn((TextBlock("done"),), "done"))
    await turns(again, 2)
    assert len(await events(around, "forum.posted")) == 1
    assert len(await events(around, "model.completed")) == 2
    assert again.me.state == "finished"


async def test_history_rebuilt_after_a_crash_is_the_history_that_was_lived(around: Surroundings) -> None:
    lived: list[Chapter] = []

    def remember(chapter: Chapter) -> Turn:
        lived.append(chapter)
        return use("shell", chapter.turn, f"turn {chapter.turn}", command="echo 1")

    one = loop(around, *[remember] * 5)
    await turns(one, 4)
    rebuilt = await history.read(around.lookup, one.me)
    assert lived[-1].messages == rebuilt[: len(lived[-1].messages)]
    assert [message.role for message in rebuilt] == ["user", "assistant"] * 4 + ["user"]


async def test_a_steer_is_delivered_once_word_for_word(around: Surroundings) -> None:
    said = "look at the <b>prior</b>\n\u202eagain " + "x" * 6_000
    await around.journal.record(SteerQueued(researcher="r1", steer="n1", text=await around.journal.text(said), by="me"))
    seen: list[str] = []

    def listen(chapter: Chapter) -> Turn:
        seen.append(str([b.text for m in chapter.messages for b in m.content if isinstance(b, TextBlock)]))
        return use("shell", chapter.turn, command="true")

    await turns(loop(around, listen, listen), 2)
    assert [text.count("x" * 6_000) for text in seen] == [1, 1]
    assert len(await events(around, "steer.delivered")) == 1
    assert not around.journal.state.researchers["r1"].steers


async def test_a_held_researcher_asks_no_model(around: Surroundings) -> None:
    await around.journal.record(
        CommandRequested(command="c1", inbox=1, by="me", verb="pause"), CommandAcknowledged(command="c1")
    )
    one = loop(around, use("shell", 1, command="true"))
    await turns(one, 3)
    assert one.me.state == "paused"
    assert len(await events(around, "pause.reached")) == 1
    assert not await events(around, "model.requested")


async def test_a_closing_latch_holds_before_its_acknowledgement_is_on_disk(around: Surroundings) -> None:
    one = loop(around, use("shell", 1, command="true"))
    with around.latches.closing("r1"):
        assert not await one.think()
    assert not await events(around, "model.requested")
    assert await one.think()


async def test_turns_end_at_the_budget_and_say_so(around: Surroundings) -> None:
    one = loop(around, *[use("shell", n, command="true") for n in range(1, 20)])
    await turns(one, 10)
    assert (one.me.state, one.me.why) == ("budget", "turns 6 of 6")
    assert len([e for e in await events(around, "model.requested") if isinstance(e, ModelRequested)]) == 6
    assert one.me.exceeded == "turns 6 of 6"


async def test_no_active_time_is_counted_twice_or_while_paused(around: Surroundings) -> None:
    one = loop(around, *[use("shell", n, command="sleep 0.2") for n in (1, 2)])
    began = time.monotonic()
    await turns(one, 2)
    assert 0.4e6 <= one.me.active_us < (time.monotonic() - began) * 1e6 + 1
    assert one.me.active_us == around.journal.state.active_us


async def test_intents_are_durable_before_tools_act(around: Surroundings) -> None:
    one = loop(around, use("shell", 1, command="true"))
    assert await one.think()
    assert [e.tool for e in await events(around, "tool.requested") if isinstance(e, ToolRequested)] == ["shell"]
    assert not await events(around, "tool.completed")


async def test_tools_of_one_turn_see_what_the_ones_before_did_and_cannot_pass_a_budget_together(
    around: Surroundings,
) -> None:
    recipe = around.recipe
    limits = msgspec.structs.replace(recipe.budget.researcher, experiments=2)
    budget = msgspec.structs.replace(recipe.budget, researcher=limits)
    around = dataclasses.replace(around, recipe=msgspec.structs.replace(recipe, budget=budget))
    queue = [ToolUse(f"c{n}", "experiments", {"action": "queue", "command": "true"}) for n in range(4)]
    await turns(loop(around, Turn(tuple(queue), "tool_use")), 1)
    done = [one.ok for one in await events(around, "tool.completed")]  # type: ignore[attr-defined]
    assert done == [True, True, False, False] and len(around.journal.state.experiments) == 2
