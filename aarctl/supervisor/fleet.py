"""The schedules: who takes a turn when.

`free`: every researcher at its own pace. `rounds`: everyone takes one turn, in order, and the round ends when all that
was begun in it is settled; then the same recipe on the same machine gives the same run. A paused researcher holds
nobody up: it joins the round that is open when it goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..journal.events import RoundOpened
from ..journal.store import Journal
from ..recipe import Recipe
from .policy import unsettled
from .researcher import ResearcherLoop


async def free(journal: Journal, loops: Sequence[ResearcherLoop]) -> None:
    """Until every researcher is over or the run is stopping."""
    await asyncio.gather(*(_at_its_own_pace(journal, loop) for loop in loops))


async def _at_its_own_pace(journal: Journal, loop: ResearcherLoop) -> None:
    while not loop.over and not journal.state.stopping:
        if await loop.think():
            await loop.act()
        elif not loop.over:
            # It waits: for its experiments or scores, or for a person who paused it.
            await _something_of_its_own(journal, loop)


async def _something_of_its_own(journal: Journal, loop: ResearcherLoop) -> None:
    """Return when there is a reason to think again."""
    before = journal.state.under_way(loop.name)
    held = loop.held
    seq = journal.state.seq
    while not journal.state.stopping:
        if loop.held != held or loop.me.stopping:
            return
        if not held and (loop.me.steers or loop.has_news or not before):
            return
        if not held and journal.state.under_way(loop.name) != before:
            return
        seq = await journal.changed(seq)


async def rounds(journal: Journal, loops: Sequence[ResearcherLoop], recipe: Recipe) -> None:
    """Until every researcher is over, the rounds are used up, or the run is stopping."""
    last = recipe.schedule.rounds
    state = journal.state
    while not state.stopping:
        if all(loop.over for loop in loops):
            return
        if not _open(journal, loops):
            if last is not None and state.round >= last:
                return
            await journal.record(RoundOpened(round=state.round + 1))
        ready = [loop for loop in loops if not loop.over and _to_come(journal, loop)]
        # Minds think side by side; tools act in order, so that ids and posts come out the same every time.
        acting = await asyncio.gather(*(loop.think() for loop in ready))
        for loop, acts in zip(ready, acting, strict=True):
            if acts:
                await loop.act()
        await _settle(journal, loops)


def _open(journal: Journal, loops: Sequence[ResearcherLoop]) -> bool:
    """Whether somebody still has its turn to take in the open round: after a crash, or a pause."""
    if journal.state.round == 0:
        return False
    return any(not loop.over and (not loop.held or loop.me.stopping) and _to_come(journal, loop) for loop in loops)


def _to_come(journal: Journal, loop: ResearcherLoop) -> bool:
    return loop.me.settled_seq < journal.state.round_seq


async def _settle(journal: Journal, loops: Sequence[ResearcherLoop]) -> None:
    """Wait until what the round began is done, and until anyone may go on."""
    seq = journal.state.seq
    while not journal.state.stopping:
        everyone_held = all(loop.over or loop.held for loop in loops) and not all(loop.over for loop in loops)
        if not unsettled(journal.state) and not everyone_held:
            return
        seq = await journal.changed(seq)
