"""What the fold says was used, against an account of its own; rates and how long budgets last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.events import (
    BudgetSettled,
    Event,
    ModelCancelled,
    ModelCompleted,
    ModelFailed,
    ModelRequested,
    ModelUnknownOutcome,
    ResearcherCreated,
    RunOpened,
    decode,
    encode,
    head_of,
)
from aarctl.journal.fold import fold
from aarctl.journal.fold.fleet import KEPT_MINUTES, MINUTE_US
from aarctl.journal.spend import HOUR_US, WINDOW_MAX, Account, account, burn, lines, per_hour, soonest
from aarctl.journal.state import RunState
from aarctl.minds.prices import PriceList, Tokens, cost_nusd, worst_case_nusd
from tests.minds.test_charge import MODELS, dollars

BEGIN = 1_795_000_000_000_000  # 2026-11-18
PRICES = PriceList.open(Path("no such home"))

Row = tuple[int, int, Event]


class Call(msgspec.Struct, frozen=True):
    """One call as a test draws it; `fate`: done, failed, cancelled or unknown."""

    who: str
    model: str
    used: Tokens
    fate: str
    after_us: int


tokens = st.builds(Tokens, *[st.integers(0, 400_000)] * 5)
calls = st.builds(
    Call,
    who=st.sampled_from(["r1", "r2", "r3"]),
    model=st.sampled_from(MODELS),
    used=tokens,
    fate=st.sampled_from(["done", "done", "done", "failed", "cancelled", "unknown"]),
    after_us=st.integers(0, 5 * MINUTE_US),
)


def rows(happened: list[Call]) -> Iterator[Row]:
    """The journal of these calls, each settled before the next."""
    at = BEGIN
    yield 1, at, RunOpened(run="t", aarctl="0", recipe=head_of(""))
    for number, call in enumerate(happened, 1):
        at += call.after_us
        tariff = PRICES.tariff(call.model, datetime.fromtimestamp(at / 1e6, UTC).date())
        most = worst_case_nusd(tariff, call.used.prompt, call.used.output)
        name, who, used = f"m{number}", call.who, call.used
        asked = ModelRequested(
            researcher=who, call=name, turn=number, model=call.model, reserved_nusd=most,
            reserved_tokens=used.prompt + used.output,
        )  # fmt: skip
        ends: dict[str, Event] = {
            "done": ModelCompleted(
                researcher=who, call=name, turn=number, content=head_of("[]"), stop="end_turn", input_tokens=used.input,
                output_tokens=used.output, cache_read_tokens=used.cache_read, cost_nusd=cost_nusd(tariff, used),
                cache_write_tokens=used.cache_write_5m + used.cache_write_1h, cache_write_1h_tokens=used.cache_write_1h,
            ),
            "failed": ModelFailed(researcher=who, call=name, error="overloaded"),
            "cancelled": ModelCancelled(
                researcher=who, call=name, why="frozen", cost_nusd=most, tokens=used.prompt + used.output
            ),
            "unknown": ModelUnknownOutcome(
                researcher=who, call=name, cost_nusd=most, tokens=used.prompt + used.output
            ),
        }  # fmt: skip
        yield 2 * number, at, decode(encode(asked))
        yield 2 * number + 1, at, decode(encode(ends[call.fate]))


def recomputed(journal: list[Row], who: str = "") -> Fraction:
    """Dollars, from the raw usage in the rows and the price list's own text: no code of the fold or the charge."""
    spent, asked = Fraction(0), {}
    for _, at, event in journal:
        if who and event.researcher != who:
            continue
        if isinstance(event, ModelRequested):
            asked[event.call] = (event, datetime.fromtimestamp(at / 1e6, UTC).date())
        elif isinstance(event, ModelCompleted):
            request, day = asked[event.call]
            short = event.cache_write_tokens - event.cache_write_1h_tokens
            used = Tokens(
                event.input_tokens, event.output_tokens, event.cache_read_tokens, short, event.cache_write_1h_tokens
            )
            spent += dollars(request.model, day, used)
        elif isinstance(event, ModelUnknownOutcome | ModelCancelled):
            spent += Fraction(asked[event.call][0].reserved_nusd, 10**9)
    return spent


@given(st.lists(calls, max_size=30))
def test_the_spend_of_the_fold_is_the_raw_usage_times_the_price_list(happened: list[Call]) -> None:
    journal = list(rows(happened))
    state = fold(journal)
    for who in ("", "r1", "r2", "r3"):
        assert abs(Fraction(account(state, who).nusd, 10**9) - recomputed(journal, who)) <= Fraction(1, 10**9)
    assert state.nusd == account(state).nusd
    assert state.tokens == account(state).tokens
    assert account(state).held_nusd == account(state).held_tokens == 0


@given(st.lists(calls, max_size=30))
def test_every_call_counts_and_an_answer_counts_all_its_tokens(happened: list[Call]) -> None:
    state = fold(rows(happened))
    used = account(state)
    assert used.calls == len(happened)
    assert used.tokens == sum(call.used.prompt + call.used.output for call in happened if call.fate != "failed")
    done = [call.used for call in happened if call.fate == "done"]
    assert sum(who.prompt_tokens for who in state.researchers.values()) == sum(each.prompt for each in done)
    assert sum(who.cached_tokens for who in state.researchers.values()) == sum(each.cache_read for each in done)
    sent = sum(each.prompt for each in done)
    assert used.cache_read_share == (sum(each.cache_read for each in done) / sent if sent else None)


