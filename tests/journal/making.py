"""Short ways to say an event, for tests and benchmarks."""

from __future__ import annotations

from aarctl.journal.events import (
    Event,
    ExperimentFinished,
    ExperimentLeased,
    ExperimentQueued,
    ForumPosted,
    head_of,
)


def post(number: int, text: str = "hello", who: str = "r1") -> ForumPosted:
    return ForumPosted(researcher=who, post=f"p{number}", thread="t1", author=who, title="notes", text=head_of(text))


def experiment(number: int, who: str = "r1") -> list[Event]:
    """An experiment from queued to finished."""
    name = f"x{number}"
    return [
        ExperimentQueued(researcher=who, experiment=name, argv=["python", "method.py"], out="out", title="try"),
        ExperimentLeased(researcher=who, experiment=name, slot="cpu0"),
        ExperimentFinished(
            researcher=who, experiment=name, outcome="done", exit_code=0, tail=head_of("done"), device_s=1.5
        ),
    ]
