"""Claude researchers in the loop: their calls, what they are told, when they are stopped, and their chapters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aarctl.journal.events import (
    CommandAcknowledged,
    CommandRequested,
    ExperimentFinished,
    ExperimentQueued,
    SteerQueued,
    head_of,
)
from aarctl.minds.claude import Key
from aarctl.supervisor.fleet import free
from aarctl.supervisor.supervisor import drive
from tests.fakes.claude_fleet import ClaudeFleet
from tests.fakes.messages_api import (
    OVERLOADED,
    TOO_LONG,
    Asked,
    MessagesApi,
    Reply,
    Say,
    Think,
    Use,
    Vanish,
    in_order,
    say,
    script,
    use,
)


def shell(command: str) -> Use:
    """A shell call."""
    return Use("shell", {"command": command})


def heard(asked: Asked) -> str:
    """All words of the last message that the model was sent."""
    content = asked.messages[-1]["content"]
    return content if isinstance(content, str) else "\n".join(str(block.get("text", "")) for block in content)


def command(verb: str, researcher: str = "", number: int = 1) -> tuple[Any, Any]:
    """A person's command, taken on."""
    name = f"c{number}"
    return (
        CommandRequested(researcher=researcher, command=name, inbox=number, by="me", verb=verb),
        CommandAcknowledged(researcher=researcher, command=name),
    )


async def test_an_answer_is_journaled_as_it_came_with_its_price_and_its_tools_act(tmp_path: Path) -> None:
    replies = [Reply((Think("hm"), Say("I look."), shell("echo hello"), shell("echo there"))), say("done")]
    async with MessagesApi(script(replies)) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(2)
        (first, second) = await fleet.events("model.completed")
        done = await fleet.events("tool.completed")
        assert [one.output.head.splitlines()[0] for one in done] == ["hello", "there"]
        assert (first.call, first.stop, second.stop) == ("m1", "tool_use", "waiting")
        assert json.loads(first.content.head)[0]["thinking"] == "hm"
        assert fleet.state.nusd == api.account.dollars(delivered=True) * 10**9 > 0
        assert fleet.state.researchers["r1"].history_tokens > 0
    assert api.refused == [] and api.lines.broken == []


async def test_attempts_that_failed_are_counted_and_the_turn_is_taken_once(tmp_path: Path) -> None:
    faults = in_order(OVERLOADED, Vanish())
    async with MessagesApi(script([use(shell("true")), say("x")]), faults) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(1)
        asked = await fleet.events("model.requested")
        assert [(one.turn, one.attempt) for one in asked] == [(1, 1), (1, 2), (1, 3)]
        assert all(one.reserved_nusd > 0 and one.reserved_tokens > 4_000 for one in asked)
        (failed,) = await fleet.events("model.failed")
        (lost,) = await fleet.events("model.unknown_outcome")
        assert "529" in failed.error and failed.retry_in_s is not None
        assert lost.cost_nusd == asked[1].reserved_nusd and lost.tokens == asked[1].reserved_tokens
        assert len(await fleet.events("model.completed")) == 1 and fleet.state.researchers["r1"].calls == 3


async def test_it_is_told_once_of_what_it_waited_for(tmp_path: Path) -> None:
    heard_of: list[str] = []

    def rule(asked: Asked) -> Reply:
        heard_of.append(heard(asked))
        return use(shell("true"))

    async with MessagesApi(rule) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.journal.record(
            ExperimentQueued(researcher="r1", experiment="x7", argv=["true"], out="", title="try"),
            ExperimentFinished(researcher="r1", experiment="x7", outcome="failed", exit_code=3, tail=head_of("")),
        )
        await fleet.play(2)
    assert "- x7: failed, exit code 3" in heard_of[0] and "x7" not in heard_of[1].replace(heard_of[0], "")
    assert api.lines.broken == []


async def test_the_same_failing_call_is_noticed_told_and_then_stopped_with_a_flag(tmp_path: Path) -> None:
    words: list[str] = []

    def rule(asked: Asked) -> Reply:
        words.append(heard(asked))
        return use(shell("cat nothing-there")) if asked.number % 2 else use(shell("true"))

    async with MessagesApi(rule) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(30)
        me = fleet.state.researchers["r1"]
        assert me.state == "blocked" and "shell 6 times" in me.why and "steer it, then resume it" in me.why
        (flag,) = fleet.state.flags.values()
        assert flag.detector == "loop" and len(flag.seqs) == 6 and flag.researcher == "r1"
        assert sum("failed again and again" in said for said in words) == 1
        assert len(await fleet.events("model.completed")) == 11
        await fleet.play(1)
        assert len(await fleet.events("model.completed")) == 11  # nobody asks a blocked one
        await fleet.journal.record(*command("resume"))
        assert not me.blocked
        await fleet.play(1)
        assert len(await fleet.events("model.completed")) == 12


