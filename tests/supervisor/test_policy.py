"""Which submissions are replicated, and what a round waits for."""

from __future__ import annotations

from aarctl.journal.events import Interval
from aarctl.journal.state import Command, Experiment, Researcher, RunState, Submission
from aarctl.recipe import Recipe
from aarctl.supervisor.policy import replicating, to_replicate, unsettled
from tests.fakes.small_run import small_recipe


def submission(name: str, researcher: str, pgr: float | None, seq: int = 1) -> Submission:
    released = None if pgr is None else Interval(pgr, pgr - 0.1, pgr + 0.1)
    return Submission(
        id=name, researcher=researcher, method="m", snapshot="0" * 16, students=[], claimed=None, tags=[], card={},
        seq=seq, at=0, state="claimed" if pgr is None else "scored", released=released,
    )  # fmt: skip


def state(*submissions: Submission, ended: tuple[str, ...] = ("r1", "r2")) -> RunState:
    names = {one.researcher for one in submissions} | set(ended)
    return RunState(
        researchers={
            name: Researcher(name, "search", "m", "", state="finished" if name in ended else "thinking")
            for name in sorted(names)
        },
        submissions={one.id: one for one in submissions},
    )


def names(recipe: Recipe, of: RunState) -> list[str]:
    return [one.id for one in to_replicate(recipe, of)]


def test_the_best_of_each_researcher_that_has_ended_is_replicated() -> None:
    board = state(submission("s1", "r1", 0.2), submission("s2", "r1", 0.6), submission("s3", "r2", 0.4))
    assert names(small_recipe(), board) == ["s2", "s3"]


def test_a_researcher_that_still_works_is_waited_for() -> None:
    board = state(submission("s1", "r1", 0.2), submission("s2", "r2", 0.6), ended=("r1",))
    assert names(small_recipe(), board) == ["s1"]


def test_the_earlier_of_two_equal_submissions_is_replicated() -> None:
    board = state(submission("s1", "r1", 0.5, seq=3), submission("s2", "r1", 0.5, seq=9))
    assert names(small_recipe(), board) == ["s1"]


def test_the_leader_alone_is_replicated_where_the_recipe_says_so_and_at_once() -> None:
    board = state(submission("s1", "r1", 0.2), submission("s2", "r2", 0.6), ended=())
    assert names(small_recipe("replication.policy=leader"), board) == ["s2"]


def test_nothing_is_replicated_twice_nor_after_a_stop_nor_when_disqualified() -> None:
    board = state(submission("s1", "r1", 0.5))
    board.submissions["s1"].replication = "replicated"
    assert names(small_recipe(), board) == []
    board.submissions["s1"].replication = ""
    board.submissions["s1"].verdict = "disqualify"
    assert names(small_recipe(), board) == []
    board.submissions["s1"].verdict = ""
    board.stopping = True
    assert names(small_recipe(), board) == []


def test_what_a_person_asks_for_is_replicated_whatever_the_policy() -> None:
    board = state(submission("s1", "r1", 0.1), submission("s2", "r1", 0.5), ended=())
    board.commands["c1"] = Command("c1", "replicate", "", {"submission": "s1"}, "me", 0, "acknowledged")
    assert names(small_recipe("replication.policy=none"), board) == ["s1"]


def test_a_round_waits_for_experiments_and_scores_but_not_for_a_paused_researchers_queue() -> None:
    board = state(submission("s1", "r1", 0.5), ended=())
    assert not unsettled(board)
    board.experiments["x1"] = Experiment("x1", "r1", ["true"], "", "t", "research", "", "", 0, 60.0, queued_at=0, seq=1)
    assert unsettled(board)
    board.researchers["r1"].paused = True
    assert not unsettled(board)
    board.experiments["x1"].slot = "cpu0"
    assert unsettled(board)  # what runs when the pause comes is finished
    del board.experiments["x1"]
    board.submissions["s1"].state = "claimed"
    assert unsettled(board)


def test_a_run_waits_for_replications_under_way() -> None:
    board = state(submission("s1", "r1", 0.5))
    assert not replicating(board)
    board.submissions["s1"].replication = "running"
    assert replicating(board)
