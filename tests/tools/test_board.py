"""The researchers' board: released scores, moved by a Ladder."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.events import Interval
from aarctl.journal.state import RunState, Submission
from aarctl.tools.board import STEP, ladder

from .conftest import Bench


def scored(number: int, researcher: str, pgr: float, verdict: str = "") -> Submission:
    return Submission(
        id=f"s{number}", researcher=researcher, method="m", snapshot="0" * 16, students=[], claimed=0.1, tags=["a"],
        card={}, seq=number, at=0, state="scored", released=Interval(pgr, pgr, pgr), exact=Interval(9.9, 9.9, 9.9),
        verdict=verdict,
    )  # fmt: skip


def board(*submissions: Submission) -> RunState:
    return RunState(submissions={one.id: one for one in submissions})


@given(st.lists(st.floats(-1, 2), min_size=1, max_size=30))
def test_a_standing_moves_only_by_a_step(scores: list[float]) -> None:
    standing = None
    for count in range(1, len(scores) + 1):
        (rung,) = ladder(board(*(scored(n, "r1", pgr) for n, pgr in enumerate(scores[:count]))))
        if standing is not None and rung.pgr != standing:
            assert rung.pgr >= standing + STEP
        standing = rung.pgr


def test_the_best_stand_first_and_the_disqualified_do_not_stand() -> None:
    rungs = ladder(board(scored(1, "r1", 0.2), scored(2, "r2", 0.6), scored(3, "r3", 0.9, "disqualify")))
    assert [(rung.researcher, rung.pgr) for rung in rungs] == [("r2", 0.6), ("r1", 0.2)]


async def test_no_exact_figure_is_on_it(bench: Bench) -> None:
    bench.journal.state.submissions["s1"] = scored(1, "r1", 0.25)
    for of in ("fleet", "me"):
        result = await bench.use("board", of=of)
        assert "0.25" in result.text and "9.9" not in result.text + str(result.data)


async def test_a_line_says_what_a_researcher_needs(bench: Bench) -> None:
    assert (await bench.use("board")).text == "nothing is on the board yet"
    assert (await bench.use("board", of="me")).text == "you have submitted nothing yet"
    bench.journal.state.submissions["s1"] = scored(1, "r1", 0.25)
    assert (await bench.use("board")).text == "1. r1 PGR 0.25 with m [a] (s1)"
    assert (await bench.use("board", of="me")).text == "s1 m: scored, PGR 0.25 [0.25, 0.25], claimed 0.10"
    waiting = scored(2, "r1", 0.0)
    waiting.state, waiting.released = "claimed", None
    bench.journal.state.submissions["s2"] = waiting
    assert "s2 m: claimed: not scored yet, claimed 0.10" in (await bench.use("board", of="me")).text