async def test_the_same_call_that_fails_in_another_way_is_work_not_a_loop(tmp_path: Path) -> None:
    again = use(shell("echo x >> tries; cat tries; false"))
    async with MessagesApi(lambda asked: again) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(10)
        assert fleet.state.researchers["r1"].state != "blocked" and not await fleet.events("notice.delivered")


@pytest.mark.parametrize(
    ("reply", "about", "sentence"),
    [
        (Reply((), "refusal", "no"), "refused", "refused 3 answers in a row"),
        (say("I am done."), "idle", "ended 3 turns without using a tool"),
    ],
)
async def test_refusals_and_idling_are_told_and_then_stopped(
    tmp_path: Path, reply: Reply, about: str, sentence: str
) -> None:
    async with MessagesApi(lambda asked: reply) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(10)
        assert sentence in fleet.state.researchers["r1"].why
        assert [one.about for one in await fleet.events("notice.delivered")] == [about] * 2
    assert api.refused == [] and api.answered == 3


async def test_an_answer_that_was_cut_is_said_to_be(tmp_path: Path) -> None:
    replies = [Reply((Say("I write"), Use("shell", {"command": "x" * 99}, cut=True)), "max_tokens"), use(shell("true"))]
    async with MessagesApi(script(replies)) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(2)
        (notice,) = await fleet.events("notice.delivered")
        assert notice.about == "cut" and notice.turn == 2
        assert [one.tool for one in await fleet.events("tool.requested")] == ["shell"]
    assert api.refused == []


async def test_without_a_key_the_person_reads_one_sentence_and_a_new_key_lets_it_go_on(tmp_path: Path) -> None:
    keys = ["sk-ant-wrong-000000"]
    async with MessagesApi(script([use(shell("true"))])) as api:
        async with ClaudeFleet(tmp_path, api, key=lambda: Key(keys[-1], "a test")) as fleet:
            await fleet.play(3)
            me = fleet.state.researchers["r1"]
            assert me.state == "blocked" and "refused the API key" in me.why and "resume" in me.why
            assert me.settled == 0 and fleet.state.nusd == 0
            keys.append(api.key)
            await fleet.journal.record(*command("resume", "r1"))
            await fleet.play(2)
            assert me.settled == 2
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"sk-ant-wrong" not in everything and api.key.encode() not in everything


async def test_a_fleets_budget_is_passed_by_no_more_than_one_reserved_call(tmp_path: Path) -> None:
    many = lambda asked: use(shell("true"), thought="x" * (asked.number % 5) * 400)  # noqa: E731
    async with MessagesApi(many) as api:
        async with ClaudeFleet(tmp_path, api, "budget.fleet.usd=0.5", researchers=9) as fleet:
            await fleet.play(200)
            state = fleet.state
            assert {who.state for who in state.researchers.values()} == {"budget"}
            most = max(one.reserved_nusd for one in await fleet.events("model.requested"))
            assert 0.5e9 - most <= state.nusd <= 0.5e9 + most
            assert api.account.dollars(delivered=True) * 10**9 == state.nusd


async def test_a_pause_ends_a_wait_between_attempts_at_once_and_no_call_is_made(tmp_path: Path) -> None:
    faults = in_order(*[OVERLOADED] * 50)
    async with MessagesApi(script([say("x")]), faults) as api, ClaudeFleet(tmp_path, api) as fleet:
        waits = asyncio.Event()

        async def for_ever(seconds: float) -> None:
            waits.set()
            await asyncio.Event().wait()

        fleet.clock.sleep = for_ever  # type: ignore[method-assign]
        thinking = asyncio.create_task(fleet.loops[0].think())
        await waits.wait()
        await fleet.journal.record(*command("pause"))
        assert not await thinking
        assert fleet.state.researchers["r1"].state == "paused" and api.calls == 1


async def test_a_call_whose_latch_closes_while_its_intent_is_written_is_never_sent(tmp_path: Path) -> None:
    async with MessagesApi(script([say("x")])) as api, ClaudeFleet(tmp_path, api) as fleet:
        record = fleet.journal.record

        async def paused_meanwhile(*events: Any) -> Any:
            done = await record(*events)
            if type(events[0]).__name__ == "ModelRequested":
                await record(*command("pause"))
            return done

        fleet.journal.record = paused_meanwhile  # type: ignore[method-assign]
        assert not await fleet.loops[0].think()
        (cancelled,) = await fleet.events("model.cancelled")
        assert cancelled.cost_nusd == 0 and cancelled.why == "it was never sent" and api.calls == 0


