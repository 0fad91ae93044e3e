"""The person's choices for the room: read with the mistakes in them named, and kept without losing a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from aarctl.tui.person.preferences import FILE, Preferences, home_of, keep_theme, read


def home(tmp_path: Path, text: str) -> Path:
    (tmp_path / FILE).write_text(text, "utf-8")
    return tmp_path


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read(tmp_path) == read(None) == Preferences()


def test_a_file_says_look_glyphs_and_how_to_notify(tmp_path: Path) -> None:
    text = 'theme = "ansi-dark"\nglyphs = "ascii"\n[attention]\nnotify = "bell"\ncommand = ["a", "b c"]\n'
    assert read(home(tmp_path, text)) == Preferences("ansi-dark", "ascii", "bell", ("a", "b c"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('glyphs = "fancy"', "glyphs = 'fancy' is not one of auto, unicode, ascii"),
        ("theme = 3", "theme = 3 must be a name"),
        ("attention = 1", "attention must be a table"),
        ('[attention]\ncommand = "rm -rf"', "must be a list of words"),
        ('[attention]\ncommand = ["a\\u0000b"]', "must be a list of words"),
        ('[attention]\nnotify = "loud"', "attention.notify = 'loud' is not one of"),
        ("theme = ", "is not TOML"),
    ],
)
def test_a_mistake_is_named_and_costs_that_setting_alone(tmp_path: Path, text: str, says: str) -> None:
    found = read(home(tmp_path, text))
    assert says in found.mistake
    assert found.command == () and found.notify == "auto" and found.glyphs == "auto" and found.theme == ""


def test_the_theme_is_kept_beside_what_the_person_wrote(tmp_path: Path) -> None:
    text = '# mine\n[attention] # loud\ncommand = ["a"]\n'
    keep_theme(home(tmp_path, text), "aarctl-light")
    assert (tmp_path / FILE).read_text() == f'theme = "aarctl-light"\n{text}'
    keep_theme(tmp_path, "aarctl-dark")
    assert (tmp_path / FILE).read_text() == f'theme = "aarctl-dark"\n{text}'
    assert read(tmp_path) == Preferences("aarctl-dark", command=("a",))


def test_a_theme_in_another_table_is_not_ours(tmp_path: Path) -> None:
    keep_theme(home(tmp_path, '[other]\ntheme = "x"\n'), "aarctl-dark")
    assert (tmp_path / FILE).read_text() == 'theme = "aarctl-dark"\n[other]\ntheme = "x"\n'


def test_a_file_that_is_no_toml_is_left_alone(tmp_path: Path) -> None:
    keep_theme(home(tmp_path, "half a li = = ne"), "aarctl-dark")
    assert (tmp_path / FILE).read_text() == "half a li = = ne"


def test_a_run_outside_a_home_has_no_preferences(tmp_path: Path) -> None:
    assert home_of(tmp_path / "runs" / "demo") == tmp_path and home_of(tmp_path / "demo") is None
    keep_theme(None, "aarctl-dark")
