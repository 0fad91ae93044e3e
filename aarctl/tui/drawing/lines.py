"""A line of the screen as data: pieces of text, each with a tone. No Textual here.

Panes are functions from state to lines, so they are tested as text. Tones are a closed list of meanings;
what they look like is decided once, in app.tcss. No meaning is carried by a tone alone. `Painter`
(paint.py) cleans every piece, so untrusted text may be put into a line as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..transcript.clean import clean, clean_line
from ..transcript.wrap import cells, wrap

LONGEST = 2_000
"""Characters of a text that are looked at for one line of the screen: more than any terminal is wide."""
TONES = ("plain", "strong", "dim", "faint", "accent", "good", "warn", "bad", "here", "row")
"""here: a notice that must be seen. row: the ground of the cursor's line. faint: rules and empty bars."""


class Piece(NamedTuple):
    """Text of one tone."""

    text: str
    tone: str = "plain"


Line = tuple[Piece, ...]
EMPTY: Line = ()


def line(*pieces: Piece | str | tuple[str, str]) -> Line:
    """A line of pieces, cleaned; a bare string is plain, empty ones are left out."""
    made = (Piece(piece) if isinstance(piece, str) else Piece(*piece) for piece in pieces)
    return tuple(Piece(_bounded(piece.text), piece.tone) for piece in made if piece.text)


def _bounded(text: str) -> str:
    """`text` cleaned, on one line, and its end left out where it is endless."""
    return clean_line(text) if len(text) <= LONGEST else clean_line(text[:LONGEST]) + "…"


def plain(of: Line) -> str:
    """The text of a line."""
    return "".join(piece.text for piece in of)


def width(of: Line) -> int:
    """Cells that a line takes."""
    return sum(cells(piece.text) for piece in of)


def cut(text: str, room: int) -> str:
    """`text` in at most `room` cells, with an ellipsis where something was cut off."""
    text = _bounded(text)
    if cells(text) <= room:
        return text
    if room <= 1:
        return "…"[: max(room, 0)]
    taken = 0
    for at, char in enumerate(text):
        taken += cells(char)
        if taken >= room:
            return text[:at].rstrip() + "…"
    return text


def fit(of: Line, room: int) -> Line:
    """A line cut to `room` cells."""
    if width(of) <= room:
        return of
    kept: list[Piece] = []
    for piece in of:
        size = cells(piece.text)
        if size >= room:
            kept.append(Piece(cut(piece.text, room) if size > room else cut(piece.text + "…", room), piece.tone))
            break
        kept.append(piece)
        room -= size
    return tuple(kept)


def pad(text: str, room: int, right: bool = False) -> str:
    """`text` in exactly `room` cells."""
    text = cut(text, room)
    space = " " * (room - cells(text))
    return space + text if right else text + space


def wrapped(text: str, room: int, limit: int = 1 << 30) -> list[str]:
    """`text` (untrusted, of any number of lines) as lines of at most `room` cells."""
    text = clean(text)
    return [text[start:end] for start, end in wrap(text, max(room, 2), limit)]


class Column(NamedTuple):
    """A column of a table. When the room is short, the one of the highest `give` goes first."""

    name: str
    room: int
    give: int = 0
    right: bool = False
    grow: bool = False
    """Takes the room that is left."""


class Table:
    """Columns laid out for a width: which of them are shown, and how wide each is."""

    GAP = 2

    def __init__(self, columns: Sequence[Column], room: int) -> None:
        shown = list(columns)
        while len(shown) > 1 and self._width(shown) > room:
            giving = max(shown, key=lambda column: column.give)
            if giving.give == 0:
                break
            shown.remove(giving)
        spare = max(room - self._width(shown), 0)
        growing = sum(column.grow for column in shown)
        self.columns = [
            column._replace(room=column.room + spare // growing) if column.grow else column for column in shown
        ]

    def _width(self, columns: Sequence[Column]) -> int:
        return sum(column.room for column in columns) + self.GAP * (len(columns) - 1)

    @property
    def names(self) -> list[str]:
        """The columns that have room."""
        return [column.name for column in self.columns]

    def header(self) -> Line:
        """The names of the columns, dim."""
        return self.row(lambda column: (column.name, "dim"))

    def row(self, cell: Callable[[Column], Piece | str | tuple[str, str]]) -> Line:
        """One row; `cell` gives the text of a column."""
        pieces: list[Piece] = []
        for index, column in enumerate(self.columns):
            value = cell(column)
            piece = Piece(value) if isinstance(value, str) else Piece(*value)
            gap = "" if index == 0 else " " * self.GAP
            pieces.append(Piece(gap + pad(piece.text, column.room, column.right), piece.tone))
        return tuple(pieces)


def joined(parts: Iterable[Line], between: str = "  ") -> Line:
    """Lines after each other on one line."""
    pieces: list[Piece] = []
    for part in parts:
        if part and pieces:
            pieces.append(Piece(between))
        pieces.extend(part)
    return tuple(pieces)