@given(st.lists(calls, max_size=40), st.integers(1, WINDOW_MAX), st.sampled_from(["", "r1"]))
def test_the_burn_of_a_window_is_what_its_rows_say(happened: list[Call], minutes: int, who: str) -> None:
    journal = list(rows(happened))
    state = fold(journal)
    found = burn(state, who, minutes=minutes)
    first = (state.at // MINUTE_US - minutes) * MINUTE_US
    before = [row for row in journal if row[1] < first]
    assert found.nusd == account(state, who).nusd - account(fold(before), who).nusd
    assert found.calls == account(state, who).calls - account(fold(before), who).calls
    assert found.over_us == state.at - max(first, BEGIN)
    assert found.over_us < (minutes + 1) * MINUTE_US
    for researcher in state.researchers.values():
        assert len(researcher.minutes) <= KEPT_MINUTES


def at_work(*laps_us: int, every_us: int = HOUR_US) -> RunState:
    """r1, its active time settled in these laps, a settling every hour of the clock."""
    happened: list[Row] = [
        (1, BEGIN, RunOpened(run="t", aarctl="0", recipe=head_of(""))),
        (2, BEGIN, ResearcherCreated(researcher="r1", mind="claude", model="m", direction="")),
    ]
    for number, lap in enumerate(laps_us, 1):
        done = ModelCompleted(
            researcher="r1", call=f"m{number}", turn=number, content=head_of("[]"), stop="end_turn", input_tokens=100,
            cost_nusd=2 * 10**9,
        )  # fmt: skip
        at = BEGIN + number * every_us
        happened.append((2 * number + 1, at, done))
        happened.append((2 * number + 2, at, BudgetSettled(researcher="r1", turn=number, active_us=lap)))
    return fold(happened)


def test_dollars_per_researcher_hour_are_of_models_and_of_devices_apart() -> None:
    state = at_work(HOUR_US // 2, HOUR_US // 2)
    state.device_s = 1800.0
    used = account(state)
    assert used.hours == 1.0
    assert burn(state).usd_per_researcher_hour == 4.0
    assert used.device_nusd(3.0) == 1_500_000_000
    assert per_hour(used.device_nusd(3.0), used.active_us) == 1.5
    assert per_hour(1, 0) is None
    assert used.device_nusd(0.0) == 0


def test_the_burn_of_the_whole_run_and_of_the_last_minutes_differ_when_the_pace_did() -> None:
    state = at_work(HOUR_US, HOUR_US, every_us=2 * HOUR_US)
    assert burn(state).usd_per_hour == 1.0
    window = burn(state, minutes=30)
    assert window.nusd == 2 * 10**9 and window.over_us == 30 * MINUTE_US + state.at % MINUTE_US
    later = burn(state, minutes=30, now=state.at + HOUR_US)
    assert later.nusd == 0 and later.usd_per_hour == 0.0


def test_a_budget_lasts_what_is_left_of_it_at_the_rate_of_the_run() -> None:
    state = at_work(HOUR_US, HOUR_US)
    found = {line.what: line for line in lines(account(state), {"usd": 10.0, "minutes": 180.0, "turns": 4})}
    whole = burn(state)
    assert whole.lasts_us(found["usd"]) == 3 * HOUR_US
    assert whole.lasts_us(found["minutes"]) == HOUR_US
    assert whole.lasts_us(found["turns"]) == 2 * HOUR_US
    assert burn(state, now=state.at + 2 * HOUR_US).lasts_us(found["usd"]) == 6 * HOUR_US


def test_a_budget_that_is_used_up_lasts_no_longer_and_one_that_nobody_uses_lasts_for_ever() -> None:
    state = at_work(HOUR_US)
    (spent,) = lines(account(state), {"usd": 2.0, "tokens": None})
    assert spent.reached and burn(state).lasts_us(spent) == 0
    (rest,) = lines(account(state), {"usd": 2.000000001})
    assert burn(at_work(HOUR_US, every_us=10)).lasts_us(rest) == 1, "0 is said of what is used up alone"
    (unused,) = lines(account(state), {"submissions": 3})
    assert burn(state).lasts_us(unused) is None
    (tokens,) = lines(account(state), {"tokens": 1000})
    assert burn(state, minutes=5).lasts_us(tokens) is not None


def test_the_budget_that_ends_first_is_named_and_those_without_a_rate_are_not() -> None:
    state = at_work(HOUR_US, HOUR_US)
    found = lines(account(state), {"usd": 10.0, "minutes": 180.0, "experiments": 1})
    first = soonest(burn(state), found)
    assert first is not None and (first[0].what, first[1]) == ("minutes", HOUR_US)
    assert soonest(burn(state), found[2:]) is None


def test_what_is_promised_to_open_calls_is_neither_used_nor_left() -> None:
    (line,) = lines(Account(nusd=3 * 10**9, held_nusd=10**9), {"usd": 5.0})
    assert (line.used, line.held, line.left, line.reached) == (3 * 10**9, 10**9, 10**9, False)
    assert line.amount(line.limit) == 5.0


@pytest.mark.parametrize("minutes", [0, -1, WINDOW_MAX + 1])
def test_a_window_that_no_state_remembers_is_refused_with_the_range(minutes: int) -> None:
    with pytest.raises(ValueError, match=f"choose 1 to {WINDOW_MAX}"):
        burn(RunState(), minutes=minutes)


def test_nobody_and_nothing_has_used_nothing() -> None:
    assert account(RunState()) == account(RunState(), "r9") == Account()
    assert burn(RunState()).usd_per_hour is None
