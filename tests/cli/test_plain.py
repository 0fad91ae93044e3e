"""What a terminal may see of a text that a researcher wrote."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.cli.plain import clean, line


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain words", "plain words"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#1\x1b\\after", "after"),
        ("\x9b2Jgone", "gone"),
        ("\x9d0;title\x9cafter", "after"),
        ("\x1bcreset", "reset"),
        ("a\x00b\x07c\x08d\x7fe\x85f", "abcde\nf"),
        ("over\rwritten", "over\nwritten"),
        ("win\r\nunix", "win\nunix"),
        ("tab\tstop", "tab    stop"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("zero\u200bwidth\u200d", "zerowidth"),
        ("\U000e0041tag", "tag"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("\u4e2d\u6587 \u00e9\u0301 \U0001f642", "\u4e2d\u6587 \u00e9\u0301 \U0001f642"),
        ("[bold]kept[/bold]", "[bold]kept[/bold]"),
    ],
)
def test_controls_go_and_words_stay(written: str, shown: str) -> None:
    assert clean(written) == shown


@given(st.text())
def test_no_control_or_format_character_survives_any_text(text: str) -> None:
    left = {unicodedata.category(each) for each in clean(text) if each != "\n"}
    assert not left & {"Cc", "Cs"}
    assert "\x1b" not in clean(text)


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_line_is_one_line_and_says_when_it_is_cut() -> None:
    assert line(" one\n two\tthree ") == "one two three"
    assert line("0123456789", 8) == "01234..."
    assert line("01234567", 8) == "01234567"
