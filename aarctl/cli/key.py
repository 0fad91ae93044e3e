"""`aarctl key`: the API key that Claude researchers ask their model with. It is never shown.

ANTHROPIC_API_KEY stands before the key that is kept in the home, and every command here says so where it matters.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from . import money_shapes, speak
from .command import AsJson
from .errors import Failed

app = typer.Typer(
    help="Keep the API key of Claude researchers. It is never shown.", rich_markup_mode=None, no_args_is_help=True
)

READ_CHARS = 65_536  # of stdin: far more than any key, so that what is too much is seen and refused


@app.command("set")
def set_() -> None:
    """Keep an API key in the home, readable by you alone.

    It asks on a terminal and shows nothing of what you type; otherwise it reads one line from stdin. A run that was
    paused for want of a key takes the new one when it is resumed.
    """
    from ..minds.claude import write_key

    file = write_key(_home(), _asked() if sys.stdin.isatty() else _piped())
    speak.say(f"kept in {file}, readable by you alone")
    if _variable():
        speak.warn(f"{_name()} is set and stands before it: unset it to use this one")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Say whether there is a key, and where it is from.

    Nothing is asked of the service and nothing is spent, so it may still be a key that the service does not know.
    """
    from ..minds.claude import NoKey, read_key

    kept = _file().exists()
    try:
        source, problem = read_key(_home()).source, ""
    except NoKey:
        source, problem = None, trouble(_home())
    if as_json:
        speak.dump(money_shapes.KeyFound(there=not problem, source=source, kept=kept, problem=problem))
    if problem:
        raise Failed(problem)
    if not as_json:
        beside = f"; it stands before {_file()}" if _variable() and kept else ""
        speak.say(f"there is a key, from {source}{beside}")


@app.command()
def forget() -> None:
    """Remove the key that is kept in the home."""
    try:
        _file().unlink()
        speak.say(f"{_file()} is removed")
    except FileNotFoundError:
        speak.say(f"{_file()} is not there: nothing to forget")
    if _variable():
        speak.warn(f"{_name()} is still set, and is the key that is used")


def trouble(home: Path) -> str:
    """Why there is no key that can be used, and what to do; empty when there is one."""
    from ..minds.claude import NoKey, read_key
    from ..minds.claude.key import FILE, VARIABLE

    try:
        read_key(home)
    except NoKey as problem:
        if (home / FILE).exists() or os.environ.get(VARIABLE, "").strip():
            return str(problem)
        return f"there is no API key: set {VARIABLE}, or keep one with `aarctl key set`"
    return ""


def _asked() -> str:
    """What a person types; it is echoed nowhere."""
    return str(typer.prompt("API key", hide_input=True))


def _piped() -> str:
    """The one line on stdin. Raises Failed."""
    lines = sys.stdin.read(READ_CHARS).strip().splitlines()
    if not lines:
        raise Failed("stdin is empty; give the key as one line, or run `aarctl key set` on a terminal")
    if len(lines) > 1:
        raise Failed(f"stdin has {len(lines)} lines, and a key is one; nothing was kept")
    return lines[0]


def _home() -> Path:
    from ..home import Home

    return Home.default().root


def _file() -> Path:
    from ..minds.claude.key import FILE

    return _home() / FILE


def _name() -> str:
    from ..minds.claude.key import VARIABLE

    return VARIABLE


def _variable() -> bool:
    """Whether the environment gives a key, which then is the one that is used."""
    return bool(os.environ.get(_name(), "").strip())
