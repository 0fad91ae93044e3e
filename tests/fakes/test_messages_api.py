"""The fake Messages API, held against the SDK's own reading of it: a fake that lies would prove nothing."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

import anthropic
import pytest

from aarctl.minds.prices import Tokens, cost_nusd
from tests.minds.claude.desk import PRICES

from .clock import JumpingClock
from .messages_api import (
    RATES,
    Account,
    Break,
    MessagesApi,
    Raw,
    Reply,
    Say,
    ServiceLimits,
    Think,
    Use,
    events,
    in_order,
    limited,
    say,
    script,
    use,
)


def client(api: MessagesApi) -> anthropic.AsyncAnthropic:
    """The SDK, without its retries."""
    return anthropic.AsyncAnthropic(api_key=api.key, base_url=api.url, max_retries=0)


def request(*messages: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """A request's fields."""
    history = [{"role": role, "content": content} for role, content in messages]
    return {"model": "claude-opus-5-5", "max_tokens": 100, "messages": history, **more}


async def test_the_sdks_own_stream_helper_reads_every_kind_of_block() -> None:
    reply = Reply(
        (Think("Hm."), Raw({"type": "redacted_thinking", "data": "x"}), Say("Hello there."), Use("a", {"n": [1, "ü"]}))
    )
    async with MessagesApi(script([reply])) as api, client(api) as sdk:
        async with sdk.messages.stream(**request(("user", "Hi"))) as stream:
            message = await stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "redacted_thinking", "text", "tool_use"]
    assert message.content[3].input == {"n": [1, "ü"]} and message.stop_reason == "tool_use"  # type: ignore[union-attr]
    assert message.usage.output_tokens == reply.output_tokens == api.account.tokens("output")


async def test_errors_are_those_that_the_sdk_has_classes_for() -> None:
    faults = in_order(limited(5), Break(kind="overloaded_error"))
    async with MessagesApi(script([say("x")]), faults) as api, client(api) as sdk:
        with pytest.raises(anthropic.RateLimitError) as raised:
            await sdk.messages.create(**request(("user", "Hi")), stream=True)
        assert raised.value.response.headers["retry-after"] == "5"
        stream = await sdk.messages.create(**request(("user", "Hi")), stream=True)
        with pytest.raises(anthropic.APIStatusError, match="overloaded_error"):
            async for _ in stream:
                pass
        with pytest.raises(anthropic.NotFoundError):
            await sdk.messages.create(**{**request(("user", "Hi")), "model": "gpt"}, stream=True)
        with pytest.raises(anthropic.AuthenticationError):
            await sdk.with_options(api_key="sk-other").messages.create(**request(("user", "Hi")), stream=True)


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "at least one message"),
        ([("assistant", "Hi")], "first message"),
        ([("user", " ")], "non-whitespace"),
        ([("user", [])], "non-empty"),
        ([("user", "Hi"), ("assistant", "Ho")], "prefill"),
        ([("user", "Hi"), ("assistant", [{"type": "tool_use", "id": "t", "name": "a", "input": {}}])], "tool_result"),
        ([("user", [{"type": "tool_result", "tool_use_id": "t", "content": ""}])], "unexpected `tool_use_id`"),
        (
            [
                ("user", "Hi"),
                ("assistant", [{"type": "tool_use", "id": "t", "name": "a", "input": {}}]),
                ("user", [{"type": "text", "text": "x"}, {"type": "tool_result", "tool_use_id": "t", "content": ""}]),
            ],
            "must come before",
        ),
        (
            [("user", "Hi"), ("assistant", [{"type": "thinking", "thinking": "x", "signature": "y"}]), ("user", "Ho")],
            "Invalid `signature`",
        ),
    ],
)
async def test_it_refuses_what_the_service_refuses(messages: list[tuple[str, Any]], why: str) -> None:
    async with MessagesApi(script([say("x")])) as api, client(api) as sdk:
        with pytest.raises(anthropic.BadRequestError, match=why):
            await sdk.messages.create(**request(*messages), stream=True)
    assert len(api.refused) == 1 and api.account.entries == []


