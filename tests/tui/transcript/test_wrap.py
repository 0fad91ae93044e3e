"""Wrapping: no line is wider than its room, nothing is lost but the spaces at breaks, giants stay cheap."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.tui.transcript.clean import clean
from aarctl.tui.transcript.wrap import cells, wrap

texts = st.text(
    alphabet=st.one_of(st.sampled_from("ab  \n語한e\u0301👩-"), st.characters(codec="utf-8")), max_size=200
).map(clean)
widths = st.integers(2, 40)


@given(texts, widths)
def test_no_line_is_wider_than_its_room(text: str, width: int) -> None:
    assert all(cells(text[start:end]) <= width for start, end in wrap(text, width))


@given(texts, widths)
def test_nothing_is_lost_but_spaces_and_line_feeds_at_breaks(text: str, width: int) -> None:
    at = 0
    for start, end in wrap(text, width):
        assert start >= at and text[at:start] in ("", " ", "\n")
        at = end
    assert text[at:] in ("", " ")


@given(texts, widths, st.integers(1, 6))
def test_a_limit_gives_the_first_lines(text: str, width: int, limit: int) -> None:
    assert wrap(text, width, limit) == wrap(text, width)[:limit]


@pytest.mark.parametrize("text", ["", "\n", "one\n\ntwo\n"])
def test_empty_lines_are_lines(text: str) -> None:
    assert len(wrap(text, 10)) == text.count("\n") + 1


def test_words_stay_whole_where_they_fit() -> None:
    text = "the weak teacher teaches"
    assert [text[a:b] for a, b in wrap(text, 12)] == ["the weak", "teacher", "teaches"]


@pytest.mark.parametrize("unit", ["x", "語", "e\u0301", "word "])
def test_a_giant_line_costs_no_more_than_what_is_shown_of_it(unit: str) -> None:
    giant = unit * 2_000_000
    begun = time.process_time()
    assert len(wrap(giant, 80, 12)) == 12
    assert time.process_time() - begun < 1  # what is not shown would cost 20


def test_a_heap_of_combining_marks_is_broken_up() -> None:
    lines = wrap("e" + "\u0301" * 10_000, 20, 50)
    assert max(end - start for start, end in lines) <= 80
