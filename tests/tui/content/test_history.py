"""The plot: what is drawn, by which glyph, and that it never leaves its room."""

import pytest

from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.tui.content.history import best_so_far, plot, points
from aarctl.tui.drawing.braille import Canvas
from aarctl.tui.drawing.lines import plain, width
from tests.tui.pilot import Told


@pytest.fixture
def state(told) -> RunState:  # type: ignore[no-untyped-def]
    run: Told = told("finished")
    with JournalReader(run.run) as reader:
        return reader.state()


def test_each_submission_has_what_it_claimed_what_was_scored_and_what_was_replicated(state: RunState) -> None:
    kinds = [(point.submission, point.kind) for point in points(state)]
    assert kinds.count(("s6", "claimed")) == kinds.count(("s6", "scored")) == 1
    assert ("s6", "replicated") in kinds and ("s1", "replicated") not in kinds


def test_the_best_so_far_only_rises(state: RunState) -> None:
    values = [value for _, value in best_so_far(state)]
    assert values == sorted(values) and values[-1] == 0.76


def test_a_disqualified_submission_is_not_the_best(state: RunState) -> None:
    state.submissions["s6"].verdict = "disqualify"
    assert best_so_far(state)[-1][1] == 0.69


def test_the_plot_names_its_reference_lines_and_says_where_they_come_from(state: RunState) -> None:
    text = "\n".join(plain(one) for one in plot(state, state.at, 70, 20, "r3"))
    for words in (
        "weak teacher",
        "ceiling",
        "people .23*",
        "Claude .97*",
        "* published, on another task",
        "◆",
        "●",
        "○",
    ):
        assert words in text


def test_the_chosen_researchers_points_are_accented(state: RunState) -> None:
    drawn = [piece for one in plot(state, state.at, 70, 20, "r3")[:16] for piece in one if "◆" in piece.text]
    assert {"accent", "strong"} <= {piece.tone for piece in drawn}


@pytest.mark.parametrize("size", [(0, 0), (10, 4), (24, 7), (44, 9), (52, 13), (200, 60)])
@pytest.mark.parametrize("empty", [True, False])
def test_the_plot_stays_in_its_room(state: RunState, size: tuple[int, int], empty: bool) -> None:
    lines = plot(RunState() if empty else state, state.at, *size, "r1")
    assert len(lines) <= max(size[1], 1) and all(width(one) <= max(size[0], 0) for one in lines)


def test_a_canvas_ignores_what_lies_outside() -> None:
    canvas = Canvas(3, 2)
    canvas.dot(-1, 0)
    canvas.dot(99, 99)
    canvas.put(2, 0, "ab", "plain")
    canvas.dot(0, 0)
    assert [plain(one) for one in canvas.lines()] == ["⠁ a", "   "]


def test_a_canvas_draws_no_more_than_it_has_however_far_a_line_goes() -> None:
    canvas, whole = Canvas(4, 2), Canvas(4, 2)
    canvas.level(3, "plain", 2, -1_000_000_000_001, 1_000_000_000_000)
    whole.level(3, "plain", 2, 1)
    assert canvas.lines() == whole.lines()
    canvas.rise(2, -1_000_000_000_000, 1_000_000_000_000, "plain")
    assert width(canvas.lines()[1]) == 4


def test_a_clock_that_is_behind_the_journal_makes_no_other_plot(state: RunState) -> None:
    assert plot(state, state.at - 10**12, 60, 14) == plot(state, state.at, 60, 14)
