"""Searching all researchers: a field, and below it who said what when, newest first; enter goes to the place.

The index is built while the person reads; the last line says how far it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from ..content.figures import clock
from ..drawing.lines import Line, Piece, fit, pad, width
from ..transcript.everywhere import Answer, Everywhere, Hit
from ..widgets.pane import GUTTER, MARGIN, Content, Pane

NAME, WHEN = 5, 9  # cells of whose it is and of its time
LABEL = 16  # cells of what kind of event it is


class Place(NamedTuple):
    """Where to go, and what was looked for."""

    seq: int
    researcher: str
    text: str


def result_line(hit: Hit, origin: int, room: int) -> Line:
    """Who, when, what, and the line with the hits marked in it."""
    label = _marked(hit.label, hit.label_spans, 0, "plain")
    label = fit(label, LABEL)
    left = room - NAME - WHEN - LABEL - 2
    begin = max(hit.spans[0][0] - max(left // 3, 4), 0) if hit.spans and hit.spans[0][1] > left else 0
    pieces = (
        Piece(pad(hit.researcher or "fleet", NAME), "strong"),
        Piece(pad(clock(hit.at - origin), WHEN), "dim"),
        *label,
        Piece(" " * (LABEL + 2 - width(label)) + ("…" if begin else ""), "dim"),
        *_marked(hit.line, hit.spans, begin, "dim"),
    )
    return fit(pieces, room)


def _marked(text: str, spans: Sequence[tuple[int, int]], begin: int, tone: str) -> Line:
    """A text from a character on, its hits in a tone of their own."""
    pieces: list[Piece] = []
    at = begin
    for start, end in spans:
        if start >= at:
            pieces += [Piece(text[at:start], tone), Piece(text[start:end], "here")]
            at = end
    pieces.append(Piece(text[at:], tone))
    return tuple(piece for piece in pieces if piece.text)


def standing(answer: Answer, shown: int) -> str:
    """How much was found, and in how much of the history."""
    if not answer.text.strip():
        found = "all words, in any order; the last may have just begun"
    elif answer.total > shown:
        found = f"the newest {shown:,} of {answer.total:,} events"
    else:
        found = f"{answer.total:,} event{'' if answer.total == 1 else 's'}"
    if answer.upto < answer.last:
        found += f" · indexed {100 * answer.upto // max(answer.last, 1)}% so far"
    return found


class Results(Pane, can_focus=False):
    """The hits, one of them under the cursor."""

    def __init__(self, origin: int) -> None:
        super().__init__()
        self._origin = origin
        self.answer = Answer("")

    def give(self, answer: Answer) -> None:
        """Another answer; the cursor stays on its event, or goes to the newest of another question."""
        if answer.text != self.answer.text:
            self.cursor = ""
        self.answer = answer
        self.redraw()

    def redraw(self) -> None:
        """The lines do not come from a scene."""
        if not self.size.width:
            return
        room = max(self.size.width - GUTTER - MARGIN, 8)
        hits = self.answer.hits
        self._content = Content([result_line(hit, self._origin, room) for hit in hits], [str(hit.seq) for hit in hits])
        if self.cursor not in self._content.keys:
            self.cursor = next(iter(self._content.keys), "")
        self.virtual_size = Size(self.size.width, len(hits))
        self.refresh()


class Answered(Message):
    """The search has another answer; it is taken from it, so only the last of these messages matters."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Answered)


class SearchScreen(ModalScreen[Place | None]):
    """Gives back the place to go to; None when the person stays."""

    BINDINGS = [
        Binding("escape", "cancel", "stay", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("pageup", "page(-1)", "page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "page down", show=False, priority=True),
    ]

    def __init__(self, search: Callable[[Callable[[], object]], Everywhere], text: str, origin: int) -> None:
        super().__init__()
        self._make, self._text, self._origin = search, text, origin
        self._search: Everywhere | None = None

    def compose(self) -> ComposeResult:
        """The field, the results, how it stands."""
        with Vertical(classes="sheet", id="everywhere") as sheet:
            sheet.border_title = "Search all researchers"
            sheet.border_subtitle = "↑↓ choose   enter goes there   esc stays"
            yield Input(self._text, placeholder="words", id="words")
            yield Results(self._origin)
            yield Label("", id="standing", markup=False)

    def on_mount(self) -> None:
        """Begin; the thread only posts a message."""
        self.query_one(Input).focus()
        self._search = self._make(lambda: self.post_message(Answered())).start()
        self._search.ask(self._text)
        self._say()

    def on_unmount(self) -> None:
        """The index waits, as far as it was built."""
        if self._search is not None:
            self._search.stop()

    def on_answered(self) -> None:
        """Show the newest answer."""
        if self._search is not None:
            self.query_one(Results).give(self._search.answer)
            self._say()

    @property
    def looking(self) -> bool:
        """Whether there may be another answer to what was typed."""
        answer = self.query_one(Results).answer
        return answer.text != self.query_one(Input).value or answer.upto < answer.last or not answer.last

    def _say(self) -> None:
        assert self._search is not None
        answer = self._search.answer
        words = self._search.error or standing(answer, len(answer.hits))
        self.query_one("#standing", Label).update(words)

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        if self._search is not None:
            self._search.ask(message.value)

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        results = self.query_one(Results)
        found = next((hit for hit in results.answer.hits if str(hit.seq) == results.cursor), None)
        if found is not None and results.answer.text == message.value:
            self.dismiss(Place(found.seq, found.researcher, message.value))

    def on_pane_chosen(self, message: Pane.Chosen) -> None:
        """A click on the line that has the cursor."""
        message.stop()
        results = self.query_one(Results)
        found = next(hit for hit in results.answer.hits if str(hit.seq) == message.key)
        self.dismiss(Place(found.seq, found.researcher, results.answer.text))

    def action_move(self, step: int) -> None:
        """To the next or previous result."""
        self.query_one(Results).action_cursor(step)

    def action_page(self, step: int) -> None:
        """A page of results on."""
        results = self.query_one(Results)
        results.action_cursor(step * max(results.size.height - 1, 1))

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(None)
