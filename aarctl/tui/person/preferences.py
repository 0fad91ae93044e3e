"""A person's choices for the room: <home>/room.toml. They hold for every run of the home; defaults where it is silent.

    theme = "aarctl-dark"            # the key t writes this line; see themes.py
    glyphs = "auto"                  # auto | unicode | ascii

    [attention]
    notify = "auto"                  # auto | osc9 | osc777 | bell | title | off
    command = ["notify-send", "--app-name=aarctl", "something in the run"]   # gets the event as JSON on stdin

A mistake costs the one setting it stands in, and one sentence says what to mend.
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "room.toml"
GLYPHS = ("auto", "unicode", "ascii")
NOTIFY = ("auto", "osc9", "osc777", "bell", "title", "off")
MAX_BYTES = 1 << 16

_THEME = re.compile(r"^theme[ \t]*=.*$", re.MULTILINE)


@dataclass(frozen=True)
class Preferences:
    """What room.toml says."""

    theme: str = ""
    """Empty: the default one."""
    glyphs: str = "auto"
    notify: str = "auto"
    command: tuple[str, ...] = ()
    """Run for each thing that wants attention; empty: nothing is run."""
    mistake: str = ""
    """A sentence about the first setting that was not taken."""


def home_of(run: Path) -> Path | None:
    """The home that a run's folder lies in; None where it was copied elsewhere."""
    folder = run.absolute().parent
    return folder.parent if folder.name == "runs" else None


def read(home: Path | None) -> Preferences:
    """The choices of a home; the defaults where there is none, or no file."""
    if home is None:
        return Preferences()
    try:
        with (home / FILE).open("rb") as file:
            text = file.read(MAX_BYTES).decode()
        return parse(tomllib.loads(text))
    except FileNotFoundError:
        return Preferences()
    except OSError as error:
        return Preferences(mistake=f"{FILE} cannot be read: {error.strerror}")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Preferences(mistake=f"{FILE} is not TOML: {error}; nothing of it is taken")


def parse(found: dict[str, Any]) -> Preferences:
    """The choices in a table; a wrong one keeps its default."""
    mistakes: list[str] = []
    attention = found.get("attention", {})
    if not isinstance(attention, dict):
        mistakes.append(f'{FILE}: attention must be a table: [attention], and below it notify = "bell"')
        attention = {}
    theme = found.get("theme", "")
    if not isinstance(theme, str):
        mistakes.append(f"{FILE}: theme = {theme!r} must be a name in quotes; the key t goes through them")
        theme = ""
    command = attention.get("command", [])
    if not isinstance(command, list) or not all(isinstance(word, str) and "\0" not in word for word in command):
        mistakes.append(f'{FILE}: attention.command must be a list of words, such as ["notify-send", "aarctl"]')
        command = []
    glyphs = _one_of("glyphs", found.get("glyphs", "auto"), GLYPHS, mistakes)
    notify = _one_of("attention.notify", attention.get("notify", "auto"), NOTIFY, mistakes)
    return Preferences(theme, glyphs, notify, tuple(command), mistakes[0] if mistakes else "")


def _one_of(name: str, value: object, allowed: tuple[str, ...], mistakes: list[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    mistakes.append(f"{FILE}: {name} = {value!r} is not one of {', '.join(allowed)}")
    return "auto"


def keep_theme(home: Path | None, theme: str) -> None:
    """Remember a theme: its one line is written, all else in the file stays as the person wrote it.

    A file that is no TOML is left alone. Raises OSError.
    """
    if home is None or not home.is_dir():
        return
    file = home / FILE
    text = file.read_text("utf-8") if file.exists() else ""
    line = f'theme = "{theme}"'
    top = re.split(r"^\s*\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    made = _THEME.sub(line, text, count=1) if _THEME.search(top) else f"{line}\n{text}"
    try:
        tomllib.loads(made)
    except tomllib.TOMLDecodeError:
        return
    handle, draft = tempfile.mkstemp(prefix=".room-", dir=home)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(made)
        os.replace(draft, file)
    except BaseException:
        os.unlink(draft)
        raise