async def test_a_supervisor_that_dies_in_the_middle_of_a_call_leaves_no_turn_twice(tmp_path: Path) -> None:
    async with MessagesApi(script([use(shell("echo 1 >> count"))] * 3)) as api:
        async with ClaudeFleet(tmp_path, api) as fleet:
            await fleet.play(1)
            assert await fleet.loops[0].think()  # chosen; it dies before acting
        async with ClaudeFleet(tmp_path, api) as fleet:
            await fleet.play(1)
            sandbox = await fleet.bench.sandbox("r1")
            assert (await sandbox.get("count")).decode().split() == ["1"] * 2
            await fleet.play(1)
            turns = [one.turn for one in await fleet.events("model.completed")]
            assert turns == [1, 2, 3] and api.answered == 3
    assert api.lines.broken == [] and api.refused == []


# chapters ------------------------------------------------------------------------------------------------


def talkative(asked: Asked) -> Reply:
    """Sums up when asked to, prints a lot otherwise."""
    if "ends here" in heard(asked):
        return say(f"Summary {asked.number}: all is well.")
    return use(shell(f"echo {asked.number}; seq 700"), thought="I think. " * 20)


async def test_chapters_open_and_forget_no_word_of_the_persons(tmp_path: Path) -> None:
    steers = ["Look at the prior.\n  Indented; <b>verbatim</b>.", "And do not stop: \u202e" + "x" * 3_000, "third"]
    systems: dict[str, str] = {}
    prompts: list[list[dict[str, Any]]] = []

    def rule(asked: Asked) -> Reply:
        prompts.append(asked.messages)
        systems[asked.system] = asked.system
        return talkative(asked)

    async with MessagesApi(rule) as api, ClaudeFleet(tmp_path, api, "claude.chapter_tokens=20000") as fleet:
        for number, text in enumerate(steers, 1):
            queued = SteerQueued(researcher="r1", steer=f"n{number}", text=await fleet.journal.text(text), by="me")
            await fleet.journal.record(queued)
            await fleet.play(12)
        opened = await fleet.events("chapter.opened")
        assert len(opened) >= 3 and fleet.state.researchers["r1"].chapter == len(opened)
        summaries = [await fleet.lookup.text(one.opening) for one in opened[1:]]
        assert all("Summary" in text for text in summaries)
        for text in summaries[-1:]:
            assert all(steer in text for steer in steers[:2])
        assert all(one.tokens <= 24_000 for one in await fleet.events("chapter.closing"))
    last = json.dumps(prompts[-1], ensure_ascii=False)
    assert all(json.dumps(steer, ensure_ascii=False)[1:-1] in last for steer in steers)
    assert len(systems) == 1 and "look 1" in next(iter(systems))
    assert api.refused == [] and api.lines.broken == [] and api.lines.chapters == len(opened)


async def test_a_crash_between_chapters_goes_on_in_the_same_words(tmp_path: Path) -> None:
    async with MessagesApi(talkative) as api:
        for _ in range(12):
            async with ClaudeFleet(tmp_path, api, "claude.chapter_tokens=20000") as fleet:
                await fleet.play(3)
                chapter = fleet.state.researchers["r1"].chapter
    assert chapter >= 3 and api.lines.broken == [] and api.refused == []


async def test_a_history_the_service_finds_too_long_begins_a_chapter_without_its_summary(tmp_path: Path) -> None:
    def too_long(number: int) -> Any:
        return TOO_LONG if number == 4 else None

    async with MessagesApi(talkative, too_long) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(5)
        opened: Sequence[Any] = await fleet.events("chapter.opened")
        assert len(opened) == 2 and "What the record says" in opened[1].opening.head
        assert "There is none" in opened[1].opening.head and fleet.state.researchers["r1"].settled == 5


async def test_a_chapter_that_is_too_long_from_its_first_word_stops_the_researcher(tmp_path: Path) -> None:
    async with MessagesApi(talkative, lambda number: TOO_LONG) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(5)
        me = fleet.state.researchers["r1"]
        assert me.state == "blocked" and "does not fit" in me.why and "longer chapters" in me.why and api.calls == 1


async def test_words_of_the_persons_that_fill_a_chapter_stop_the_researcher_before_it_pays_for_ever(
    tmp_path: Path,
) -> None:
    async with MessagesApi(talkative) as api, ClaudeFleet(tmp_path, api, "claude.chapter_tokens=20000") as fleet:
        for number in range(4):
            text = await fleet.journal.text(f"{number} " + "word " * 4_000)
            await fleet.journal.record(SteerQueued(researcher="r1", steer=f"n{number}", text=text, by="me"))
        await fleet.play(30)
        me = fleet.state.researchers["r1"]
        assert me.state == "blocked" and "your words" in me.why and me.settled < 5


