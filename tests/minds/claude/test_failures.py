"""Attempts that fail: which are tried again, when, at what charge, and what the person reads in the end."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from aarctl.minds.claude import (
    ClaudeError,
    ContextFull,
    KeyRefused,
    NoKey,
    Refused,
    Service,
    Settings,
    SpendLimit,
    UnknownModel,
    Unreachable,
    read_key,
    write_key,
)
from aarctl.minds.protocol import Held
from tests.fakes.clock import JumpingClock
from tests.fakes.messages_api import (
    BROKEN,
    NO_CREDIT,
    OVERLOADED,
    SPENT,
    TOO_LONG,
    Break,
    Cut,
    Drip,
    Fault,
    Garble,
    MessagesApi,
    Stall,
    Status,
    Use,
    Vanish,
    in_order,
    limited,
    say,
    script,
    use,
)

from .desk import Desk

ANSWER = script([use(Use("shell", {"what": "ls"}), thought="Hm."), say("Done.")])


@pytest.mark.parametrize(
    "fault", [OVERLOADED, BROKEN, limited(), Status(503, "api_error"), Status(408, "timeout_error")]
)
async def test_an_error_that_passes_is_tried_again_and_costs_nothing(fault: Status) -> None:
    async with MessagesApi(ANSWER, in_order(fault, fault)) as api:
        desk = Desk(api)
        turn = await desk.turn()
    assert [one.call for one in desk.failed] == ["m1", "m2"] and list(desk.asked) == ["m1", "m2", "m3"]
    assert all(str(fault.status) in one.error and one.retry_in_s for one in desk.failed)
    assert turn.tools and desk.lost == [] and desk.spent_nusd == turn.usage.cost_nusd == api.account.dollars() * 10**9


@pytest.mark.parametrize(
    "fault",
    [
        Vanish(), Cut(), Cut(after=1), Cut(after=6, politely=True), Garble(), Break(),
        Garble(at=0, name="message_start", data='{"type": "message_start"}'),
        Garble(at=2, name="content_block_start", data='{"index": 7, "content_block": {"type": "text"}}'),
        Garble(at=3, name="message_stop", data='{"type": "message_stop"}'),
    ],
)  # fmt: skip
async def test_a_lost_answer_is_asked_for_again_and_charged_at_its_worst(fault: Fault) -> None:
    async with MessagesApi(ANSWER, in_order(fault)) as api:
        desk = Desk(api)
        turn = await desk.turn()
    (lost,) = desk.lost
    assert turn.tools and lost.call == "m1" and desk.failed == []
    billed = sum(one.dollars for one in api.account.entries if not one.delivered) * 10**9
    assert billed <= lost.cost_nusd <= desk.asked["m1"]
    assert api.account.dollars(delivered=True) * 10**9 == turn.usage.cost_nusd


async def test_an_answer_that_stops_coming_is_given_up_after_the_silence_of_the_recipe() -> None:
    async with MessagesApi(ANSWER, in_order(Stall())) as api:
        desk = Desk(api, idle_s=1)
        turn = await desk.turn()
    assert turn.tools and len(desk.lost) >= 1


async def test_an_answer_that_never_ends_is_given_up_however_steadily_it_comes() -> None:
    async with MessagesApi(ANSWER, in_order(Drip(forever=True))) as api:
        desk = Desk(api, call_s=2)
        turn = await desk.turn()
    assert turn.tools and len(desk.lost) >= 1


async def test_retry_after_is_honoured_and_said() -> None:
    async with MessagesApi(ANSWER, in_order(limited(42))) as api:
        desk = Desk(api)
        before = desk.clock.now()
        await desk.turn()
    (said,) = desk.limited
    assert 42 <= said.wait_s <= 43 and desk.clock.now() - before >= 42


async def test_waits_double_are_never_in_step_and_have_an_end() -> None:
    async with MessagesApi(ANSWER, in_order(*[OVERLOADED] * 9)) as api:
        desk = Desk(api)
        await desk.turn()
    waits = [one.retry_in_s or 0 for one in desk.failed]
    assert all(0.5 * 2**n <= min(wait, 60) <= 2**n for n, wait in enumerate(waits[:6]))
    assert all(30 <= wait <= 60 for wait in waits[6:]) and len({wait % 1 for wait in waits}) == len(waits)


async def test_the_last_attempt_ends_in_a_sentence_and_every_attempt_was_journaled() -> None:
    async with MessagesApi(ANSWER, in_order(*[OVERLOADED] * 5)) as api:
        desk = Desk(api, attempts=3)
        with pytest.raises(Unreachable, match=r"no answer in 3 attempts .*529.*resume the run when"):
            await desk.turn()
        assert [one.retry_in_s is None for one in desk.failed] == [False, False, True] and len(desk.asked) == 3
        desk.chapter.turn -= 1
        assert (await desk.turn()).tools  # resumed, the turn is taken as if nothing had been


async def test_a_page_instead_of_a_stream_is_a_lost_answer() -> None:
    async with MessagesApi(ANSWER, in_order(Status(200, "log in to the hotel's network first"))) as api:
        desk = Desk(api)
        turn = await desk.turn()
    assert turn.tools and desk.failed == [] and [one.cost_nusd for one in desk.lost] == [desk.asked["m1"]]


@pytest.mark.parametrize("url", ["nonsense", "gopher://127.0.0.1"])
async def test_an_address_that_is_none_is_said_and_costs_nothing(url: str) -> None:
    async with MessagesApi(ANSWER) as api:
        desk = Desk(api, base_url=url, attempts=2)
        with pytest.raises(ClaudeError) as raised:
            await desk.turn()
    assert url in str(raised.value) and desk.lost == []


async def test_without_a_network_nothing_is_charged_and_the_sentence_says_so(unused_tcp_port: int) -> None:
    async with MessagesApi(ANSWER) as api:
        pass  # gone: its port answers nobody
    desk = Desk(api, attempts=2, base_url=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(Unreachable, match="check the network, then resume the run"):
        await desk.turn()
    assert len(desk.failed) == 2 and desk.lost == [] and desk.spent_nusd == 0


@pytest.mark.parametrize(
    ("fault", "error", "fix"),
    [
        (SPENT, SpendLimit, "raise its limit or add credit, then resume the run"),
        (NO_CREDIT, SpendLimit, "raise its limit or add credit"),
        (Status(402, "billing_error"), SpendLimit, "raise its limit or add credit"),
        (Status(403, "permission_error"), KeyRefused, "set` a valid one"),
        (TOO_LONG, ContextFull, "does not fit into"),
        (Status(413, "request_too_large"), ContextFull, "does not fit into"),
        (Status(400, "invalid_request_error", "effort: no"), Refused, "effort: no"),
        (Status(400, "invalid_request_error", "", "organization_on_hold"), KeyRefused, "set` a valid one"),
        (Status(500, "api_error", headers={"x-should-retry": "false"}), Refused, "500"),
        (Break(kind="billing_error"), SpendLimit, "raise its limit"),
        (Break(kind="rate_limit_error", code="enforced_spend_limit_reached"), SpendLimit, "raise its limit"),
    ],
)
async def test_a_refusal_is_not_repeated_and_names_the_fix(fault: Fault, error: type[ClaudeError], fix: str) -> None:
    async with MessagesApi(ANSWER, in_order(fault, fault)) as api:
        desk = Desk(api)
        with pytest.raises(error) as raised:
            await desk.turn()
    sentence = str(raised.value)
    assert fix in sentence and "\n" not in sentence and len(sentence) < 400
    assert api.calls == 1 and len(desk.failed) + len(desk.lost) == 1 and desk.clock.slept == []


async def test_an_unknown_model_is_named() -> None:
    async with MessagesApi(ANSWER, models=["claude-sonnet-5-5"]) as api:
        with pytest.raises(UnknownModel, match=r"knows no model 'claude-opus-5-5'.*correct model or base_url"):
            await Desk(api).turn()
    assert api.calls == 1


async def test_a_wrong_key_is_not_shown_and_a_corrected_one_is_used_at_the_next_turn(tmp_path: Path) -> None:
    async with MessagesApi(ANSWER) as api:
        settings = Settings(base_url=api.url)
        desk = Desk(api, service=Service(settings, lambda: read_key(tmp_path, {})))
        with pytest.raises(NoKey, match="aarctl key set"):
            await desk.turn()
        assert desk.asked == {}
        write_key(tmp_path, "sk-ant-wrong")
        with pytest.raises(KeyRefused, match="refused the API key") as raised:
            await desk.turn()
        assert "sk-ant-wrong" not in f"{raised.value!r} {desk.mind!r} {desk.service!r} {desk.events}"
        assert raised.value.__cause__ is None and api.calls == 1
        write_key(tmp_path, api.key)
        assert (await desk.turn()).tools
        await desk.service.close()


# latches and cancelling -------------------------------------------------------------------------------------


async def test_no_attempt_is_made_once_a_latch_holds_not_even_a_repeated_one() -> None:
    async with MessagesApi(ANSWER, in_order(OVERLOADED)) as api:
        desk = Desk(api)
        desk.held_after = 1
        with pytest.raises(Held):
            await desk.turn()
    assert api.calls == 1 and len(desk.failed) == 1


async def test_what_a_held_attempt_was_granted_goes_back_to_the_others() -> None:
    async with MessagesApi(ANSWER) as api:
        desk = Desk(api)
        desk.held_after = 0
        before = repr(desk.pace)
        with pytest.raises(Held):
            await desk.turn()
    assert repr(desk.pace) == before and api.calls == 0


@pytest.mark.parametrize("after", [0, 1, 4])
async def test_a_cancelled_call_is_journaled_and_charged_between_the_bill_and_the_worst(after: int) -> None:
    async with MessagesApi(ANSWER, in_order(Stall(after))) as api:
        desk = Desk(api)
        turn = asyncio.create_task(desk.turn())
        await api.stalled.wait()
        desk.clock.go(1.0)
        turn.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await turn
        (cancelled,) = desk.cancelled
        assert turn.cancelled() and cancelled.call == "m1" and desk.lost == desk.failed == []
        assert api.account.dollars() * 10**9 <= cancelled.cost_nusd <= desk.asked["m1"]
        assert (await desk.turn()).tools


async def test_a_wait_between_attempts_can_be_cancelled_and_leaves_no_open_call() -> None:
    class Leaving(JumpingClock):
        async def sleep(self, seconds: float) -> None:
            raise asyncio.CancelledError

    async with MessagesApi(ANSWER, in_order(OVERLOADED)) as api:
        desk = Desk(api, clock=Leaving())
        with pytest.raises(asyncio.CancelledError):
            await desk.turn()
    assert len(desk.failed) == 1 and desk.cancelled == []
