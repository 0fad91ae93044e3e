"""What a person changes in a run that goes on: budgets, who takes part, the order of the queue."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aarctl.journal.state import Researcher, RunState
from aarctl.journal.store import InboxRow
from aarctl.minds.scripted import ScriptedMind, use
from aarctl.supervisor.budgets import gains
from aarctl.supervisor.minds import definition
from aarctl.supervisor.refusals import limit, refusal
from tests.fakes.commanded_run import CommandedRun
from tests.fakes.small_run import small_recipe


def busy(turns: int = 100) -> ScriptedMind:
    """So many turns, one after the other."""
    return ScriptedMind([lambda chapter: use("forum", chapter.turn, action="read")] * turns)


def row(verb: str, researcher: str = "", **args: str) -> InboxRow:
    return InboxRow(1, "me", verb, researcher, args)


# budgets -----------------------------------------------------------------------------------------------------


async def test_a_researcher_at_its_budget_goes_on_when_that_is_raised(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": busy(), "r2": busy()}, "budget.researcher.turns=2") as run:
        await run.start()
        assert [who.state for who in run.state.researchers.values()] == ["budget", "budget"]
        raised = await run.ask("budget", "r1", what="turns", change="+3")
        assert raised.note == "turns: 5; r1 can go on" and run["r1"].state == "waiting" and not run["r1"].exceeded
        await run.start()
        assert (run["r1"].settled, run["r1"].why) == (5, "turns 5 of 5")
        assert (run["r2"].settled, run["r2"].state) == (2, "budget")


async def test_a_budget_raised_while_others_work_lets_one_go_on_beside_them(tmp_path: Path) -> None:
    limits = ("budget.researcher.turns=3",)
    slow = ScriptedMind([use("shell", 1, command="while [ ! -e go ]; do sleep 0.01; done")])
    async with CommandedRun(tmp_path, {"r1": busy(), "r2": slow}, *limits) as run:
        over = run.start()
        await run.until(lambda: run["r1"].state == "budget")
        await run.ask("budget", "r1", what="turns", limit="7")
        await run.until(lambda: run["r1"].settled == 7)
        await (await run.sandboxes.sandbox("r2")).put("go", b"")
        await over


async def test_a_changed_limit_holds_for_what_tools_count_and_after_a_restart(tmp_path: Path) -> None:
    queue = [use("experiments", n, action="queue", command="true", tags=["a"]) for n in (1, 2, 3)]
    minds = {"r1": ScriptedMind(queue)}
    async with CommandedRun(tmp_path, minds, "budget.researcher.experiments=9") as run:
        await run.ask("budget", "r1", what="experiments", limit="2")
        over = run.start()
        await run.until(lambda: run["r1"].settled == 3)
        outcomes = await run.events("tool.completed")
        assert [one.ok for one in outcomes] == [True, True, False] and "(2 of 2)" in outcomes[2].output.head
        await over
    async with CommandedRun(tmp_path, minds, "budget.researcher.experiments=9") as run:
        assert run.recipe.limits("r1", run.state.budgets).experiments == 2


def test_a_fleets_budget_that_is_raised_frees_those_whom_nothing_else_stops() -> None:
    recipe = small_recipe("budget.fleet.turns=4", "budget.researcher.turns=3")
    everyone = [Researcher(f"r{n}", "m", "m", "", state="budget", settled=n) for n in (1, 3)]
    state = RunState(researchers={who.id: who for who in everyone})
    assert gains(recipe, state, "", "turns", 9) == ["r1"]
    assert gains(recipe, state, "", "turns", 4) == []
    assert gains(recipe, state, "", "turns", None) == ["r1"]
    assert gains(recipe, state, "r3", "turns", 9) == []  # the fleet's still stops it


def test_a_limit_is_taken_from_what_holds_now_and_from_nothing_else() -> None:
    recipe = small_recipe("budget.researcher.usd=5", "budget.fleet.usd=20")
    state = RunState(researchers={"r1": Researcher("r1", "m", "m", "")}, budgets={"r1": {"usd": 8.0}})
    assert limit(recipe, state, row("budget", "r1", what="usd", change="+2.5")) == 10.5
    assert limit(recipe, state, row("budget", what="usd", change="-5")) == 15
    assert limit(recipe, state, row("budget", "r1", what="usd", limit="none")) is None
    assert recipe.limits("r1", state.budgets).usd == 8 and recipe.limits("", state.budgets).usd == 20


# who takes part ----------------------------------------------------------------------------------------------


async def test_one_who_is_added_joins_at_once_takes_its_turns_and_is_there_after_a_restart(tmp_path: Path) -> None:
    minds = {"r1": busy(6), "r2": busy(4)}
    async with CommandedRun(tmp_path, {"r1": minds["r1"]}) as run:
        run._minds = minds
        await run.leave("pause")
        over = run.start()
        joined = await run.ask("add", mind="search", direction=" Look at the prior. ")
        assert joined.note == "r2 has joined" and run["r2"].direction == "Look at the prior."
        await run.until(lambda: run["r2"].state == "paused")
        await run.ask("resume")
        await over
        assert (run["r1"].state, run["r2"].state, run["r2"].settled) == ("finished", "finished", 5)
        (created,) = await run.events("researcher.created", researcher="r2")
        assert created.by == "me" and definition(run.recipe, run["r2"]).mind == "search"
    async with CommandedRun(tmp_path, minds) as run:
        assert [loop.name for loop in await run.roster.loops()] == ["r1", "r2"]


def test_what_is_made_again_of_one_who_was_added_is_what_the_person_asked_for() -> None:
    recipe = small_recipe()
    who = Researcher("r9", "claude", "rehearsal of claude-haiku-5", "Try labels.")
    made = definition(recipe, who)
    assert (made.id, made.mind, made.model, made.direction) == ("r9", "claude", "claude-haiku-5", "Try labels.")
    first = recipe.researchers[0]
    assert definition(recipe, Researcher(first.id, "claude", "m", "other")) is first


async def test_one_who_is_retired_takes_no_turn_more_and_keeps_no_slot(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": busy(100_000), "r2": busy(3)}, "budget.researcher.turns=100000") as run:
        over = run.start()
        await run.queue("x1", "sleep 1000")
        await run.queue("x2", "sleep 1000")
        await run.until(lambda: run.state.experiments["x1"].slot)
        retired = await run.ask("retire", "r1")
        assert retired.state == "effective" and not run.state.experiments
        assert {one.outcome for one in run.state.outcomes.values()} == {"cancelled"}
        assert (run["r1"].state, run["r1"].why) == ("finished", "retired by a person")
        await over


async def test_one_whom_its_budget_stopped_can_be_retired_and_no_budget_brings_it_back(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": busy()}, "budget.researcher.turns=1") as run:
        await run.start()
        assert (await run.ask("retire", "r1")).state == "effective"
        refused = await run.ask("budget", "r1", what="turns", limit="9")
        assert refused.state == "refused" and "add a researcher instead" in refused.note
        assert not gains(run.recipe, run.state, "", "turns", 99)


# the queue ---------------------------------------------------------------------------------------------------


async def test_a_moved_experiment_is_the_first_of_its_researchers_to_run(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": ScriptedMind([])}) as run:
        await run.leave("pause")
        for number in (1, 2, 3, 4):
            await run.queue(f"x{number}", "true")
        await run.ask("move", experiment="x4", before="x2")
        await run.ask("move", experiment="x3")
        assert list(run.state.experiments) == ["x3", "x1", "x4", "x2"]
        await run.ask("resume")
        await run.until(lambda: run.state.experiments_finished == 4)
        assert [one.experiment for one in await run.events("experiment.leased")] == ["x3", "x1", "x4", "x2"]


async def test_a_person_cancels_what_runs_and_what_waits(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": ScriptedMind([])}) as run:
        await run.queue("x1", "sleep 1000")
        await run.queue("x2", "true")
        await run.until(lambda: run.state.experiments["x1"].slot)
        done = await asyncio.gather(*(run.ask("cancel", experiment=name) for name in ("x1",)))
        assert [one.state for one in done] == ["effective"] and run.state.outcomes["x1"].outcome == "cancelled"
        await run.until(lambda: "x2" in run.state.outcomes)


# refusals ----------------------------------------------------------------------------------------------------


def known() -> RunState:
    from aarctl.journal.events import ExperimentLeased, ExperimentQueued, ResearcherCreated
    from aarctl.journal.fold import fold

    happened = [
        ResearcherCreated(researcher="r1", mind="search", model="m", direction=""),
        *(ExperimentQueued(researcher="r1", experiment=f"x{n}", argv=["m"], out="", title="") for n in (1, 2)),
        ExperimentLeased(researcher="r1", experiment="x1", slot="cpu0"),
    ]
    state = fold((seq, seq, event) for seq, event in enumerate(happened, 1))
    state.researchers["r2"] = Researcher("r2", "search", "m", "", state="finished", why="retired by a person")
    state.researchers["r3"] = Researcher("r3", "search", "m", "", state="budget", why="turns 2 of 2")
    return state


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (row("freeze", "r2"), "has ended (retired by a person)"),
        (row("retire"), "name a researcher"),
        (row("retire", "r2"), "has ended"),
        (row("steer", "r3", text="go"), "raise that first"),
        (row("add"), "say where it should look first"),
        (row("add", "r1", direction="x"), "leave 'r1' out"),
        (row("add", direction="x" * 4001), "at most 4,000"),
        (row("add", direction="x", mind="oracle"), "use mind claude or search"),
        (row("add", direction="x", mind="scripted"), "use claude or search"),
        (row("add", direction="x", mind="search", model="claude-opus-5"), "leave the model out"),
        (row("add", direction="x", mind="claude", model="no such!"), "a model's name"),
        (row("budget", "r1", what="beer", limit="3"), "use one of turns, minutes, usd"),
        (row("budget", "r1", what="usd"), "say either"),
        (row("budget", "r1", what="usd", limit="3", change="3"), "say either"),
        (row("budget", "r1", what="usd", change="+3"), "no limit on usd that could change"),
        (row("budget", "r1", what="turns", limit="2.5"), "whole numbers"),
        (row("budget", "r1", what="turns", limit="many"), "no number"),
        (row("budget", "r1", what="turns", limit="nan"), "out of all bounds"),
        (row("budget", "r1", what="turns", limit="0"), "choose another"),
        (row("budget", "r2", what="turns", limit="3"), "add a researcher instead"),
        (row("move", experiment="x9"), "these wait: x2"),
        (row("move", experiment="x1"), "runs on cpu0 already; these wait: x2"),
        (row("move", experiment="x2", before="x1"), "runs on cpu0"),
        (row("move", experiment="x2", before="x2"), "in front of itself"),
        (row("cancel", experiment="x9"), "these do: x1, x2"),
    ],
)
def test_a_refusal_is_one_sentence_with_the_way_out(asked: InboxRow, why: str) -> None:
    said = refusal(small_recipe(), known(), asked)
    assert why in said and "\n" not in said and not said.endswith(".")


def test_code_of_a_language_model_is_let_into_no_sandbox_that_isolates_nothing() -> None:
    asked = row("add", direction="x", mind="claude")
    assert "isolate nothing" in refusal(small_recipe(), known(), asked, isolated=False)
    assert refusal(small_recipe(), known(), asked) == ""
    assert refusal(small_recipe("sandbox.allow_unsafe=true"), known(), asked, isolated=False) == ""


def test_a_run_has_at_most_nine_and_gives_no_id_twice() -> None:
    state = known()
    state.researchers |= {f"r{n}": Researcher(f"r{n}", "m", "m", "", state="finished") for n in range(2, 10)}
    assert "at most 9" in refusal(small_recipe(), state, row("add", direction="x"))
