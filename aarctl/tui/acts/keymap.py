"""A person's own keys: <home>/keymap.toml, each line `action = "keys"`, such as `pause = "space, ctrl+p"`.

A file with any mistake in it changes nothing: the default keys stay, and one sentence says what to mend. So keys
are never half as a person wants them.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from textual.keys import Keys

from .actions import ACTIONS, Action, clashes, keys_of
from .keys import GLYPHS, NAMES, shown

MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
NAMED = frozenset({str(key.value) for key in Keys} | set(GLYPHS)) - {"ignore", "<any>"}
MAX_BYTES = 1 << 16


class Keymap(NamedTuple):
    """The table of actions with the person's keys in it."""

    actions: tuple[Action, ...] = ACTIONS
    mistake: str = ""
    """Why the file was not taken; empty when it was, or when there is none."""


class _Mistake(ValueError):
    """A sentence that names the place and the way out."""


def read_keymap(file: Path) -> Keymap:
    """The keys as `file` has them; the defaults where there is no such file, or a mistake in it."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Keymap()
    except OSError as error:
        return _kept(file, f"it cannot be read: {error.strerror}")
    if len(raw) > MAX_BYTES:
        return _kept(file, f"it is longer than {MAX_BYTES} bytes; a line per action is enough")
    try:
        return Keymap(remapped(raw.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return _kept(file, f"it is not TOML: {error}")
    except _Mistake as error:
        return _kept(file, str(error))


def _kept(file: Path, why: str) -> Keymap:
    return Keymap(mistake=f"{file.name}: {why}. The default keys stay.")


def remapped(text: str, actions: Sequence[Action] = ACTIONS) -> tuple[Action, ...]:
    """The table with the keys of a keymap's text. Raises ValueError with a sentence."""
    chosen = {name: _keys(name, value, actions) for name, value in tomllib.loads(text).items()}
    found = tuple(action._replace(keys=chosen.get(action.id, action.keys)) for action in actions)
    for key, one, other in clashes(found):
        named = other if other in chosen else one
        kept = one if named == other else other
        raise _Mistake(f"{named} = {shown(key)!r} is the key of {kept} in the same pane; give one of them another")
    return found


def template(actions: Sequence[Action] = ACTIONS) -> str:
    """A keymap that changes nothing yet: every action with its keys and its sentence, behind a #."""
    lines = ["# Take the # away in front of a line and write your own keys; the other actions keep theirs.", ""]
    for action in actions:
        keys = ", ".join(shown(key) if shown(key)[-1] in NAMES else key for key in keys_of(action))
        lines += [f"# {action.tells}", f"# {action.id} = {_quoted(keys)}", ""]
    return "\n".join(lines)


def _quoted(keys: str) -> str:
    return f"'{keys}'" if '"' in keys or "\\" in keys else f'"{keys}"'


def _keys(name: str, value: object, actions: Sequence[Action]) -> str:
    """What stands behind an action's name, as Textual names it."""
    known = [action.id for action in actions]
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"is it {near[0]}?" if near else "the action keymap lists them"
        raise _Mistake(f"there is no action {name[:40]!r}; {hint}")
    if not isinstance(value, str):
        raise _Mistake(f'{name} wants its keys in quotes, such as {name} = "p" or "ctrl+p, p"')
    return ",".join(_key(name, key) for key in _parted(value))


def _parted(value: str) -> list[str]:
    """Keys between commas; a comma alone is the key."""
    if value.strip() == ",":
        return [","]
    return [part.strip() for part in value.split(",")] if value.strip() else []


def _key(name: str, key: str) -> str:
    *held, last = key.split("+") if len(key) > 1 else [key]
    wrong = [part for part in held if part not in MODIFIERS]
    plain = last in NAMES or last in NAMED or (len(last) == 1 and last.isalnum())
    if wrong or not plain:
        raise _Mistake(
            f"{name} = {key[:40]!r} is no key; write p, P, space, ?, f5, ctrl+p or pagedown, with commas between"
        )
    return "+".join([*held, NAMES.get(last, last)])
