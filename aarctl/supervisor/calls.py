"""One researcher's calls to its model: through the latches, within the budget, into the journal before they leave.

From the moment in which a call is let through until its intent is committed there is no await, so that no other
researcher is promised the same money. A call whose latch closed while its intent was on the way to the disk is never
sent (invariant 2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..journal.events import BudgetExceeded, Event, ModelCancelled, ModelRequested, ResearcherStateChanged
from ..minds.protocol import Ask, Held
from .budgets import Promise, Reached
from .surroundings import Surroundings

T = TypeVar("T")


class ResearcherCalls:
    """See minds.protocol.Calls."""

    def __init__(self, researcher: str, around: Surroundings) -> None:
        self._name, self._around, self._journal = researcher, around, around.journal
        self._turn = self._attempt = 0
        self.open = ""
        """The last call that was begun."""

    def __repr__(self) -> str:
        return f"ResearcherCalls({self._name}, turn {self._turn}, attempt {self._attempt})"

    async def begin(self, ask: Ask) -> str:
        """Free calls need not wait for the disk. Raises Held."""
        turn = self._journal.state.researchers[self._name].settled + 1
        self._attempt = self._attempt + 1 if turn == self._turn else 1
        self._turn = turn
        await self._let_through(ask)
        asked = ModelRequested(
            researcher=self._name, call=self._journal.next_id("m"), turn=turn, model=ask.model, attempt=self._attempt,
            reserved_nusd=ask.nusd, reserved_tokens=ask.tokens,
        )  # fmt: skip
        self.open = asked.call
        if not (ask.nusd or ask.tokens):
            self._journal.note(asked)
            return asked.call
        never_sent = ModelCancelled(researcher=self._name, call=asked.call, why="it was never sent")
        try:
            await self._journal.record(asked)
        except asyncio.CancelledError:
            self._journal.note(never_sent)  # what was queued is committed all the same
            raise
        if self._around.held(self._name):
            await self._journal.record(never_sent)
            raise Held
        return asked.call

    async def unless_held(self, waiting: Coroutine[Any, Any, T]) -> T:
        """See Calls. What is done already counts, whatever the latches say by then."""
        task = asyncio.ensure_future(waiting)
        seq = self._journal.state.seq
        try:
            while not task.done():
                if self._around.held(self._name):
                    raise Held
                change = asyncio.ensure_future(self._journal.changed(seq))
                done, _ = await asyncio.wait({task, change}, return_when=asyncio.FIRST_COMPLETED)
                change.cancel()
                if change in done:
                    seq = change.result()
            return task.result()
        finally:
            task.cancel()

    async def report(self, event: Event) -> None:
        """See Calls."""
        await self._journal.record(event)

    async def _let_through(self, ask: Ask) -> None:
        """Return when the call may be made; where only open calls stand in the way, wait for them. Raises Held."""
        journal, recipe = self._journal, self._around.recipe
        promise = Promise(self._name, ask.nusd, ask.tokens)
        while not self._around.held(self._name):
            seq = journal.state.seq
            limit = self._around.reservations.reserve(recipe, journal.state, promise)
            if limit is None:
                return
            if limit.final:
                await journal.record(*used_up(self._name, limit))
                break
            await journal.changed(seq)
        raise Held


def used_up(researcher: str, limit: Reached) -> tuple[Event, Event]:
    """The events with which a budget ends a researcher's work."""
    why = f"{limit.what} {limit.used:g} of {limit.limit:g}"
    return (
        BudgetExceeded(researcher=limit.researcher, what=limit.what, used=limit.used, limit=limit.limit),
        ResearcherStateChanged(researcher=researcher, state="budget", why=why),
    )
