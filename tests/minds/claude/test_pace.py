"""The fleet's rate limiter: never faster than allowed, never stuck, first come first served."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from aarctl.minds.claude.bucket import Bucket
from aarctl.minds.claude.pace import SLOWEST, Limits, Pace
from tests.fakes.clock import JumpingClock

amounts = st.floats(0, 3_000)
steps = st.lists(st.tuples(st.floats(0, 90), amounts), max_size=30)


@given(limit=st.floats(1, 1_000), steps=steps)
def test_a_bucket_gives_no_more_than_a_minutes_worth_and_what_time_brings(
    limit: float, steps: list[tuple[float, float]]
) -> None:
    bucket, now, spent, largest = Bucket(limit, 0.0), 0.0, 0.0, 0.0
    for passed, amount in steps:
        now += passed
        now += bucket.wait_s(amount, now)
        assert bucket.wait_s(amount, now) < 1e-6
        bucket.spend(amount, now)
        spent, largest = spent + amount, max(largest, amount)
        assert spent <= limit * (1 + now / 60) + largest + 1e-6 * max(spent, 1)
        assert bucket.level(now) <= limit


@given(limit=st.floats(1, 1_000), amount=amounts)
def test_whatever_is_asked_for_is_given_within_a_minute_of_a_full_bucket(limit: float, amount: float) -> None:
    bucket = Bucket(limit, 0.0)
    bucket.spend(limit, 0.0)
    assert bucket.wait_s(amount, 0.0) <= 60 + 1e-6


@given(limit=st.floats(1, 1_000), amount=amounts, now=st.floats(0, 100))
def test_what_is_given_back_leaves_a_bucket_as_it_was(limit: float, amount: float, now: float) -> None:
    bucket = Bucket(limit, 0.0)
    bucket.spend(limit / 2, 0.0)
    before = bucket.level(now)
    bucket.spend(amount, now)
    bucket.spend(-amount, now)
    assert abs(bucket.level(now) - before) < 1e-6 * max(1, amount, limit)


@given(cap=st.none() | st.floats(1, 500), told=st.lists(st.tuples(st.floats(1, 500), st.floats(0, 500)), min_size=1))
def test_a_bucket_never_allows_more_than_the_person_or_the_service_says(
    cap: float | None, told: list[tuple[float, float]]
) -> None:
    bucket = Bucket(cap, 0.0)
    for now, (limit, remaining) in enumerate(told):
        bucket.learn(limit, remaining, float(now))
        assert bucket.limit is not None and bucket.limit <= min(limit, cap or limit)
        assert bucket.level(float(now)) <= min(remaining, bucket.limit)


calls = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30_000), st.integers(0, 4_000)), min_size=1, max_size=40)


@settings(max_examples=40)
@given(calls=calls, requests=st.integers(1, 60), tokens=st.integers(1_000, 40_000))
def test_a_fleet_keeps_to_the_limits_and_everyone_gets_through(
    calls: list[tuple[int, int, int]], requests: int, tokens: int
) -> None:
    async def play() -> None:
        clock = JumpingClock()
        pace = Pace(clock, Limits(requests=requests, input_tokens=tokens))
        began, passed, read = clock.now(), 0, 0

        async def researcher(name: int) -> None:
            nonlocal passed, read
            for _, tokens_in, tokens_out in [one for one in calls if one[0] == name]:
                grant = await pace.enter(tokens_in)
                passed, read = passed + 1, read + tokens_in
                minutes = (clock.now() - began) / 60
                assert passed <= requests * (1 + minutes) + 1e-3
                assert read <= tokens * (1 + minutes) + max(one[1] for one in calls) + 1e-3
                grant.settle(tokens_in, tokens_out)
                pace.answered(tokens_out)

        await asyncio.gather(*map(researcher, range(9)))
        assert passed == len(calls)

    asyncio.run(play())


@settings(max_examples=30)
@given(order=st.permutations(range(9)))
def test_who_came_first_goes_first_however_much_it_asks_for(order: list[int]) -> None:
    async def play() -> list[int]:
        clock, through = JumpingClock(), []
        pace = Pace(clock, Limits(input_tokens=1_000))

        async def one(name: int) -> None:
            await pace.enter(100 * (name + 1))
            through.append(name)

        await asyncio.gather(*map(one, order))
        return through

    assert asyncio.run(play()) == order


async def test_a_refusal_stops_everyone_for_as_long_as_the_service_asks() -> None:
    clock = JumpingClock()
    pace = Pace(clock)
    pace.refused(30)
    began = clock.now()
    await asyncio.gather(*(pace.enter(10) for _ in range(9)))
    assert clock.now() - began >= 30


async def test_refusals_of_one_moment_halve_the_pace_once_and_answers_bring_it_back() -> None:
    clock = JumpingClock()
    pace = Pace(clock, Limits(requests=60))
    for _ in range(9):
        pace.refused(5)
    assert "x0.50" in repr(pace)
    for _ in range(10):
        clock.go(10)
        pace.refused(5)
    assert f"x{SLOWEST:.2f}" in repr(pace)
    for _ in range(40):
        pace.answered(100)
    assert "x1.00" in repr(pace)


async def test_limits_are_learned_from_the_services_headers() -> None:
    clock = JumpingClock()
    pace = Pace(clock)
    told = {"anthropic-ratelimit-requests-limit": "60", "anthropic-ratelimit-requests-remaining": "2"}
    pace.heard({**told, "anthropic-ratelimit-input-tokens-limit": "junk"})
    began = clock.now()
    for _ in range(4):
        await pace.enter(1_000_000)
    assert 1.9 <= clock.now() - began <= 3.1


async def test_a_cancelled_waiter_holds_nobody_up() -> None:
    clock = JumpingClock()
    pace = Pace(clock, Limits(requests=1))
    await pace.enter(1)
    waiting = [asyncio.create_task(pace.enter(1)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    began = clock.now()
    await waiting[2]
    assert clock.now() - began <= 61


async def test_a_grant_counts_once_whatever_is_done_with_it() -> None:
    clock = JumpingClock()
    pace = Pace(clock, Limits(requests=10, input_tokens=100))
    grant = await pace.enter(40)
    grant.settle(60, 10)
    after = repr(pace)
    grant.settle(60, 10)
    grant.give_back()
    assert repr(pace) == after and "40 of 100" in after
