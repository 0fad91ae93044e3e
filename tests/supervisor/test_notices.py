"""What a researcher is told, and when it is given up: from states that real events make."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.events import (
    BudgetChanged,
    CommandAcknowledged,
    CommandRequested,
    Event,
    ExperimentFinished,
    ExperimentQueued,
    Interval,
    ModelCompleted,
    ModelRequested,
    NoticeDelivered,
    ResearcherBlocked,
    ResearcherCreated,
    StudentRef,
    SubmissionReceived,
    SubmissionScored,
    SupervisorStarted,
    ToolCompleted,
    ToolRequested,
    head_of,
)
from aarctl.journal.fold import fold
from aarctl.journal.state import Researcher, RunState
from aarctl.supervisor import notices


def state_of(events: Iterable[Event]) -> RunState:
    """The state after some events, a microsecond apart."""
    return fold((seq, seq, event) for seq, event in enumerate(events, 1))


def call(number: int, command: str, output: str, ok: bool = False) -> list[Event]:
    """A tool call and its outcome."""
    name = f"toolu_{number}"
    return [
        ToolRequested(researcher="r1", call=name, turn=number, tool="shell", args=head_of(command)),
        ToolCompleted(researcher="r1", call=name, turn=number, tool="shell", ok=ok, output=head_of(output)),
    ]


def answered(number: int, stop: str) -> list[Event]:
    """A model's answer that used no tool."""
    asked = ModelRequested(researcher="r1", call=f"m{number}", turn=number, model="m")
    return [
        asked, ModelCompleted(researcher="r1", call=f"m{number}", turn=number, content=head_of("[]"), stop=stop)
    ]  # fmt: skip


calls = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.booleans()), max_size=40)


@given(calls)
def test_a_loop_is_the_same_call_failing_in_the_same_way_since_it_last_did_anything_else(
    made: list[tuple[str, str, bool]],
) -> None:
    state = state_of(event for n, (what, out, ok) in enumerate(made) for event in call(n, what, out, ok))
    runs: dict[str, tuple[str, int]] = {}
    for what, out, ok in made:
        before, times = runs.pop(what, ("", 0))
        if not ok:
            runs[what] = (out, times + 1 if before == out else 1)
    found = state.researchers.get("r1") or Researcher("r1", "m", "m", "")
    assert sorted(each.times for each in found.failing.values()) == sorted(times for _, times in runs.values())
    assert notices.stuck(found) is None  # nobody is given up before it was told
    told = [notice.about for notice in notices.due(state, found)]
    assert ("loop" in told) == any(times >= notices.TOLD_AT for _, times in runs.values())


def test_what_was_told_is_not_told_again_but_what_comes_after_it_is() -> None:
    loops = [event for n in range(3) for event in call(n, "a", "x")]
    (call_a,) = notices.due(state_of(loops), state_of(loops).researchers["r1"])[0].tells
    told = NoticeDelivered(researcher="r1", turn=3, about="loop", text=head_of("stop"), tells=[call_a])
    state = state_of([*loops, told, *call(4, "a", "x")])
    who = state.researchers["r1"]
    assert notices.due(state, who) == [] and notices.stuck(who) is None
    state = state_of([*loops, told, *(event for n in range(4, 7) for event in call(n, "b", "x"))])
    assert [one.about for one in notices.due(state, state.researchers["r1"])] == ["loop"]


def test_news_is_of_ones_own_experiments_and_scores_and_leaves_with_the_notice_that_names_it() -> None:
    queued = ExperimentQueued(researcher="r1", experiment="x1", argv=["a"], out="", title="t")
    again = ExperimentQueued(researcher="r1", experiment="x2", argv=["a"], out="", title="t", purpose="replication")
    events: list[Event] = [
        queued, again,
        ExperimentFinished(researcher="r1", experiment="x2", outcome="done", exit_code=0, tail=head_of("")),
        ExperimentFinished(researcher="r1", experiment="x1", outcome="done", exit_code=0, tail=head_of("")),
        SubmissionReceived(
            researcher="r1", submission="s1", method="m", snapshot="a" * 16, students=[StudentRef(1, "p")], claimed=None
        ),
        SubmissionScored(
            researcher="r1", submission="s1", domain="code", released=Interval(0.41, 0.3, 0.5),
            exact=Interval(0.4, 0, 1),
        ),
    ]  # fmt: skip
    state = state_of(events)
    (notice,) = notices.due(state, state.researchers["r1"])
    assert notice.tells == ("x1 done", "s1 scored")
    assert notice.text.splitlines()[1:] == ["- x1: done", "- s1: scored, PGR 0.41 [0.30, 0.50] on code"]
    delivered = NoticeDelivered(researcher="r1", turn=1, about="news", text=head_of(notice.text), tells=["x1 done"])
    state = state_of([*events, delivered])
    (notice,) = notices.due(state, state.researchers["r1"])
    assert notice.tells == ("s1 scored",)


