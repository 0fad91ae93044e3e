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
    SteerQueued,
    VerdictGiven,
)
from ..journal.state import Command, RunState
from ..journal.store import InboxRow, Journal
from .policy import DONE

POLL_S = 0.1  # the inbox is a table in a local file: asking costs microseconds
VERDICTS = ("accept", "disqualify", "reinstate")
IN_A_TURN = ("starting", "thinking", "acting")


class Commands:
    """Takes commands in and follows them to their effect."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def serve(self) -> None:
        """Look into the inbox and at open commands, for ever."""
        while True:
            for row in await self._journal.inbox():
                await self.take(row)
            for command in list(self._journal.state.commands.values()):
                if command.state == "acknowledged" and effective(self._journal.state, command):
                    await self._journal.record(CommandEffective(researcher=command.researcher, command=command.id))
            await asyncio.sleep(POLL_S)

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
        await self._journal.record(
            asked, CommandAcknowledged(researcher=row.researcher, command=name), *await self._effects(name, row)
        )

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


def effective(state: RunState, command: Command) -> bool:
    """Whether what an acknowledged command asked for has come true."""
    whom = [state.researchers[command.researcher]] if command.researcher else list(state.researchers.values())
    match command.verb:
        case "pause":
            return all(who.state not in IN_A_TURN and not who.open_tools for who in whom)
        case "stop":
            return bool(command.researcher) and whom[0].state in DONE
        case "replicate":
            return state.submissions[command.args["submission"]].replication in ("running", "replicated")
        case "steer":
            return all(steer.command != command.id for steer in whom[0].steers)
        case _:
            return False