async def test_a_chapter_may_be_too_long_again_after_one_turn(tmp_path: Path) -> None:
    async with (
        MessagesApi(talkative, lambda number: TOO_LONG if number in (4, 6) else None) as api,
        ClaudeFleet(tmp_path, api) as fleet,
    ):
        await fleet.play(8)
        me = fleet.state.researchers["r1"]
        assert (me.state, me.chapter, me.settled) == ("waiting", 3, 8)


async def test_news_waits_for_the_next_chapter_when_this_one_is_closing(tmp_path: Path) -> None:
    async with MessagesApi(talkative) as api, ClaudeFleet(tmp_path, api, "claude.chapter_tokens=20000") as fleet:
        while fleet.state.researchers["r1"].history_tokens < 18_000:
            await fleet.play(1)
        await fleet.journal.record(
            ExperimentQueued(researcher="r1", experiment="x7", argv=["true"], out="", title="try"),
            ExperimentFinished(researcher="r1", experiment="x7", outcome="done", exit_code=0, tail=head_of("")),
        )
        await fleet.play(2)
        (closing,) = await fleet.events("chapter.closing")
        (notice,) = await fleet.events("notice.delivered")
        assert notice.turn == closing.turn + 1 and "x7" in notice.text.head
        assert "- x7 done: try" in (await fleet.events("chapter.opened"))[1].opening.head


async def test_an_answer_cut_right_after_its_thoughts_leaves_a_history_that_the_service_takes(tmp_path: Path) -> None:
    cut = Reply((Think("long thoughts"), Use("shell", {"command": "x" * 99}, cut=True)), "max_tokens")
    async with MessagesApi(script([cut, use(shell("true"))])) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(3)
        assert fleet.state.researchers["r1"].settled == 3
    assert api.refused == [] and api.lines.broken == []


async def test_answers_that_are_cut_again_and_again_stop_the_researcher(tmp_path: Path) -> None:
    cut = Reply((Say("I write and write"),), "max_tokens")
    async with MessagesApi(lambda asked: cut) as api, ClaudeFleet(tmp_path, api) as fleet:
        await fleet.play(20)
        assert "claude.max_tokens" in fleet.state.researchers["r1"].why and api.calls == 5


async def test_stopping_one_researcher_ends_its_attempts(tmp_path: Path) -> None:
    faults = in_order(*[OVERLOADED] * 50)
    async with MessagesApi(script([say("x")]), faults) as api, ClaudeFleet(tmp_path, api) as fleet:
        waits = asyncio.Event()

        async def for_ever(seconds: float) -> None:
            waits.set()
            await asyncio.Event().wait()

        fleet.clock.sleep = for_ever  # type: ignore[method-assign]
        thinking = asyncio.create_task(fleet.loops[0].think())
        await waits.wait()
        await fleet.journal.record(*command("stop", "r1"))
        assert not await thinking
        assert fleet.state.researchers["r1"].state == "finished" and api.calls == 1


async def test_a_loop_that_fails_ends_the_others_before_they_ask_again(tmp_path: Path) -> None:
    async with MessagesApi(script([use(shell("true"))])) as api, ClaudeFleet(tmp_path, api, researchers=2) as fleet:
        failing = fleet.loops[0].think

        async def fail() -> bool:
            await failing()
            raise LookupError("a damaged journal")

        fleet.loops[0].think = fail  # type: ignore[method-assign]
        with pytest.raises(LookupError, match="damaged"):
            await free(fleet.journal, fleet.roster)
        calls = api.calls
        await asyncio.sleep(0.2)
        assert api.calls == calls


async def test_a_paused_fleet_with_experiments_in_its_queue_can_be_stopped(tmp_path: Path) -> None:
    async with MessagesApi(script([say("never asked")])) as api, ClaudeFleet(tmp_path, api, researchers=2) as fleet:
        waiting = ExperimentQueued(researcher="r1", experiment="x1", argv=["a"], out="out", title="waits for a slot")
        await fleet.journal.record(waiting, *command("pause"))
        driving = asyncio.create_task(drive(fleet.journal, fleet.recipe, fleet.roster))
        while not all(who.state == "paused" for who in fleet.state.researchers.values()):
            await fleet.journal.changed(fleet.state.seq)
        await fleet.journal.record(*command("stop", number=2))
        await asyncio.wait_for(driving, 60)
    assert api.calls == 0 and list(fleet.state.experiments) == ["x1"]  # which a resumed run goes on with
