"""Every glyph of the room and its ASCII twin: one table, applied to whole lines as the last thing before the terminal.

Nothing else in the room knows about it. A twin is as wide as its glyph, so no layout changes; what has no twin (text
of researchers) becomes question marks. ASCII is chosen by AARCTL_ASCII=1, by room.toml, or by a locale whose character
set is not UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from ..transcript.wrap import cells

TWINS = {
    "○": "o", "●": "*", "◆": "#", "◇": "?", "◌": ".", "◔": ",", "◐": "/", "■": "#", "▣": "$", "⊘": "!", "‖": "=",
    "❆": "%", "✓": "+", "✗": "x", "⚑": "F", "▸": ">", "▲": "^", "»": ">", "▾": "v", "▶": ">", "▌": "|", "│": "|",
    "·": ".", "…": "~", "–": "-", "←": "<", "→": ">", "↑": "^", "↓": "v", "⏎": "<", "─": "-", "━": "=", "═": "=",
    "×": "x", "±": "~", "★": "*", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "▁": "_", "▂": ".",
    "▃": ",", "▄": "-", "▅": "~", "▆": "=", "▇": "+", "█": "#", "░": ".", "▒": ":", "▓": "%", "▎": "|", "▊": "|",
    "▔": "-", "▀": "-", "▐": "|", "❄": "*", "☆": "*", "≥": ">", "°": " ",
    "≤": "<", "⟳": "@", "␡": "?", "\ufffd": "?",
}  # fmt: skip
_TABLE = str.maketrans(TWINS)
UNKNOWN = "?"

_BRAILLE = 0x2800
_ROWS = (0x01 | 0x08, 0x02 | 0x10, 0x04 | 0x20, 0x40 | 0x80)  # dots of each row of a braille cell, from the top
_LEVELS = "'--_"


def ascii_wanted(environ: Mapping[str, str], chosen: str = "auto") -> bool:
    """Whether the room draws in ASCII; `chosen` is what room.toml says. Where nothing says so, it does not."""
    asked = environ.get("AARCTL_ASCII", "")
    if asked:
        return asked != "0"
    if chosen != "auto":
        return chosen == "ascii"
    named = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name, ""))), "utf-8")
    return "utf8" not in named.lower().replace("-", "")


@lru_cache(4096)
def in_ascii(text: str) -> str:
    """`text` in as many cells of ASCII."""
    if text.isascii():
        return text
    text = text.translate(_TABLE)
    return text if text.isascii() else "".join(char if char.isascii() else _twin(char) for char in text)


def _twin(char: str) -> str:
    dots = ord(char) - _BRAILLE
    if not 0 <= dots < 256:
        return UNKNOWN * cells(char)
    rows = [at for at, row in enumerate(_ROWS) if dots & row]
    return "|" if len(rows) > 2 else _LEVELS[rows[0]] if rows else " "


class InAscii(LineFilter):
    """Draws lines with the twins."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same cells in ASCII."""
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]
