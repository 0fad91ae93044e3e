"""Freezes: streams broken off, sandboxes stopped, and who stands still said so; and all of it let go again.

Everything is read off the latches in the state, at every commit, so it is the same after a crash. A freeze is effective
when nobody listens to a model any more and every process of those concerned has stopped; a resume, when they all go on.
What a tool does on this side, such as copying a student, is not stopped: its outcome is recorded, and nothing follows.
A sandbox that does not stop is tried again until it does; that it does not is told by a flag, once each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from math import inf
from typing import Protocol

from ..journal.events import CommandEffective, Event, FlagRaised, ResearcherStateChanged, head_of
from ..journal.state import Command, Experiment, Researcher, RunState
from ..journal.store import Journal
from .latches import Latches
from .places import Place, is_frozen
from .policy import DONE

AGAIN_S = 0.5
"""Between two tries to stop a sandbox in which something would not."""

RESTLESS_S = 5.0
"""For so long a sandbox may go on after it was to freeze until a person is told."""
DETECTOR = "freeze"

AT_REST = ("frozen", "blocked", *DONE)


class Stoppable(Protocol):
    """The sandboxes, as far as freezing goes."""

    async def take_over(self) -> None:
        """Attach to what an earlier supervisor left frozen."""
        ...

    async def settle(self) -> list[Place]:
        """Freeze and thaw as the latches say; those that are not so yet."""
        ...


class Freezing:
    """Makes freezes and resumes effective."""

    def __init__(self, journal: Journal, sandboxes: Stoppable, latches: Latches) -> None:
        self._journal, self._sandboxes, self._latches = journal, sandboxes, latches
        self._restless: dict[str, float] = {}
        """Sandboxes that are to stand still and do not: when a person is told; for ever away once that was done."""

    async def serve(self) -> None:
        """Do what the latches say whenever anything changes, for ever."""
        await self._sandboxes.take_over()
        seq = -1
        while True:
            self._break_off()
            unsettled = await self._sandboxes.settle()
            if events := [*reached(self._journal.state, unsettled), *self._flags(unsettled)]:
                await self._journal.record(*events)
            try:
                async with asyncio.timeout(AGAIN_S if unsettled else None):
                    seq = await self._journal.changed(seq)
            except TimeoutError:
                continue

    def _break_off(self) -> None:
        """Who is frozen stops listening to its model; and where a person ends it, to its tools."""
        state = self._journal.state
        for who in state.researchers.values():
            if state.is_frozen(who.id):
                self._latches.break_off(who.id, "think")
                if state.stopping or who.stopping:
                    self._latches.break_off(who.id, "act")

    def _flags(self, unsettled: list[Place]) -> list[Event]:
        """One for each sandbox that has not stood still for too long."""
        now = asyncio.get_running_loop().time()
        awake = {place.name: place for place in unsettled if is_frozen(self._journal.state, place)}
        self._restless = {name: self._restless.get(name, now + RESTLESS_S) for name in awake}
        late = [name for name, told_at in self._restless.items() if told_at <= now]
        self._restless.update(dict.fromkeys(late, inf))
        return [
            FlagRaised(
                researcher=awake[name].researcher, flag=self._journal.next_id("f"), detector=DETECTOR,
                text=head_of(
                    f"{name}: its sandbox was to freeze and goes on after {RESTLESS_S:g} s: something in it does not "
                    "stop, or its engine does not answer. It is tried again until it stands still; a stop ends it."
                ),
            )
            for name in late
        ]  # fmt: skip


def reached(state: RunState, unsettled: Iterable[Place]) -> list[Event]:
    """What has come true: who stands still now, and which freezes and resumes are effective. Pure."""
    awake = {"" if place.submission else place.researcher for place in unsettled}
    still = {who.id for who in state.researchers.values() if who.id not in awake and _stands_still(state, who)}
    events: list[Event] = [
        ResearcherStateChanged(researcher=name, state="frozen", why=_kept(state, name))
        for name in sorted(still)
        if state.researchers[name].state not in AT_REST
    ]
    for command in state.commands.values():
        if command.state == "acknowledged" and command.verb in ("freeze", "resume"):
            if _is_effective(state, command, awake, still):
                events.append(CommandEffective(researcher=command.researcher, command=command.id))
    return events


def _stands_still(state: RunState, who: Researcher) -> bool:
    """Whether a freeze holds it and its stream is closed."""
    return state.is_frozen(who.id) and not who.open_call


def _is_effective(state: RunState, command: Command, awake: set[str], still: set[str]) -> bool:
    whom = [command.researcher] if command.researcher else ["", *state.researchers]
    if any(name in awake for name in whom):
        return False
    if command.verb == "resume":
        return True
    held = [name for name in whom if name and state.researchers[name].state not in AT_REST]
    releasing = any(one.releasing for one in state.experiments.values() if _concerns(command, one))
    # A resume that came in between opens the latch again: then there is nothing left to wait for.
    return not releasing and all(name in still or not state.is_frozen(name) for name in held)


def _concerns(command: Command, one: Experiment) -> bool:
    return not command.researcher or (one.researcher == command.researcher and one.purpose == "research")


def _kept(state: RunState, name: str) -> str:
    """What it keeps while it stands still, in a few words."""
    slots = [one for one in state.experiments.values() if one.researcher == name and one.slot and not one.releasing]
    own = [one.id for one in slots if one.purpose == "research"]
    return f"{', '.join(own)} {'keeps its slot' if len(own) == 1 else 'keep their slots'}" if own else ""
