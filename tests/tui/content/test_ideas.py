"""The diversity of ideas on the screen: its figures, its line over time, and tags that mean harm."""

from __future__ import annotations

import pytest

from aarctl.journal.state import Diversity, Ideas, RunState
from aarctl.tui.content.history import plot
from aarctl.tui.content.ideas import ideas_lines, over_time
from aarctl.tui.drawing.lines import plain, width
from tests.fakes.journals import HOSTILE

MINUTE = 60_000_000


def run(*window: list[str]) -> RunState:
    history = [Diversity(at * MINUTE, at / 4) for at in range(1, 9)]
    return RunState(at=10 * MINUTE, opened_at=1, ideas=Ideas(window=list(window), history=history))


def test_before_the_first_tag_there_is_nothing_to_say() -> None:
    assert ideas_lines(RunState(), 0, 80) == []


def test_the_line_tells_bits_tags_and_the_most_frequent_ones() -> None:
    state = run(["prior"], ["prior"], ["cross fit"], ["prior", "weights"])
    (one,) = ideas_lines(state, state.at, 90)
    assert plain(one).startswith("ideas 1.3 of 1.6 bits  ")
    assert plain(one).endswith("  3 tags  prior 62%, cross fit 25%, weights 12%")
    first, second = ideas_lines(state, state.at, 90, rows=2)
    assert plain(first).endswith("  3 tags") and plain(second) == "most  prior 62%, cross fit 25%, weights 12%"


@pytest.mark.parametrize("room", [0, 8, 20, 30, 47, 72, 200])
@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_tags_stay_in_their_line(words: str, room: int) -> None:
    for one in ideas_lines(run([words[:40]], ["prior"]), 10 * MINUTE, room, rows=2):
        assert width(one) <= room
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for char in plain(one))


def test_the_line_over_time_holds_each_value_until_the_next() -> None:
    history = [Diversity(20, 1.0), Diversity(45, 2.0), Diversity(46, 1.5)]
    assert over_time(history, 0, 100, 5) == [1.0, 1.0, 1.5, 1.5, 1.5]
    assert over_time([], 0, 100, 3) == [0.0, 0.0, 0.0] and over_time(history, 0, 100, 0) == []


@pytest.mark.parametrize(("height", "lines"), [(6, 0), (7, 1), (14, 1), (15, 2)])
def test_the_plot_gives_ideas_the_room_it_can_spare(height: int, lines: int) -> None:
    state = run(["prior"], ["cross fit"])
    drawn = "\n".join(plain(one) for one in plot(state, state.at, 80, height))
    assert drawn.count("ideas ") + drawn.count("most ") == lines
    assert drawn.count("\n") + 1 <= height
