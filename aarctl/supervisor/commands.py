"""What people ask for: from the inbox into the journal, exactly once, and from requested to effective.

A latch moves with the acknowledgement, in the same transaction as the request, so what is acknowledged holds over
any crash. A command is effective when the thing asked for is so: a pause, when nobody is in the middle of a turn.
"""

from __future__ import annotations

import asyncio

from ..journal.events import (
    VERBS,
    CommandAcknowledged,
    CommandEffective,
    CommandRefused,
    CommandRequested,
    Event,
    ForumPosted,
    PauseReached,
    SteerQueued,
    VerdictGiven,
)
from ..journal.state import Command, Researcher, RunState
from ..journal.store import InboxRow, Journal
from .latches import Latches
from .policy import DONE

POLL_S = 0.1  # the inbox is a table in a local file: asking costs microseconds
VERDICTS = ("accept", "disqualify", "reinstate")


class Commands:
    """Takes commands in and follows them to their effect."""

    def __init__(self, journal: Journal, latches: Latches) -> None:
        self._journal, self._latches = journal, latches

    async def serve(self) -> None:
        """Look into the inbox and at open commands, for ever."""
        while True:
            for row in await self._journal.inbox():
                await self.take(row)
            for command in list(self._journal.state.commands.values()):
                if command.state == "acknowledged":
                    await self._follow(command)
            await asyncio.sleep(POLL_S)

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
        reason = refusal(self._journal.state, row)
        if reason:
            await self._journal.record(
                asked, CommandRefused(researcher=row.researcher, command=name, reason=reason)
            )
            return
        effects = await self._effects(name, row)
        acknowledged = CommandAcknowledged(researcher=row.researcher, command=name)
        if row.verb in ("pause", "stop"):
            with self._latches.closing(row.researcher):
                await self._journal.record(asked, acknowledged, *effects)
        else:
            await self._journal.record(asked, acknowledged, *effects)

    async def _effects(self, name: str, row: InboxRow) -> list[Event]:
        """The events that carry out a command at once; pauses and stops are carried out by those concerned."""
        journal = self._journal
        done = CommandEffective(researcher=row.researcher, command=name)
        match row.verb:
            case "steer":
                text = await journal.text(row.args["text"])
                steer = journal.next_id("n")
                return [
                    SteerQueued(researcher=row.researcher, steer=steer, text=text, by=row.by, command=name)
                ]
            case "verdict":
                submission = journal.state.submissions[row.args["submission"]]
                return [
                    VerdictGiven(
                        researcher=submission.researcher, submission=submission.id, verdict=row.args["verdict"],
                        because=row.args["because"], by=row.by,
                    ),
                    done,
                ]  # fmt: skip
            case "post":
                thread = row.args.get("thread", "")
                known = journal.state.threads.get(thread)
                posted = ForumPosted(
                    post=journal.next_id("p"), thread=known.id if known else journal.next_id("t"), author="person",
                    title=known.title if known else row.args.get("title", "A note from the person"),
                    text=await journal.text(row.args["text"]), round=journal.state.round,
                )  # fmt: skip
                return [posted, done]
            case "resume":
                return [done]
            case _:
                return []


def refusal(state: RunState, row: InboxRow) -> str:
    """Why a command cannot be done, in one sentence with the way out; empty when it can."""
    if row.verb not in VERBS:
        return f"verb {row.verb!r} is unknown; use one of {', '.join(VERBS)}"
    if "unreadable" in row.args:
        return f"the request could not be read: {row.args['unreadable']}"
    if row.researcher and row.researcher not in state.researchers:
        return f"there is no researcher {row.researcher!r}; there are {', '.join(state.researchers)}"
    if row.verb in ("steer", "post") and not row.args.get("text", "").strip():
        return "the text is empty; write what you want to say"
    if row.verb == "steer" and not row.researcher:
        return "steer whom? name a researcher"
    if row.verb in ("steer", "pause", "stop") and row.researcher and state.researchers[row.researcher].state in DONE:
        return f"{row.researcher} has ended ({state.researchers[row.researcher].state}): it takes no further turn"
    if row.verb == "post" and row.args.get("thread") and row.args["thread"] not in state.threads:
        return f"there is no thread {row.args['thread']!r}; leave it out to begin one"
    if row.verb in ("verdict", "replicate"):
        return _about_submission(state, row)
    return ""


def _about_submission(state: RunState, row: InboxRow) -> str:
    name = row.args.get("submission", "")
    one = state.submissions.get(name)
    if one is None:
        return f"there is no submission {name!r}; the board lists them"
    if row.verb == "verdict":
        if row.args.get("verdict") not in VERDICTS:
            return f"verdict {row.args.get('verdict')!r}: use one of {', '.join(VERDICTS)}"
        return "" if row.args.get("because", "").strip() else "say why: a verdict needs its reason"
    if one.replication == "unreplicable":
        return f"{name} has no method that could run again"
    if one.replication == "replicated":
        return f"{name} is replicated; its seeds follow from its method, so a second time would say the same"
    return f"{name} is being replicated already" if one.replication == "running" else ""


def concerned(state: RunState, command: Command) -> list[Researcher]:
    """The researchers a command is about: the one it names, or all."""
    return [state.researchers[command.researcher]] if command.researcher else list(state.researchers.values())


def effective(state: RunState, command: Command) -> bool:
    """Whether what an acknowledged command asked for has come true."""
    whom = concerned(state, command)
    match command.verb:
        case "pause":
            return all(who.state in ("paused", "blocked", *DONE) for who in whom)
        case "stop":
            return bool(command.researcher) and whom[0].state in DONE
        case "replicate":
            return state.submissions[command.args["submission"]].replication in ("running", "replicated")
        case "steer":
            return all(steer.command != command.id for steer in whom[0].steers)
        case _:
            return False
