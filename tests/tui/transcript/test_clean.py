"""Cleaning: nothing that acts on a terminal is left, and plain text is not touched."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.tui.transcript.clean import clean, clean_line
from tests.fakes.journals import HOSTILE


def is_harmless(char: str) -> bool:
    return char == "\n" or (unicodedata.category(char) not in ("Cc", "Cs") and char not in "\u202e\u200b\ufeff")


@given(st.text(alphabet=st.characters(), max_size=200))
def test_nothing_is_left_that_acts_on_a_terminal(text: str) -> None:
    assert all(is_harmless(char) for char in clean(text))


@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=200))
def test_plain_text_is_not_touched(text: str) -> None:
    assert clean(text) is text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_become_one_harmless_line(text: str) -> None:
    line = clean_line(text)
    assert "\n" not in line and all(is_harmless(char) for char in line)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x9b2Jafter", "after"),
        ("a\tb", "a    b"),
        ("a\r\nb\rc", "a\nbc"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("left\u202eright", "left\ufffdright"),
        ("👩\u200d👧 ❤\ufe0f", "👩👧 ❤"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
    ],
)
def test_what_is_removed_and_what_is_shown(text: str, left: str) -> None:
    assert clean(text) == left


def test_an_unterminated_sequence_does_not_swallow_the_text() -> None:
    assert "the end" in clean("\x1b]0;" + "x" * 5_000 + "the end")
