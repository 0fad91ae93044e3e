"""Editing as pure functions: the one place that is meant, or an error that says where to look."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aarctl.tools.editing import CHANGED_LINES, LINE_CHARS, context, insert, lines_of, numbered, replace
from aarctl.tools.tool import ToolError

texts = st.text(st.sampled_from("ab \n\té"), max_size=60)
pieces = st.text(st.sampled_from("ab \n"), min_size=1, max_size=6)
CODE = "import os\n\n\ndef train(task, seed, out):\n    rate = 1e-4\n    fit(task, rate)\n    save(out)\n"


def told(text: str, old: str, new: str = "x") -> str:
    """What is said of a replacement that cannot be made."""
    with pytest.raises(ToolError) as refused:
        replace(text, old, new)
    return str(refused.value)


@given(texts, pieces, texts)
def test_what_stands_once_is_replaced_and_nothing_else_changes(text: str, old: str, new: str) -> None:
    assume(old != new)
    places = [at for at in range(len(text)) if text.startswith(old, at)]
    if len(places) != 1:
        told(text, old, new)
        return
    change = replace(text, old, new)
    assert change.text == text[: places[0]] + new + text[places[0] + len(old) :]
    if change.first <= change.last:
        shown = "\n".join(change.text.split("\n")[change.first - 1 : change.last])
        assert new.removesuffix("\n") in shown


@given(texts, st.integers(0, 70), pieces)
def test_inserted_lines_stand_after_the_line_that_is_named(text: str, after: int, new: str) -> None:
    lines = lines_of(text)
    if after > len(lines):
        with pytest.raises(ToolError, match=f"the file has {len(lines)} lines"):
            insert(text, after, new)
        return
    assert lines_of(insert(text, after, new).text) == lines[:after] + lines_of(new) + lines[after:]


@given(texts, st.integers(1, 9), st.integers(1, 60), st.integers(0, 200))
def test_a_view_shows_the_lines_of_a_range_and_says_how_far_it_came(
    text: str, first: int, last: int, room: int
) -> None:
    lines = lines_of(text)
    last = min(last, len(lines))
    assume(first <= last)
    shown, upto = numbered(lines, first, last, room)
    rows = [row.split("\t", 1) for row in shown.split("\n")]
    assert [(int(number), line) for number, line in rows] == list(enumerate(lines[first - 1 : upto], first))
    assert first <= upto <= last and (upto == first or len(shown) <= room)


@given(texts)
def test_lines_are_counted_as_grep_counts_them(text: str) -> None:
    assert "".join(f"{line}\n" for line in lines_of(text)) in (text, text + "\n")


def test_what_stands_more_than_once_is_named_by_its_lines() -> None:
    assert "at lines 1, 3;" in told("aa\nb\naa\n", "aa")
    assert "at line 1;" in told("aaa\n", "aa")  # also where the places overlap
    assert "and more" in told("a\n" * 30, "a")


def test_what_is_not_there_is_answered_with_the_nearest_line() -> None:
    assert "the nearest is line 5: rate = 1e-4" in told(CODE, "    rate = 3e-4\n")
    assert "stands at line 5 with other white space" in told(CODE, "rate = 1e-4\nfit(task, rate)")
    assert "leave out the line numbers" in told(CODE, "     5\t    rate = 1e-4")
    assert "no line of it is like" in told(CODE, "zebra")
    assert "only white space" in told(CODE, "\t\t")
    assert "no line of it is like" in told("", "zebra")


def test_replacing_nothing_or_by_the_same_is_refused() -> None:
    assert "insert" in told(CODE, "") and "nothing would change" in told(CODE, "seed", "seed")


def test_a_change_is_shown_with_the_lines_around_it() -> None:
    shown = context(replace(CODE, "1e-4", "3e-4"))
    assert shown.splitlines()[3].endswith("5\t    rate = 3e-4") and len(shown.splitlines()) == 6
    assert context(replace(CODE, CODE, "")) == ""
    long = context(insert(CODE, 0, "x\n" * 1_000))
    assert "[... 963 lines ...]" in long and len(long.splitlines()) == CHANGED_LINES + 1
    assert "[... 500 characters more]" in numbered(["y" * (LINE_CHARS + 500)], 1, 1, 9_999)[0]
