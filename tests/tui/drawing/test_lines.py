"""Lines, tables and cutting: exact in cells, whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.tui.drawing.lines import Column, Table, cut, fit, line, pad, plain, width, wrapped
from aarctl.tui.transcript.wrap import cells
from tests.fakes.journals import HOSTILE

anything = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


@given(anything, st.integers(0, 30))
def test_cut_and_padded_texts_fit_their_room(text: str, room: int) -> None:
    assert cells(cut(text, room)) <= room
    assert cells(pad(text, room)) == room


@given(st.lists(st.tuples(anything, st.sampled_from(["plain", "dim"])), max_size=5), st.integers(1, 60))
def test_a_fitted_line_fits(pieces: list[tuple[str, str]], room: int) -> None:
    assert width(fit(line(*pieces), room)) <= room


@given(anything, st.integers(2, 40))
def test_wrapped_lines_fit(text: str, room: int) -> None:
    assert all(cells(one) <= room for one in wrapped(text, room))


def test_what_is_cut_ends_in_an_ellipsis() -> None:
    assert cut("prior agreement", 9) == "prior ag…" and cut("short", 9) == "short" and cut("語語語", 4) == "語…"


def test_a_table_drops_what_gives_most_and_grows_what_may() -> None:
    columns = [Column("id", 3), Column("method", 6, grow=True), Column("claimed", 7, 2), Column("exact", 5, 9)]
    assert Table(columns, 60).names == ["id", "method", "claimed", "exact"]
    assert Table(columns, 22).names == ["id", "method", "claimed"]
    narrow = Table(columns, 16)
    assert narrow.names == ["id", "method"]
    assert plain(narrow.row(lambda column: "a long value")) == "a…   a long val…"


@pytest.mark.parametrize("room", [1, 7, 30, 200])
def test_a_table_keeps_what_must_stay(room: int) -> None:
    assert Table([Column("id", 3), Column("note", 9, 1)], room).names[0] == "id"


def test_an_endless_text_is_cut_like_any_other() -> None:
    assert cut("x" * 10_000_000, 10) == "xxxxxxxxx…"
    assert cut("\x1b[31m" * 2_000_000, 10) == "…"
    assert plain(fit(line(("y" * 10_000_000, "dim")), 5)) == "yyyy…"
