"""Events for what reads them: a short story to be told on, and one of any kind."""

from __future__ import annotations

from collections.abc import Sequence

from aarctl.journal import events as ev
from aarctl.journal.fold import apply
from aarctl.journal.reader import Record
from aarctl.journal.state import RunState
from aarctl.tui.content.digest import Digest, digest
from aarctl.tui.content.limits import Limits

SECOND = 1_000_000


class Story:
    """Events in order, and the state between them."""

    def __init__(self) -> None:
        self.state, self.records = RunState(), list[Record]()
        self.tell(
            ev.RunOpened(run="demo", aarctl="1", recipe=ev.head_of("")),
            ev.TaskReady(task="t", feedback="code", held_out=[], domains=[]),
            *(ev.ResearcherCreated(researcher=who, mind="claude", model="m", direction="") for who in ("r1", "r2")),
        )

    def tell(self, *events: ev.Event) -> None:
        for event in events:
            seq = self.state.seq + 1
            apply(self.state, seq, seq * SECOND, event)
            self.records.append(Record(seq, seq * SECOND, event.researcher, event))

    def mark(self) -> RunState:
        """The state as it stands, kept."""
        from aarctl.journal.checkpoints import copy

        return copy(self.state)

    def since(self, before: RunState, limits: Limits | None = None) -> Digest:
        return digest(before, self.state, self.records, now=self.state.at, limits=limits)


def submits(name: str, who: str, mean: float) -> Sequence[ev.Event]:
    interval = ev.Interval(mean, mean - 0.1, mean + 0.1)
    return (
        ev.SubmissionReceived(researcher=who, submission=name, method=f"m{name}", snapshot="a", students=[]),
        ev.SubmissionScored(researcher=who, submission=name, domain="code", released=interval, exact=interval),
    )


def replicates(name: str, who: str, mean: float) -> Sequence[ev.Event]:
    found = ev.Interval(mean, mean - 0.1, mean + 0.1)
    return (
        ev.ReplicationStarted(researcher=who, submission=name, domains=["code"], seeds=[1]),
        ev.ReplicationFinished(researcher=who, submission=name, outcome="replicated", domains={"code": found}),
    )


def any_event(kind: type[ev.Event], words: str) -> ev.Event:
    """An event of a kind with `words` wherever it takes a text."""
    values: dict[str, object] = {}
    for name in kind.__struct_fields__:
        hint = str(kind.__annotations__.get(name, ""))
        if hint == "Text":
            values[name] = ev.head_of(words)
        elif hint == "str":
            values[name] = words
        elif hint in ("int", "float"):
            values[name] = 1
        elif hint == "bool":
            values[name] = False
        elif hint == "Interval":
            values[name] = ev.Interval(0.5, 0.4, 0.6)
        elif hint.startswith("list[str]"):
            values[name] = [words]
        elif hint.startswith("list"):
            values[name] = []
        elif "None" in hint:
            values[name] = None
    values["v"] = 1
    return kind(**values)