@pytest.mark.parametrize(("stop", "times"), [("refusal", notices.REFUSALS), ("waiting", notices.IDLE)])
def test_refusals_and_idle_turns_count_only_in_a_row(stop: str, times: int) -> None:
    def after(stops: list[str]) -> Researcher:
        return state_of(event for n, one in enumerate(stops) for event in answered(n, one)).researchers["r1"]

    assert notices.stuck(after([stop] * times)) is not None
    assert notices.stuck(after([stop] * (times - 1))) is None
    assert notices.stuck(after([*[stop] * (times - 1), "tool_use", stop])) is None


def test_waiting_for_an_experiment_is_not_idling() -> None:
    queued = ExperimentQueued(researcher="r1", experiment="x1", argv=["a"], out="", title="t")
    state = state_of([queued, *(event for n in range(5) for event in answered(n, "waiting"))])
    assert state.researchers["r1"].idle == 0 and notices.stuck(state.researchers["r1"]) is None


@pytest.mark.parametrize("whom", ["r1", ""])
def test_resuming_it_or_the_fleet_or_the_run_lifts_a_block_and_forgets_what_led_to_it(whom: str) -> None:
    blocked = [*(event for n in range(6) for event in call(n, "a", "x")), ResearcherBlocked(researcher="r1", why="so")]
    who = state_of(blocked).researchers["r1"]
    assert (who.state, who.blocked, who.why) == ("blocked", "so", "so")
    resumed = [
        CommandRequested(researcher=whom, command="c1", inbox=1, by="me", verb="resume"),
        CommandAcknowledged(researcher=whom, command="c1"),
    ]
    for events in (resumed, [SupervisorStarted(epoch=2, pid=1)]):
        who = state_of([*blocked, *events]).researchers["r1"]
        assert (who.state, who.blocked, who.failing) == ("waiting", "", {})
        assert notices.stuck(who) is None


def test_a_paused_researcher_stays_paused_when_its_block_is_lifted() -> None:
    pause = [
        CommandRequested(researcher="r1", command="c1", inbox=1, by="me", verb="pause"),
        CommandAcknowledged(researcher="r1", command="c1"),
    ]
    blocked = ResearcherBlocked(researcher="r1", why="so")
    events = [*call(1, "a", "x"), *pause, blocked, SupervisorStarted(epoch=2, pid=1)]
    who = state_of(events).researchers["r1"]
    assert (who.state, who.blocked, who.paused) == ("paused", "", True)


def test_a_changed_budget_is_told_once_to_those_whom_it_concerns() -> None:
    changes: list[Event] = [
        ResearcherCreated(researcher="r1", mind="claude", model="m", direction=""),
        ResearcherCreated(researcher="r2", mind="claude", model="m", direction=""),
        BudgetChanged(researcher="r1", what="usd", limit=1_234.5, by="me"),
        BudgetChanged(researcher="r1", what="usd", limit=30, by="me"),
        BudgetChanged(what="turns", limit=None, by="me"),
    ]
    state = state_of(changes)
    (notice,) = notices.due(state, state.researchers["r1"])
    assert notice.text.splitlines()[1:] == [
        "- usd, for you: 30 in all", "- turns, for all of you together: no limit any more",
    ]  # fmt: skip
    (other,) = notices.due(state, state.researchers["r2"])
    assert "usd" not in other.text and "turns" in other.text
    told = NoticeDelivered(
        researcher="r1", turn=1, about=notice.about, text=head_of(notice.text), tells=list(notice.tells)
    )
    state = state_of([*changes, told])
    assert not notices.due(state, state.researchers["r1"]) and notices.due(state, state.researchers["r2"])
