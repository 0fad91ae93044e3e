"""The schedules: who takes a turn when.

`free`: every researcher at its own pace. `rounds`: everyone takes one turn, in order, and the round ends when all that
was begun in it is settled; then the same recipe on the same machine gives the same run. A paused researcher holds
nobody up: it joins the round that is open when it goes on. One that is frozen in the middle of its tools does hold its
round up, because tools act in order.

A schedule is over when nobody can take a turn: all have finished, or used up their budgets. Begun again, it goes on
with whoever can by then: somebody was added, or had a budget raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from ..journal.events import RoundOpened
from ..journal.state import Researcher
from ..journal.store import Journal
from ..recipe import Recipe
from .policy import unsettled
from .researcher import ResearcherLoop

T = TypeVar("T")


class Roster:
    """Everybody's loops. Whoever is created while the run goes on has one as soon as somebody asks."""

    def __init__(self, journal: Journal, make: Callable[[Researcher], Awaitable[ResearcherLoop]]) -> None:
        self._journal, self._make = journal, make
        self._loops: dict[str, ResearcherLoop] = {}

    async def loops(self) -> list[ResearcherLoop]:
        """One for each researcher of the run, in the order in which they joined."""
        for who in list(self._journal.state.researchers.values()):
            if who.id not in self._loops:
                self._loops[who.id] = await self._make(who)
        return list(self._loops.values())

    async def keep_time(self) -> None:
        """See to it, for ever, that no clock runs while its researcher is held."""
        seq = -1
        while True:
            for loop in self._loops.values():
                loop.keep_time()
            seq = await self._journal.changed(seq)


async def free(journal: Journal, roster: Roster) -> None:
    """Until nobody can take a turn, or the run is stopping."""
    try:
        async with asyncio.TaskGroup() as group:
            await _all_at_their_own_pace(journal, roster, group)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def _all_at_their_own_pace(journal: Journal, roster: Roster, group: asyncio.TaskGroup) -> None:
    at_work: dict[str, asyncio.Task[None]] = {}
    seq = -1
    while not journal.state.stopping:
        able = [loop for loop in await roster.loops() if not loop.over]
        for loop in able:
            task = at_work.get(loop.name)
            if task is None or task.done():
                at_work[loop.name] = group.create_task(_at_its_own_pace(journal, loop))
        if not able:
            return
        seq = await journal.changed(seq)


async def _at_its_own_pace(journal: Journal, loop: ResearcherLoop) -> None:
    while not loop.over and not journal.state.stopping:
        if await loop.think():
            await loop.act()
        else:
            await _until(journal, [loop], lambda: loop.ready)
    await loop.leave()


async def rounds(journal: Journal, roster: Roster, recipe: Recipe) -> None:
    """Until nobody can take a turn, the rounds are used up, or the run is stopping."""
    last = recipe.schedule.rounds
    state = journal.state
    while not state.stopping:
        loops = await roster.loops()
        if all(loop.over for loop in loops):
            break
        if not await _until(journal, loops, partial(_anybody_moves, journal, loops)):
            break
        loops = await roster.loops()
        if not _open(journal, loops):
            if last is not None and state.round >= last:
                break
            await journal.record(RoundOpened(round=state.round + 1))
        ready = [loop for loop in loops if not loop.over and _to_come(journal, loop)]
        # Minds think side by side; tools act in order, so that ids and posts come out the same every time.
        acting = await _side_by_side(*(loop.think() for loop in ready))
        for loop, acts in zip(ready, acting, strict=True):
            if acts:
                await loop.act()
        await _until(journal, loops, lambda: not unsettled(state))
    for loop in await roster.loops():
        await loop.leave()


async def _side_by_side(*work: Coroutine[Any, Any, T]) -> list[T]:
    """What each brings, in order. The first that fails ends the others: none goes on, and pays, on its own."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]


async def _until(journal: Journal, loops: Sequence[ResearcherLoop], true: Callable[[], bool]) -> bool:
    """Wait until something is true; False when the run is stopping. Meanwhile time counts for whom nothing holds."""
    seq = journal.state.seq
    while not journal.state.stopping:
        for loop in loops:
            loop.keep_time()
        if true():
            return True
        seq = await journal.changed(seq)
    return False


def _anybody_moves(journal: Journal, loops: Sequence[ResearcherLoop]) -> bool:
    """Whether somebody is left who is not held, or is held because a person ends it; or somebody has joined."""
    if len(journal.state.researchers) > len(loops):
        return True
    return any(not loop.over and (not loop.held or loop.me.stopping) for loop in loops)


def _open(journal: Journal, loops: Sequence[ResearcherLoop]) -> bool:
    """Whether somebody still has its turn to take in the open round: after a crash, or a pause."""
    if journal.state.round == 0:
        return False
    return any(not loop.over and (not loop.held or loop.me.stopping) and _to_come(journal, loop) for loop in loops)


def _to_come(journal: Journal, loop: ResearcherLoop) -> bool:
    return loop.me.settled_seq < journal.state.round_seq
