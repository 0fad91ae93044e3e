"""Plots in text: lines of braille dots, 2 by 4 to a cell, and glyphs on top. Pure; no numpy, no widget."""

from __future__ import annotations

from .lines import Line, Piece

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # [row][column] of Unicode's braille cell


class Canvas:
    """`width` x `height` cells. Dots are addressed from the top left: x < 2 * width, y < 4 * height."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(width, 1), max(height, 1)
        self._dots = [[0] * self.width for _ in range(self.height)]
        self._tones = [["plain"] * self.width for _ in range(self.height)]
        self._glyphs: dict[tuple[int, int], Piece] = {}

    def dot(self, x: int, y: int, tone: str = "plain") -> None:
        """Set one dot; outside the canvas nothing happens. The last tone wins in a cell."""
        column, row = x // 2, y // 4
        if 0 <= column < self.width and 0 <= row < self.height:
            self._dots[row][column] |= _DOTS[y % 4][x % 2]
            self._tones[row][column] = tone

    def level(self, y: int, tone: str, every: int = 1, start: int = 0, end: int | None = None) -> None:
        """A level line, one dot in `every`; what lies outside the canvas costs nothing."""
        last = 2 * self.width if end is None else min(end, 2 * self.width)
        for x in range(max(start, start % every), last, every):
            self.dot(x, y, tone)

    def rise(self, x: int, low: int, high: int, tone: str) -> None:
        """An upright line between two levels."""
        for y in range(max(min(low, high), 0), min(max(low, high) + 1, 4 * self.height)):
            self.dot(x, y, tone)

    def put(self, column: int, row: int, text: str, tone: str, *, over: bool = True) -> bool:
        """Write text over the dots, one character a cell; with `over` false only where no text is yet."""
        cells = [(column + at, row) for at in range(len(text))]
        if not over and any(cell in self._glyphs for cell in cells):
            return False
        for cell, char in zip(cells, text, strict=True):
            if 0 <= cell[0] < self.width and 0 <= cell[1] < self.height:
                self._glyphs[cell] = Piece(char, tone)
        return True

    def lines(self) -> list[Line]:
        """The canvas, row by row."""
        return [self._line(row) for row in range(self.height)]

    def _line(self, row: int) -> Line:
        pieces: list[Piece] = []
        for column in range(self.width):
            dots = self._dots[row][column]
            bare = Piece(chr(0x2800 + dots), self._tones[row][column]) if dots else Piece(" ")
            piece = self._glyphs.get((column, row), bare)
            if pieces and pieces[-1].tone == piece.tone:
                pieces[-1] = Piece(pieces[-1].text + piece.text, piece.tone)
            else:
                pieces.append(piece)
        return tuple(pieces)