async def test_a_history_that_does_not_begin_with_the_last_one_is_reported() -> None:
    async with MessagesApi(script([say("Yes.")])) as api, client(api) as sdk:
        for history in (
            [("user", "One")],
            [("user", "One"), ("assistant", "Yes."), ("user", "Two")],
            [("user", "Two")],
            [("user", "Zwei"), ("assistant", "Yes."), ("user", "Drei")],
        ):
            async with sdk.messages.stream(**request(*history)) as stream:
                await stream.get_final_message()
    assert api.lines.extended == 1 and api.lines.chapters == 3
    assert api.lines.broken == ["call 4: only 0 of the last call's 1 blocks come first"]


async def test_a_prefix_is_cached_until_its_time_is_over_and_each_reading_renews_it() -> None:
    clock = JumpingClock()
    text = "word " * 400
    async with MessagesApi(script([say("Yes.")]), now=clock.now, cache_minimum=100) as api, client(api) as sdk:
        reads = []
        for passed in (0, 299, 299, 301):
            clock.go(passed)
            async with sdk.messages.stream(**request(("user", text), cache_control={"type": "ephemeral"})) as stream:
                reads.append((await stream.get_final_message()).usage.cache_read_input_tokens)
    assert [read > 400 for read in reads if read is not None] == [False, True, True, False]


async def test_limits_are_enforced_told_and_refilled() -> None:
    clock = JumpingClock()
    limits = ServiceLimits(clock.now, requests=2)
    async with MessagesApi(script([say("Yes.")]), limits=limits) as api, client(api) as sdk:
        for _ in range(2):
            async with sdk.messages.stream(**request(("user", "Hi"))) as stream:
                await stream.get_final_message()
        assert stream.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
        with pytest.raises(anthropic.RateLimitError) as raised:
            await sdk.messages.create(**request(("user", "Hi")), stream=True)
        clock.go(float(raised.value.response.headers["retry-after"]))
        await sdk.messages.create(**request(("user", "Hi")), stream=True)
    assert limits.refusals == 1


@pytest.mark.parametrize("model", RATES)
def test_its_price_list_agrees_with_ours_without_being_ours(model: str) -> None:
    from datetime import date

    account = Account()
    prompt = {
        "input_tokens": 7, "cache_read_input_tokens": 1_003,
        "cache_creation": {"ephemeral_5m_input_tokens": 101, "ephemeral_1h_input_tokens": 11},
    }  # fmt: skip
    account.bill(1, model, prompt, 13, delivered=True)
    ours = cost_nusd(PRICES.tariff(model, date(2026, 11, 21)), Tokens(7, 13, 1_003, 101, 11))
    assert account.dollars() == Fraction(ours, 10**9) and account.dollars(delivered=False) == 0


async def test_a_model_without_a_price_is_served_where_any_is_and_ids_of_another_start_are_others() -> None:
    ids = set()
    for key in ("sk-ant-one", "sk-ant-two"):
        async with MessagesApi(script([use(Use("a"))]), models=None, key=key) as api, client(api) as sdk:
            async with sdk.messages.stream(**{**request(("user", "Hi")), "model": "new"}) as stream:
                message = await stream.get_final_message()
        ids.add(message.content[0].id)  # type: ignore[union-attr]
        assert api.account.dollars() == 0 and api.account.tokens("output") > 0
    assert len(ids) == 2


async def test_a_jumping_clock_wakes_waiters_in_order() -> None:
    clock, woken = JumpingClock(), []

    async def wait(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    await asyncio.gather(*map(wait, (30, 10, 20)))
    assert woken == [(10, 1010), (20, 1020), (30, 1030)]


def test_parallel_tools_of_one_answer_have_ids_of_their_own() -> None:
    reply = use(Use("a"), Use("a"))
    found = [
        event["content_block"]["id"]
        for name, event in events(reply, "msg_00000001", "m", {}, str)
        if "start" in name and "content_block" in event
    ]
    assert len(set(found)) == 2
