"""Verdicts, budgets, who is in the fleet, the queue: the rows that are left, and the sentences."""

import pytest

from aarctl.journal import events as ev
from aarctl.journal.state import Experiment, Flag, Researcher, RunState, Submission
from aarctl.tui.acts.acting import Ask
from aarctl.tui.acts.orders import add, budget, cancel, likely_verdict, move, replicate, retire, verdict, waiting


def submission(name: str, **changes: object) -> Submission:
    return Submission(name, "r1", "soft labels", "", [], None, [], {}, 1, 1, **changes)  # type: ignore[arg-type]


def state() -> RunState:
    flag = Flag("f1", "constant", "r1", "s2", ev.head_of("always the same"), [3], 9)
    bare = Flag("f2", "loop", "r1", "", ev.head_of("in circles"), [3], 9)
    return RunState(
        researchers={name: Researcher(name, "search", "search", "any") for name in ("r1", "r2")},
        submissions={"s1": submission("s1"), "s2": submission("s2", flags=["f1"], verdict="disqualify")},
        flags={"f1": flag, "f2": bare},
        experiments={
            name: Experiment(name, "r1", [], "", f"try {name}", "research", "", "", 0, 60.0, 0, 1, slot=slot)
            for name, slot in (("x1", "cpu0"), ("x2", ""), ("x3", ""), ("x4", ""))
        },
    )


def test_a_verdict_is_on_a_submission_or_on_that_of_a_flag() -> None:
    asked = Ask("verdict", "", {"submission": "s1", "verdict": "accept", "because": "clean"})
    assert verdict(state(), "s1", "accept", " clean ") == [asked]
    assert verdict(state(), "f1", "reinstate", "it was chance")[0].args["submission"] == "s2"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "word", "because", "sentence"),
    [
        ("", "accept", "clean", "Choose a submission"),
        ("f2", "disqualify", "loops", "Choose a submission"),
        ("s1", "accept", "  ", "needs its reason"),
        ("s1", "reinstate", "why not", "no verdict that could be taken back"),
        ("s2", "disqualify", "again", "disqualified already"),
    ],
)
def test_a_verdict_that_makes_no_sense_is_a_sentence(name: str, word: str, because: str, sentence: str) -> None:
    assert sentence in verdict(state(), name, word, because)


def test_the_likeliest_verdict_is_chosen_at_first() -> None:
    run = state()
    assert likely_verdict(run, "s1") == "accept" and likely_verdict(run, "f1") == "reinstate"
    run.submissions["s2"].verdict = ""
    assert likely_verdict(run, "f1") == likely_verdict(run, "s2") == "disqualify"


@pytest.mark.parametrize(
    ("replication", "sentence"),
    [("running", "being replicated already"), ("replicated", "replicated already"), ("unreplicable", "no method")],
)
def test_what_is_replicated_or_cannot_be_is_not_asked_again(replication: str, sentence: str) -> None:
    run = state()
    assert replicate(run, "s1") == [Ask("replicate", "", {"submission": "s1"})]
    run.submissions["s1"].replication = replication
    assert sentence in replicate(run, "s1")
    assert "Choose a submission" in replicate(run, "*")


def test_a_researcher_is_added_with_what_was_written_and_nothing_empty() -> None:
    assert add(" whom to trust \n", mind="search", model=" ") == [
        Ask("add", "", {"direction": "whom to trust", "mind": "search"})
    ]
    assert "needs a direction" in add(" \n")


def test_those_who_have_ended_are_not_retired_again() -> None:
    run = state()
    run.researchers["r1"].state = "finished"
    assert retire(run, ["r1", "r2"]) == [Ask("retire", "r2")]
    assert retire(run, ["r1"]) == "r1 ended already." and "Choose a researcher" in retire(run, [])


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("80", {"limit": "80"}),
        (" 1,000 ", {"limit": "1000"}),
        ("$2.50", {"limit": "2.50"}),
        ("+20", {"change": "+20"}),
        ("- 5", {"change": "-5"}),
        ("none", {"limit": "none"}),
    ],
)
def test_a_budget_is_set_changed_or_taken_away(text: str, args: dict[str, str]) -> None:
    assert budget([], "usd", text) == [Ask("budget", "", {"what": "usd", **args})]
    assert [ask.researcher for ask in budget(["r1", "r2"], "usd", text) if isinstance(ask, Ask)] == ["r1", "r2"]


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "+", "1e999"])
def test_what_is_no_amount_is_a_sentence(text: str) -> None:
    assert "is no amount" in budget(["r1"], "usd", text)
    assert "no budget of 'wishes'" in budget(["r1"], "wishes", "5")


def test_the_queue_is_moved_by_one_place_or_to_its_front() -> None:
    run = state()
    assert waiting(run) == ["x2", "x3", "x4"]
    assert move(run, "x3", "up") == [Ask("move", "", {"experiment": "x3", "before": "x2"})]
    assert move(run, "x4", "front") == [Ask("move", "", {"experiment": "x4", "before": "x2"})]
    assert move(run, "x2", "down") == [Ask("move", "", {"experiment": "x3", "before": "x2"})]


@pytest.mark.parametrize(
    ("name", "to", "sentence"),
    [
        ("x2", "up", "first in the queue"),
        ("x4", "down", "last in the queue"),
        ("x1", "up", "runs on cpu0"),
        ("", "up", "Choose"),
    ],
)  # fmt: skip
def test_what_cannot_be_moved_is_a_sentence(name: str, to: str, sentence: str) -> None:
    assert sentence in move(state(), name, to)


def test_an_experiment_is_cancelled_once() -> None:
    run = state()
    assert cancel(run, "x1") == [Ask("cancel", "", {"experiment": "x1"})]
    run.experiments["x1"].cancelled = "ada"
    assert "cancelled already" in cancel(run, "x1") and "Choose an experiment" in cancel(run, "x9")
