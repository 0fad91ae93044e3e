"""Nine researchers on one service: one pace, one key, faults all the time, and books that agree."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable

from aarctl.minds.claude import Key, Limits, Pace, Service, Settings
from tests.fakes.clock import JumpingClock
from tests.fakes.messages_api import Asked, MessagesApi, Reply, Say, ServiceLimits, Think, Use, at_random

from .desk import Desk

TURNS = 30


def lively(asked: Asked) -> Reply:
    """Thinks, says and uses something different every time."""
    number = asked.number
    tools = tuple(Use("shell", {"what": f"run {number} {n}"}) for n in range(number % 4))
    return Reply((Think(f"Thought {number}. " * (number % 7)), Say(f"Step {number}."), *tools), piece=1 + number % 50)


def fleet(api: MessagesApi, clock: JumpingClock) -> list[Desk]:
    """Nine desks that share pace and service."""
    settings = Settings(base_url=api.url, max_tokens=4_000)
    service, pace = Service(settings, lambda: Key(api.key, "a test")), Pace(clock, Limits())
    return [Desk(api, f"r{n}", clock=clock, pace=pace, service=service) for n in range(1, 10)]


async def all_at_once(desks: list[Desk], play: Callable[[Desk], Awaitable[None]]) -> None:
    """Everybody's turns, side by side."""
    await asyncio.gather(*map(play, desks))
    await desks[0].service.close()


async def test_nine_researchers_with_faults_lose_no_turn_and_agree_with_the_services_books() -> None:
    clock = JumpingClock()
    async with MessagesApi(lively, at_random(0.1), now=clock.now) as api:
        desks = fleet(api, clock)

        async def play(desk: Desk) -> None:
            for _ in range(TURNS):
                await desk.turn()

        await all_at_once(desks, play)
    assert all(len(desk.chapter.messages) >= TURNS for desk in desks) and api.answered == 9 * TURNS
    assert api.refused == [] and api.lines.broken == [] and api.lines.chapters == 9
    asked = sum(len(desk.asked) for desk in desks)
    ended = sum(len(desk.failed) + len(desk.lost) for desk in desks)
    assert asked == api.calls == 9 * TURNS + ended and ended > 0  # every attempt was let through and ended once
    turns = sum(desk.spent_nusd for desk in desks) - sum(one.cost_nusd for desk in desks for one in desk.lost)
    assert turns == api.account.dollars(delivered=True) * 10**9
    lost = sum(one.cost_nusd for desk in desks for one in desk.lost)
    assert lost >= api.account.dollars(delivered=False) * 10**9
    assert api.account.cache_read_share > 0.8


async def test_a_fleet_learns_the_services_limits_and_is_hardly_ever_refused() -> None:
    clock = JumpingClock()
    limits = ServiceLimits(clock.now, requests=40, input_tokens=30_000, output_tokens=8_000)
    async with MessagesApi(lively, limits=limits, now=clock.now) as api:
        desks = fleet(api, clock)
        began = clock.now()

        async def play(desk: Desk) -> None:
            for _ in range(12):
                await desk.turn()

        await all_at_once(desks, play)
        minutes = (clock.now() - began) / 60
    assert api.answered == 9 * 12
    assert limits.refusals <= 9 and all(desk.lost == [] for desk in desks)
    assert minutes <= 3 * 9 * 12 / 40


def test_the_sdk_is_loaded_by_the_first_call_and_not_before() -> None:
    code = (
        "import sys, aarctl.minds.claude as c, aarctl.supervisor.supervisor\n"
        "c.Service(c.Settings(), lambda: c.Key('k', 'a test'))\n"
        "print([name for name in ('anthropic', 'httpx2', 'pydantic') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
