"""Whole turns through the real SDK: words, thinking, tools, stops, and what they cost."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from aarctl.minds.protocol import Chosen, Opaque, TextBlock, Thinking
from tests.fakes.messages_api import Drip, MessagesApi, Raw, Reply, Say, Think, Use, in_order, say, script, use

from .desk import Desk


async def test_an_answer_of_words_is_a_waiting_turn_and_is_shown_as_it_comes() -> None:
    async with MessagesApi(script([say("Two ideas come to mind: weighting and filtering.")])) as api:
        desk = Desk(api)
        turn = await desk.turn()
    assert turn.content == (TextBlock("Two ideas come to mind: weighting and filtering."),)
    assert turn.stop == "waiting" and not turn.note and desk.shown[-1] == turn.text


async def test_the_first_call_of_a_chapter_says_go_on_and_the_history_then_has_it_too() -> None:
    async with MessagesApi(script([say("First."), say("Second.")])) as api:
        desk = Desk(api)
        await desk.turn()
        await desk.turn()
        said = [[block["text"] for block in one["content"]] for one in api.seen[-1].messages]
    assert said == [["Go on."], ["First."], ["Go on."]]
    assert api.lines.extended == 1 and api.lines.broken == [] and api.refused == []


async def test_parallel_tool_calls_are_one_turn_and_their_answers_one_message() -> None:
    tools = (Use("shell", {"what": "ls"}), Use("forum", {"what": "read"}), Use("notebook"))
    async with MessagesApi(script([use(*tools, thought="Look around first."), say("Done.")])) as api:
        desk = Desk(api)
        turn = await desk.turn()
        await desk.turn("Look at the forum.")
        answers = api.seen[-1].messages[-1]["content"]
    assert [(one.name, one.input) for one in turn.tools] == [
        ("shell", {"what": "ls"}), ("forum", {"what": "read"}), ("notebook", {}),
    ]  # fmt: skip
    assert len({one.id for one in turn.tools}) == 3 and turn.stop == "tool_use"
    assert [block["type"] for block in answers] == ["tool_result"] * 3 + ["text"] and api.refused == []
    assert "Look around first." in desk.shown[0] and "→ shell" in desk.shown[0]


async def test_thinking_is_kept_signed_and_taken_back_by_the_service_after_a_trip_through_the_journal() -> None:
    redacted = Raw({"type": "redacted_thinking", "data": "b64=="})
    reply = Reply((Think("If the teacher errs at random, weight by confidence."), redacted, Use("shell")))
    async with MessagesApi(script([reply])) as api:
        desk = Desk(api)
        for _ in range(4):
            turn = await desk.turn()
            kept = msgspec.json.decode(msgspec.json.encode(turn.content), type=tuple[Chosen, ...])
            assert kept == turn.content
    assert isinstance(turn.content[0], Thinking) and turn.content[0].signature
    assert turn.content[1] == Opaque({"type": "redacted_thinking", "data": "b64=="})
    assert api.refused == [] and api.answered == 4


async def test_a_changed_history_would_be_noticed_by_the_fake_service() -> None:
    async with MessagesApi(script([use(Use("shell"), thought="Hm.")])) as api:
        desk = Desk(api)
        await desk.turn("Begin.")
        desk.chapter.messages[0] = msgspec.structs.replace(desk.chapter.messages[0], content=(TextBlock("Start."),))
        with pytest.raises(Exception, match="Invalid `signature`"):
            await desk.turn()
    assert api.refused != []


async def test_fields_that_only_the_service_reads_go_back_to_it() -> None:
    block = {
        "type": "tool_use",
        "id": "toolu_0123456789abcdef9",
        "name": "shell",
        "input": {"a": 1},
        "caller": {"type": "direct"},
    }
    async with MessagesApi(script([Reply((Raw(block),), stop="tool_use")])) as api:
        desk = Desk(api)
        turn = await desk.turn()
        await desk.turn()
        sent = api.seen[-1].messages[1]["content"][0]
    assert turn.tools[0].id == "r1-1-0" and sent == block


@pytest.mark.parametrize("ids", [("call_0", "call_0"), ("1", "2")])
async def test_tool_calls_have_ids_unique_in_the_run_whatever_the_service_calls_them(ids: tuple[str, str]) -> None:
    replies = [use(Use("shell", id=ids[0]), Use("forum", id=ids[1])), use(Use("shell", id=ids[0]))]
    async with MessagesApi(script(replies)) as api:
        desk = Desk(api)
        first, second = await desk.turn(), await desk.turn()
    assert [one.id for one in (*first.tools, *second.tools)] == ["r1-1-0", "r1-1-1", "r1-2-0"]
    assert api.refused == []


async def test_a_refused_answer_leaves_nothing_in_the_history_and_its_reason_for_people() -> None:
    refusal = Reply((Say("I must not"),), stop="refusal", why="It looked like\nan exploit.")
    async with MessagesApi(script([use(Use("shell")), refusal, say("Another way, then.")])) as api:
        desk = Desk(api)
        await desk.turn()
        turn = await desk.turn()
        after = await desk.turn()
    assert (
        turn.stop == "refusal" and turn.content == () and turn.note == "the model refused: It looked like an exploit."
    )
    assert turn.usage.cost_nusd > 0 and after.text == "Another way, then."
    assert api.refused == [] and api.lines.broken == []


async def test_a_tool_call_cut_at_max_tokens_is_left_out_and_the_whole_ones_before_it_are_not() -> None:
    cut = Use("notebook", {"what": "a long text " * 9}, cut=True)
    replies = [Reply((Think("Write."), Use("shell", {"what": "ls"}), cut), stop="max_tokens"), say("I see.")]
    async with MessagesApi(script(replies)) as api:
        desk = Desk(api)
        turn = await desk.turn()
        await desk.turn()
    assert [one.name for one in turn.tools] == ["shell"] and turn.stop == "max_tokens"
    assert turn.note == "the answer was cut at 4000 tokens" and api.refused == []


async def test_an_answer_of_which_nothing_is_left_does_not_break_the_history() -> None:
    replies = [Reply((Use("shell", {"what": "x" * 50}, cut=True),), stop="max_tokens"), Reply(), say("Here.")]
    async with MessagesApi(script(replies)) as api:
        desk = Desk(api)
        assert [(await desk.turn()).content for _ in range(2)] == [(), ()]
        assert (await desk.turn()).text == "Here."
    assert api.refused == [] and api.lines.broken == []


async def test_a_full_context_is_told_apart_from_a_long_answer() -> None:
    async with MessagesApi(script([Reply((Say("So"),), stop="model_context_window_exceeded")])) as api:
        turn = await Desk(api).turn()
    assert turn.stop == "context_full" and "context" in turn.note


async def test_a_slow_drip_of_bytes_is_the_same_answer() -> None:
    reply = Reply((Think("Drop by drop, ünïcødé 🜂."), Say("日本語 🜂"), Use("shell", {"what": "ü🜂"})), piece=1)
    turns = []
    for faults in (None, in_order(Drip(size=1))):
        async with MessagesApi(script([reply]), faults) as api:
            desk = Desk(api)
            turns.append(await desk.turn())
    assert turns[0].content == turns[1].content and turns[0].usage == turns[1].usage


@pytest.mark.parametrize("ttl", ["5m", "1h"])
async def test_a_call_costs_what_the_service_books_and_less_than_was_reserved(ttl: Any) -> None:
    reply = use(Use("shell", {"what": "ls " * 30}), thought="Think about it at some length. " * 10)
    async with MessagesApi(script([reply])) as api:
        desk = Desk(api, cache_ttl=ttl)
        turns = [await desk.turn() for _ in range(12)]
    assert desk.spent_nusd == api.account.dollars() * 10**9
    assert all(turn.usage.cost_nusd <= asked for turn, asked in zip(turns, desk.asked.values(), strict=True))
    assert api.account.tokens("write_5m") == (0 if ttl == "1h" else sum(one.usage.cache_write_tokens for one in turns))
    assert api.lines.extended == 11 and api.lines.broken == []
    reserved = list(desk.asked.values())
    assert reserved[-1] < reserved[0] + 2 * turns[-1].usage.cost_nusd + 10**7  # counted prefixes are not bounded anew


async def test_a_long_chapter_is_read_from_the_cache() -> None:
    async with MessagesApi(script([use(Use("shell", {"what": "ls"}))]), cache_minimum=1024) as api:
        desk = Desk(api)
        desk.chapter.system *= 20
        for _ in range(60):
            await desk.turn()
    assert api.account.cache_read_share > 0.9 and api.lines.broken == []


async def test_a_turn_of_very_many_blocks_still_finds_system_and_tools_in_the_cache() -> None:
    many = use(*(Use("shell", {"what": str(n)}) for n in range(30)))
    async with MessagesApi(script([say("Ready."), many])) as api:
        desk = Desk(api)
        desk.chapter.system *= 10
        usages = [(await desk.turn()).usage for _ in range(3)]
    head = usages[0].cache_write_tokens
    assert usages[2].cache_read_tokens > 0.8 * head


async def test_effort_thinking_and_ttl_are_sent_as_the_recipe_says() -> None:
    async with MessagesApi(script([say("Yes.")])) as api:
        await Desk(api, effort="xhigh", cache_ttl="1h", model="claude-sonnet-5-5").turn()
        await Desk(api, "r2", thinking=None).turn()
        first, second = (one.request for one in api.seen)
    assert first.output_config == {"effort": "xhigh"} and first.cache_control == {"type": "ephemeral", "ttl": "1h"}
    assert first.thinking == {"type": "adaptive", "display": "summarized"} and first.model == "claude-sonnet-5-5"
    assert second.thinking is None and second.output_config is None
    assert json.loads(bytes(second.system))[0]["cache_control"] == {"type": "ephemeral", "ttl": "5m"}
