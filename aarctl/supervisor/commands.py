"""What people ask for: from the inbox into the journal, exactly once, and from requested to effective.

A latch moves with the acknowledgement, in the same transaction as the request, so what is acknowledged holds over
any crash. A command is effective when the thing asked for is so: a pause, when nobody is in the middle of a turn.
Freezes and resumes become effective in `freezing`, which knows the sandboxes.
"""

from __future__ import annotations

import asyncio

from ..journal.events import (
    BudgetChanged,
    CommandAcknowledged,
    CommandEffective,
    CommandRefused,
    CommandRequested,
    Event,
    ExperimentCancelled,
    ExperimentMoved,
    ForumPosted,
    PauseReached,
    ResearcherCreated,
    ResearcherStateChanged,
    SteerQueued,
    VerdictGiven,
)
from ..journal.state import Command, Researcher, RunState
from ..journal.store import InboxRow, Journal
from ..recipe import Recipe
from .budgets import gains
from .latches import Latches
from .minds import model_of
from .policy import DONE
from .refusals import limit, refusal, wanted

POLL_S = 0.1  # the inbox is a table in a local file: asking costs microseconds
CLOSES = ("pause", "freeze", "stop", "retire")
"""Verbs after whose acknowledgement no call to a model may start."""


class Commands:
    """Takes commands in and follows them to their effect. `isolated`: whether the run's sandboxes are."""

    def __init__(self, journal: Journal, latches: Latches, recipe: Recipe, *, isolated: bool) -> None:
        self._journal, self._latches, self._recipe, self._isolated = journal, latches, recipe, isolated

    async def serve(self) -> None:
        """Look into the inbox and at open commands, for ever."""
        while True:
            await self.take_all()
            for command in list(self._journal.state.commands.values()):
                if command.state == "acknowledged":
                    await self._follow(command)
            await asyncio.sleep(POLL_S)

    async def take_all(self) -> None:
        """Take in what waits in the inbox now."""
        for row in await self._journal.inbox():
            await self.take(row)

    async def _follow(self, command: Command) -> None:
        """Whoever is between turns is at its safe point already; then see whether all that was asked is so."""
        if command.verb == "pause":
            at_rest = [who for who in concerned(self._journal.state, command) if who.state == "waiting"]
            if at_rest:
                await self._journal.record(*(PauseReached(researcher=w.id, turn=w.settled) for w in at_rest))
        if effective(self._journal.state, command):
            await self._journal.record(CommandEffective(researcher=command.researcher, command=command.id))

    async def take(self, row: InboxRow) -> None:
        """Copy one row into the events, together with all that it changes at once."""
        name = self._journal.next_id("c")
        asked = CommandRequested(
            researcher=row.researcher, command=name, inbox=row.id, by=row.by, verb=row.verb, args=row.args
        )
        reason = refusal(self._recipe, self._journal.state, row, isolated=self._isolated)
        if reason:
            await self._journal.record(asked, CommandRefused(researcher=row.researcher, command=name, reason=reason))
            return
        effects = await self._effects(name, row)
        acknowledged = CommandAcknowledged(researcher=row.researcher, command=name)
        if row.verb in CLOSES:
            with self._latches.closing(row.researcher):
                await self._journal.record(asked, acknowledged, *effects)
        else:
            await self._journal.record(asked, acknowledged, *effects)

    async def _effects(self, name: str, row: InboxRow) -> list[Event]:
        """The events that carry out a command at once; latches and stops are carried out by those concerned."""
        match row.verb:
            case "steer":
                text = await self._journal.text(row.args["text"])
                steer = self._journal.next_id("n")
                return [SteerQueued(researcher=row.researcher, steer=steer, text=text, by=row.by, command=name)]
            case "add":
                return self._added(name, row)
            case "retire":
                return self._retired(row)
            case "budget":
                return self._changed(name, row)
            case "move" | "cancel":
                return self._queue(name, row)
            case "verdict":
                return self._verdict(name, row)
            case "post":
                return await self._posted(name, row)
            case _:
                return []

    def _added(self, name: str, row: InboxRow) -> list[Event]:
        one = wanted(self._journal.state, row)
        created = ResearcherCreated(
            researcher=one.id, mind=one.mind, model=model_of(one, self._recipe), direction=one.direction,
            seed=self._recipe.seed, by=row.by,
        )  # fmt: skip
        return [created, CommandEffective(command=name, note=f"{one.id} has joined")]

    def _retired(self, row: InboxRow) -> list[Event]:
        """Its experiments are nobody's any more. One that its budget has stopped takes no turn in which to end."""
        state = self._journal.state
        own = [one for one in state.experiments.values() if one.researcher == row.researcher]
        events: list[Event] = [
            ExperimentCancelled(researcher=row.researcher, experiment=one.id, by=row.by)
            for one in own
            if one.purpose == "research" and not one.cancelled
        ]
        if state.researchers[row.researcher].state == "budget":
            events.append(
                ResearcherStateChanged(researcher=row.researcher, state="finished", why="retired by a person")
            )
        return events

    def _changed(self, name: str, row: InboxRow) -> list[Event]:
        """The new limit, and whoever can go on by it."""
        state, what = self._journal.state, row.args["what"]
        to = limit(self._recipe, state, row)
        again = gains(self._recipe, state, row.researcher, what, to)
        why = "a budget was raised"
        note = f"{what}: {'no limit' if to is None else f'{to:g}'}{'; ' if again else ''}"
        return [
            BudgetChanged(researcher=row.researcher, what=what, limit=to, by=row.by, command=name),
            *(ResearcherStateChanged(researcher=each, state="waiting", why=why) for each in again),
            CommandEffective(
                researcher=row.researcher, command=name, note=note + (f"{', '.join(again)} can go on" if again else "")
            ),
        ]

    def _queue(self, name: str, row: InboxRow) -> list[Event]:
        """The queue in another order, or shorter. A move is done at once, and what runs ends in its own time."""
        one = self._journal.state.experiments[row.args["experiment"]]
        if row.verb == "cancel":
            return [ExperimentCancelled(researcher=one.researcher, experiment=one.id, by=row.by)]
        before = row.args.get("before", "")
        moved = ExperimentMoved(researcher=one.researcher, experiment=one.id, before=before, by=row.by)
        return [moved, CommandEffective(researcher=row.researcher, command=name)]

    def _verdict(self, name: str, row: InboxRow) -> list[Event]:
        submission = self._journal.state.submissions[row.args["submission"]]
        given = VerdictGiven(
            researcher=submission.researcher, submission=submission.id, verdict=row.args["verdict"],
            because=row.args["because"], by=row.by,
        )  # fmt: skip
        return [given, CommandEffective(researcher=row.researcher, command=name)]

    async def _posted(self, name: str, row: InboxRow) -> list[Event]:
        journal = self._journal
        known = journal.state.threads.get(row.args.get("thread", ""))
        posted = ForumPosted(
            post=journal.next_id("p"), thread=known.id if known else journal.next_id("t"), author="person",
            title=known.title if known else row.args.get("title", "A note from the person"),
            text=await journal.text(row.args["text"]), round=journal.state.round,
        )  # fmt: skip
        return [posted, CommandEffective(researcher=row.researcher, command=name)]


def concerned(state: RunState, command: Command) -> list[Researcher]:
    """The researchers a command is about: the one it names, or all."""
    return [state.researchers[command.researcher]] if command.researcher else list(state.researchers.values())


def effective(state: RunState, command: Command) -> bool:
    """Whether what an acknowledged command asked for has come true."""
    whom = concerned(state, command)
    match command.verb:
        case "pause":
            return all(who.state in ("paused", "frozen", "blocked", *DONE) for who in whom)
        case "stop":
            return bool(command.researcher) and whom[0].state in DONE
        case "retire":
            own = [one for one in state.experiments.values() if one.researcher == command.researcher]
            return whom[0].state in DONE and not any(one.purpose == "research" for one in own)
        case "replicate":
            return state.submissions[command.args["submission"]].replication in ("running", "replicated")
        case "cancel":
            return command.args["experiment"] not in state.experiments
        case "steer":
            return all(steer.command != command.id for steer in whom[0].steers)
        case _:
            return False
