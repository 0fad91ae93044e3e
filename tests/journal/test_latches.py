"""Latches: whatever people ask in whatever order, each of the four that can hold a researcher moves by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.events import (
    CommandAcknowledged,
    CommandRequested,
    Event,
    ExperimentLeased,
    ExperimentQueued,
    ResearcherCreated,
    ResearcherStateChanged,
    ToolRequested,
    head_of,
)
from aarctl.journal.fold import fold
from aarctl.journal.state import RunState

FLEET = ""
WHOM = (FLEET, "r1", "r2")

Asked = tuple[str, str]
"""A verb, and whom it names."""

asked = st.lists(st.tuples(st.sampled_from(["pause", "freeze", "resume"]), st.sampled_from(WHOM)), max_size=30)


def folded(*happened: Event) -> RunState:
    return fold((seq, seq, event) for seq, event in enumerate(happened, 1))


def fleet() -> list[Event]:
    return [ResearcherCreated(researcher=name, mind="m", model="m", direction="") for name in ("r1", "r2")]


def command(number: int, verb: str, whom: str, **args: str) -> list[Event]:
    name = f"c{number}"
    return [
        CommandRequested(researcher=whom, command=name, inbox=number, by="ada", verb=verb, args=args),
        CommandAcknowledged(researcher=whom, command=name),
    ]


def commands(of: list[Asked]) -> list[Event]:
    return [event for number, (verb, whom) in enumerate(of, 1) for event in command(number, verb, whom)]


@given(asked)
def test_each_latch_moves_by_itself(of: list[Asked]) -> None:
    closed: set[Asked] = set()
    for verb, whom in of:
        if verb == "resume":
            closed -= {("pause", whom), ("freeze", whom)}
        else:
            closed.add((verb, whom))
    state = folded(*fleet(), *commands(of))
    for name in ("r1", "r2"):
        frozen = bool({("freeze", FLEET), ("freeze", name)} & closed)
        assert state.is_frozen(name) == frozen
        assert state.runs(name) == (not frozen and not {("pause", FLEET), ("pause", name)} & closed)


@given(asked, st.booleans())
def test_who_is_let_go_goes_on_from_where_it_was(of: list[Asked], in_a_tool: bool) -> None:
    happened = fleet()
    if in_a_tool:
        happened.append(ToolRequested(researcher="r1", call="t1", turn=1, tool="shell", args=head_of("{}")))
    happened += commands(of)
    state = folded(*happened)
    if state.runs("r1"):
        return
    reached = "frozen" if state.is_frozen("r1") else "paused"  # the supervisor says so
    happened.append(ResearcherStateChanged(researcher="r1", state=reached))
    for number, whom in enumerate(("r1", FLEET), len(of) + 1):
        happened += command(number, "resume", whom)
        state = folded(*happened)
        if state.is_frozen("r1"):
            expected = "frozen"
        elif in_a_tool and reached == "frozen":
            expected = "acting"
        else:
            expected = "waiting" if state.runs("r1") else "paused"
        assert state.researchers["r1"].state == expected


def test_a_freeze_takes_the_slots_of_those_that_it_concerns_alone() -> None:
    runs: list[Event] = []
    for number, (who, purpose) in enumerate([("r1", "research"), ("r1", "replication"), ("r2", "research")], 1):
        name = f"x{number}"
        queued = ExperimentQueued(researcher=who, experiment=name, argv=["m"], out="", title="", purpose=purpose)
        runs += [queued, ExperimentLeased(researcher=who, experiment=name, slot=f"cpu{number}")]

    def releasing(*of: Event) -> list[str]:
        return [one.id for one in folded(*fleet(), *runs, *of).experiments.values() if one.releasing]

    assert releasing(*command(1, "freeze", "r1")) == []
    assert releasing(*command(1, "freeze", "r1", release="yes")) == ["x1"]
    assert releasing(*command(1, "freeze", FLEET, release="yes")) == ["x1", "x2", "x3"]
