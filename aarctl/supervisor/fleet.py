"""The schedules: who takes a turn when.

`free`: every researcher at its own pace. `rounds`: everyone takes one turn, in order, and the round ends when all that
was begun in it is settled; then the same recipe on the same machine gives the same run. A paused researcher holds
nobody up: it joins the round that is open when it goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from ..journal.events import RoundOpened
from ..journal.store import Journal
from ..recipe import Recipe
from .policy import unsettled
from .researcher import ResearcherLoop

T = TypeVar("T")


async def free(journal: Journal, loops: Sequence[ResearcherLoop]) -> None:
    """Until every researcher is over or the run is stopping."""
    await _side_by_side(*(_at_its_own_pace(journal, loop) for loop in loops))


async def _at_its_own_pace(journal: Journal, loop: ResearcherLoop) -> None:
    while not loop.over and not journal.state.stopping:
        if await loop.think():
            await loop.act()
        else:
            await _until(journal, [loop], lambda: loop.ready)
    await loop.leave()


async def rounds(journal: Journal, loops: Sequence[ResearcherLoop], recipe: Recipe) -> None:
    """Until every researcher is over, the rounds are used up, or the run is stopping."""
    last = recipe.schedule.rounds
    state = journal.state
    while not state.stopping and not all(loop.over for loop in loops):
        if not await _until(journal, loops, lambda: _anybody_moves(loops)):
            break
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
    for loop in loops:
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


def _anybody_moves(loops: Sequence[ResearcherLoop]) -> bool:
    """Whether somebody is left who is not held, or is held because a person ends it."""
    return any(not loop.over and (not loop.held or loop.me.stopping) for loop in loops)


def _open(journal: Journal, loops: Sequence[ResearcherLoop]) -> bool:
    """Whether somebody still has its turn to take in the open round: after a crash, or a pause."""
    if journal.state.round == 0:
        return False
    return any(not loop.over and (not loop.held or loop.me.stopping) and _to_come(journal, loop) for loop in loops)


def _to_come(journal: Journal, loop: ResearcherLoop) -> bool:
    return loop.me.settled_seq < journal.state.round_seq
