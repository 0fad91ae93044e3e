"""The screen "While you were away": enter on a line goes to its place, any other key closes it."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen

from ..content.digest import Digest, Entry
from ..content.figures import span
from ..drawing.lines import Line, Piece, fit, pad, plain
from ..transcript.clean import clean_line
from ..transcript.wrap import wrap
from ..widgets.pane import GUTTER, MARGIN, Content, Pane

WORD = 16  # cells of the word that says what a line is about
WRAPPED = 3  # lines that an entry may take
MOVES = ("up", "down", "j", "k", "enter", "pageup", "pagedown", "home", "end")


def digest_content(found: Digest, width: int) -> Content:
    """The lines, each entry under a key of its own: its number."""
    lines: list[Line] = []
    keys: list[str] = []
    for number, entry in enumerate(found.entries):
        head = (Piece(f"{entry.glyph} ", entry.tone), Piece(pad(entry.what, WORD - 2), "dim"))
        for at, part in enumerate(_parts(entry.words, width - WORD)):
            lines.append((*(head if at == 0 else (Piece(" " * WORD),)), *part))
            keys.append(str(number))
    return Content(lines, keys)


def _parts(words: Line, room: int) -> list[Line]:
    """The words on one line, on two where they are longer, cut where they are longer still."""
    words = tuple(Piece(clean_line(piece.text), piece.tone) for piece in words)
    spans = wrap(plain(words), max(room, 8), WRAPPED + 1)
    parts = [_span(words, start, end) for start, end in spans[:WRAPPED]]
    if len(spans) > WRAPPED:
        parts[-1] = fit((*parts[-1], Piece(" " * room)), room)
    return parts


def _span(words: Line, start: int, end: int) -> Line:
    """The characters from `start` to `end` with their tones."""
    found: list[Piece] = []
    at = 0
    for piece in words:
        text = piece.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            found.append(piece._replace(text=text))
        at += len(piece.text)
    return tuple(found)


class DigestPane(Pane):
    """The entries."""

    BINDINGS = [
        Binding("up,k", "cursor(-1)", "up", show=False),
        Binding("down,j", "cursor(1)", "down", show=False),
        Binding("enter", "choose", "go there", show=False),
    ]

    def __init__(self, found: Digest) -> None:
        super().__init__()
        self._found = found

    def redraw(self) -> None:
        """The lines do not come from a scene."""
        if self.size.width:
            self._content = digest_content(self._found, self.size.width - GUTTER - MARGIN)
            self.cursor = self.cursor or next(iter(self._content.keys), "")
            self.virtual_size = Size(self.size.width, len(self._content.lines))
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as what it says."""
        return len(digest_content(self._found, width - GUTTER - MARGIN).lines)


class DigestScreen(ModalScreen[Entry | None]):
    """Gives back the entry that the person wants to see; None when it was closed."""

    def __init__(self, found: Digest) -> None:
        super().__init__()
        self._found = found

    def compose(self) -> ComposeResult:
        """A sheet that is as high as what it says."""
        with Vertical(classes="sheet small", id="away") as sheet:
            sheet.border_title = f"While you were away, {span(self._found.away_us / 1e6)}"
            sheet.border_subtitle = "⏎ goes there   any other key closes"
            yield DigestPane(self._found)

    def on_mount(self) -> None:
        """Ready to choose."""
        self.query_one(DigestPane).focus()

    def on_key(self, event: events.Key) -> None:
        """Whatever does not move the cursor closes the screen, and does nothing else."""
        if event.key not in MOVES:
            event.stop()
            event.prevent_default()
            self.dismiss(None)

    @on(Pane.Chosen)
    def _chosen(self, message: Pane.Chosen) -> None:
        message.stop()
        self.dismiss(self._found.entries[int(message.key)])
