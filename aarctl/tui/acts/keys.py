"""Keys as a person reads them: in the footer, those that fit the focused pane and the run; in the help, all. Pure.

Everything here is made from the table of actions, so a key that was remapped is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from ..drawing.lines import Line, Piece, width
from .acting import LASTING
from .actions import STAGE, Action, applies, keys_of

GLYPHS = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "enter": "⏎", "escape": "esc",
    "pageup": "pgup", "pagedown": "pgdn", "delete": "del", "question_mark": "?", "left_square_bracket": "[",
    "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}", "colon": ":", "slash": "/",
    "plus": "+", "minus": "-", "equals_sign": "=", "comma": ",", "full_stop": ".", "semicolon": ";",
    "less_than_sign": "<", "greater_than_sign": ">", "exclamation_mark": "!", "at": "@", "number_sign": "#",
    "dollar_sign": "$", "percent_sign": "%", "ampersand": "&", "asterisk": "*", "underscore": "_", "tilde": "~",
    "apostrophe": "'", "quotation_mark": '"', "vertical_line": "|", "backslash": "\\", "grave_accent": "`",
    "left_parenthesis": "(", "right_parenthesis": ")", "circumflex_accent": "^",
}  # fmt: skip
"""Textual's names of keys that are shown in another way."""
NAMES = {glyph: name for name, glyph in GLYPHS.items() if len(glyph) == 1 and glyph not in "↑↓←→⏎"}
"""What Textual calls a character that is no letter and no digit."""
ARROWS = set("↑↓←→")
FORWARD = {"board": ("verdict", "replicate"), "flags": ("verdict", "replicate")}
"""Actions of every pane that are what these panes are for."""


class Key(NamedTuple):
    """A key and what it does."""

    key: str
    does: str
    tells: str = ""
    """A sentence for the help."""
    action: str = ""
    """The id of what a click on it does; empty: nothing."""


def shown(key: str) -> str:
    """A key as a person reads it."""
    *held, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*held, GLYPHS.get(last, last)])


def _shown_all(actions: Sequence[Action], every: bool) -> str:
    """The keys of actions that stand in one place: ↑↓ or 1-8; with `every`, their other keys too: ↑↓ kj."""
    places = []
    for at in zip_longest(*(keys_of(action) for action in actions)):
        keys = [shown(key) for key in at if key]
        digits = [key for key in keys if key.isdigit()]
        if len(digits) > 2 and digits == keys:
            places.append(f"{keys[0]}-{keys[-1]}")
        else:
            places.append(("" if set(keys) <= ARROWS else " ").join(keys))
        if not every:
            break
    return " ".join(places)


def gathered(actions: Iterable[Action], *, every: bool = False) -> list[Key]:
    """The actions as keys, those of one `beside` in one place; without `every`, actions without a key are left out."""
    groups: dict[str, list[Action]] = {}
    for action in actions:
        if every or action.keys:
            groups.setdefault(action.beside or f"-{action.id}", []).append(action)
    found = []
    for name, group in groups.items():
        first = group[0]
        does = first.title if name.startswith("-") else name
        tells = " ".join(dict.fromkeys(action.tells for action in group))
        if len(group) > 2:
            tells = ", ".join(action.title for action in group) + "."
        found.append(Key(_shown_all(group, every), does, tells, group[-1].id if len(group) <= 2 else ""))
    return found


def keys_here(
    actions: Sequence[Action],
    pane: str,
    *,
    replay: bool = False,
    readonly: bool = False,
    over: bool = False,
    words: dict[str, str] | None = None,
) -> list[Key]:
    """The keys of the footer, most useful first; help and quit come after them.

    `words` says what a key does at this moment where that is not its title: {"pause": "resume"}.
    """
    found = [action for action in actions if action.foot and applies(action, pane, replay=replay)]
    if replay or readonly:
        found = [action for action in found if not action.changes]
    elif over:
        found = [action for action in found if not action.changes or action.id in LASTING]
    if pane == STAGE:
        found = [action for action in found if action.id in ("stop", "palette", "theme")]
    forward = FORWARD.get(pane, ())
    found.sort(key=lambda action: 3 if action.id in forward else action.foot)
    told = words or {}
    return [key._replace(does=told.get(key.action, key.does)) for key in gathered(found)]


def last_keys(actions: Sequence[Action]) -> tuple[Key, ...]:
    """Help and quit: always in the footer."""
    return tuple(gathered(action for action in actions if action.id in ("help", "quit")))


class Laid(NamedTuple):
    """A footer: its keys, and how many cells part them."""

    keys: list[Key]
    gap: int

    @property
    def line(self) -> Line:
        """As one line."""
        pieces: list[Piece] = []
        for at, key in enumerate(self.keys):
            pieces += [Piece((" " * self.gap if at else "") + key.key, "accent"), Piece(f" {key.does}", "dim")]
        return tuple(pieces)

    def at(self, x: int) -> str:
        """The action of the key in cell `x`; empty between two."""
        left = 0
        for at, key in enumerate(self.keys):
            left += self.gap if at else 0
            right = left + width(Laid([key], 0).line)
            if left <= x < right:
                return key.action
            left = right
        return ""


def laid(keys: Sequence[Key], room: int, last: Sequence[Key]) -> Laid:
    """The keys that fit, then the `last` ones; closer together where that lets more of them in."""
    for gap in (3, 2):
        fitting: list[Key] = []
        for key in keys:
            if width(Laid([*fitting, key, *last], gap).line) > room:
                break
            fitting.append(key)
        if len(fitting) == len(keys):
            break
    return Laid([*fitting, *last], gap)
