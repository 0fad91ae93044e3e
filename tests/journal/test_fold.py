"""The fold: live equals replay, whatever the order of events."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aarctl.journal import checkpoints
from aarctl.journal.events import (
    CommandAcknowledged,
    CommandRequested,
    Event,
    ModelRequested,
    ResearcherCreated,
    RunClosed,
    SubmissionReceived,
    SupervisorStarted,
    VerdictGiven,
    decode,
)
from aarctl.journal.fold import apply, fold
from aarctl.journal.fold.handlers import count, on
from aarctl.journal.fold.people import KEPT_COMMANDS
from aarctl.journal.sealing import seal
from aarctl.journal.state import RunState

from .making import experiment, post
from .strategies import events


def folded(*happened: Event) -> RunState:
    return fold((seq, seq * 10, event) for seq, event in enumerate(happened, 1))


@given(st.lists(events(meeting=True), max_size=25))
@settings(max_examples=150)
def test_live_equals_replay_equals_a_checkpoint_and_the_rest_at_every_seq(happened: list[Event]) -> None:
    sealed = [seal(event) for event in happened]
    rows = [(seq, seq * 10, decode(each.body)) for seq, each in enumerate(sealed, 1)]
    live, through = RunState(), [RunState()]
    for (seq, at, _), each in zip(rows, sealed, strict=True):
        apply(live, seq, at, each.event)
        assert live == fold(rows[:seq])
        restored = checkpoints.unpack(checkpoints.pack(live))
        assert restored == live
        through.append(restored)
    for restored in through:
        assert fold(rows[restored.seq :], restored) == live


@given(st.lists(events(), max_size=12))
def test_no_readable_event_stops_the_fold_or_its_checkpoint(happened: list[Event]) -> None:
    state = folded(*happened)
    assert state.seq == len(happened)
    assert checkpoints.unpack(checkpoints.pack(state)) == state


@given(st.lists(events(meeting=True), max_size=15))
def test_the_fold_changes_no_event(happened: list[Event]) -> None:
    before = [seal(event).body for event in happened]
    folded(*happened)
    folded(*happened)
    assert [seal(event).body for event in happened] == before


def test_the_state_does_not_grow_with_finished_experiments() -> None:
    def size(finished: int) -> int:
        happened = [event for number in range(finished) for event in experiment(number)]
        return len(msgspec.msgpack.encode(folded(*happened)))

    assert size(5000) < size(500) * 1.1


def test_the_state_does_not_grow_with_commands_that_are_over() -> None:
    from aarctl.journal.events import CommandEffective

    happened: list[Event] = [CommandRequested(command="c0", inbox=0, by="ada", verb="pause")]
    for number in range(1, 500):
        name = f"c{number}"
        happened += [
            CommandRequested(command=name, inbox=number, by="ada", verb="pause"),
            CommandEffective(command=name),
        ]
    state = folded(*happened)
    assert len(state.commands) <= KEPT_COMMANDS + 1
    assert state.commands["c0"].state == "requested"  # an open one is never dropped
    assert state.inbox == 499


def test_a_pause_that_came_before_its_researcher_holds() -> None:
    state = folded(
        CommandRequested(researcher="r1", command="c1", inbox=1, by="ada", verb="pause"),
        CommandAcknowledged(command="c1"),
        ResearcherCreated(researcher="r1", mind="search", model="search", direction="priors"),
    )
    assert state.researchers["r1"].mind == "search"
    assert not state.runs("r1")


def test_latches_are_independent() -> None:
    def command(number: int, verb: str, who: str = "") -> list[Event]:
        name = f"c{number}"
        return [
            CommandRequested(researcher=who, command=name, inbox=number, by="ada", verb=verb),
            CommandAcknowledged(command=name),
        ]

    created = [ResearcherCreated(researcher=f"r{n}", mind="m", model="m", direction="") for n in (1, 2)]
    state = folded(*created, *command(1, "pause", "r1"), *command(2, "pause"), *command(3, "resume"))
    assert not state.runs("r1")
    assert state.runs("r2")


def test_calls_count_as_ids_given_out() -> None:
    state = folded(ModelRequested(researcher="r1", call="m7", turn=1, model="search"))
    assert state.counters == {"m": 7}


@pytest.mark.parametrize("name", ["", "s", "s²", "s-1", "s1.5", "s" + "9" * 40, "s" + "9" * 5000, "r1.2"])
def test_a_name_that_is_no_id_counts_nothing(name: str) -> None:
    state = RunState()
    count(state, name)
    assert state.counters == {}


def test_a_verdict_moves_the_board_and_reinstating_takes_it_back() -> None:
    def verdict(word: str) -> VerdictGiven:
        return VerdictGiven(submission="s1", verdict=word, because="looked at it", by="ada")

    received = SubmissionReceived(researcher="r1", submission="s1", method="m", snapshot="ab", students=[])
    board = [
        folded(received, *map(verdict, words)).submissions["s1"].board_state
        for words in ([], ["accept"], ["disqualify"], ["disqualify", "reinstate"])
    ]
    assert board == ["claimed", "accepted", "disqualified", "claimed"]


def test_an_unreplicable_submission_says_so() -> None:
    received = SubmissionReceived(researcher="r1", submission="s1", method="m", snapshot="", students=[])
    assert folded(received).submissions["s1"].replication == "unreplicable"


def test_a_closed_run_opens_again_with_its_next_supervisor() -> None:
    assert folded(RunClosed(reason="stopped")).over
    assert folded(RunClosed(reason="stopped"), SupervisorStarted(epoch=2, pid=1)).status == "running"


def test_a_second_handler_of_a_kind_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="two handlers"):
        on(RunClosed)(lambda state, event: None)


def test_the_last_post_is_where_a_round_stands() -> None:
    from aarctl.journal.events import RoundOpened

    state = folded(post(1), RoundOpened(round=1), post(2))
    assert (state.round_post, state.last_post) == ("p1", "p2")
