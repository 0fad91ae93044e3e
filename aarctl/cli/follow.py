"""Following a run without its control room: what happened since, one line at a time, until it is over.

The truth is the journal; we only read. Leaving (Ctrl-C) changes nothing for the run. A supervisor that dies
under our eyes is noticed by its lock, which the kernel releases however it died.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from ..journal import events as e
from ..journal.fold import apply
from ..journal.reader import JournalReader, Record
from ..journal.state import RunState
from . import errors, figures, plain, tell
from .progress import Display

if TYPE_CHECKING:
    from ..home import RunPaths

POLL_S = 0.2
GRACE_S = 2.0  # between a supervisor's last commit and our reading it: only then is its absence believed

TOLD = (
    e.SandboxChosen,
    e.TaskReady,
    e.ResearcherCreated,
    e.ForumPosted,
    e.SubmissionReceived,
    e.SubmissionScored,
    e.SubmissionRejected,
    e.SubmissionWithheld,
    e.ReplicationStarted,
    e.ReplicationFinished,
    e.FlagRaised,
    e.VerdictGiven,
    e.PersonTold,
    e.ResearcherBlocked,
    e.BudgetExceeded,
    e.BudgetChanged,
    e.SandboxLost,
    e.CommandRequested,
    e.CommandRefused,
    e.SteerDelivered,
    e.SupervisorRecovered,
    e.RoundOpened,
    e.RunClosed,
)
"""The kinds that get a line; the rest moves the counts."""


class SupervisorGone(errors.Failed):
    """The run is not over and nobody runs it any more."""


def follow(paths: RunPaths, display: Display, *, after: int, epoch: int) -> RunState:
    """Show what happens after event `after` until the run is over and its supervisor gone; return its state then.

    `epoch` is the one before the supervisor that we follow: a run that was over and goes on is not over again
    until that supervisor has closed it. Raises SupervisorGone.
    """
    with JournalReader(paths.root) as reader, display:
        state = reader.state(after)
        version, missed_since = -1, 0.0
        while True:
            alive = reader.supervised()  # before reading: what it wrote last is then seen below
            if (now := reader.data_version()) != version:
                version = now
                for record in reader.records(state.seq):
                    apply(state, record.seq, record.at, record.event)
                    if isinstance(record.event, TOLD):
                        display.line(told(record))
                display.update(stage(reader) if state.status in ("new", "building") else counts(state))
            if state.over and state.epoch > epoch and not alive:  # what it had started is gone too
                return state
            if alive:
                missed_since = 0.0
            elif not missed_since:
                missed_since = time.monotonic()
            elif time.monotonic() - missed_since > GRACE_S:
                raise SupervisorGone(
                    f"the supervisor of {paths.name} ended at event {state.seq} and the run is not over; nothing is "
                    f"lost: `aarctl run --resume {paths.name}` goes on "
                    f"(what it said last: {paths.logs / 'supervisor.log'})"
                )
            display.beat()
            time.sleep(POLL_S)


def told(record: Record) -> str:
    """A record as a line: the time of day, who, what."""
    return f"{figures.clock(record.at)}  {record.researcher or '-':<3} {tell.tell(record.event)}"


def counts(state: RunState) -> str:
    """Where the run is, in one line."""
    running = sum(bool(each.slot) for each in state.experiments.values())
    waiting = len(state.experiments) - running
    turns = sum(each.settled for each in state.researchers.values())
    where = [f"round {state.round}"] if state.round else []
    where += [
        figures.count(turns, "turn"),
        f"{figures.count(state.experiments_finished, 'experiment')} done, {running} running, {waiting} waiting",
        figures.count(len(state.submissions), "submission"),
    ]
    if state.paused or state.frozen:
        where.insert(0, "frozen" if state.frozen else "paused")
    if blocked := [each.id for each in state.researchers.values() if each.blocked]:
        where.insert(0, f"{' '.join(blocked)} blocked")
    if again := [each.id for each in state.submissions.values() if each.replication == "running"]:
        where.append(f"replicating {' '.join(again)}")
    return ", ".join(where)


def stage(reader: JournalReader) -> str:
    """What the building of the task has come to, from the passing facts."""
    kept = reader.live().get("task")
    try:
        fact = json.loads(kept[1]) if kept else {}
    except ValueError:
        fact = {}
    if not isinstance(fact, dict) or "stage" not in fact:
        return "getting ready"
    total = fact.get("total", 0)
    return plain.line(f"building the task: {fact['stage']}" + (f", {fact.get('done', 0)} of {total}" if total else ""))
