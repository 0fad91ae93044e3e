"""Which run to open: each with its status, its best PGR and its age."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from aarctl.home import RunPaths
from aarctl.journal.errors import JournalError
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState

from ..acts.actions import ACTIONS
from ..acts.keys import Key, laid
from ..content.doing import best, worth
from ..content.figures import money, score, span
from ..content.status import status_of
from ..drawing.lines import Column, Line, Piece, Table, line, wrapped
from ..scene import Scene
from ..widgets.pane import Content, Pane
from .binding import bind, moving

COLUMNS = (
    Column("run", 18, grow=True),
    Column("", 17),
    Column("task", 22, 3),
    Column("researchers", 12, 5),
    Column("best PGR", 15, 2),
    Column("cost", 7, 6, right=True),
    Column("last event", 11, 4, right=True),
)
_KEYS = [Key("↑↓", "choose"), Key("⏎", "open")]
_QUIT = Key("q", "quit")


def run_row(paths: RunPaths, table: Table, now: int) -> Line:
    """A run as a row; one that cannot be read says so."""
    try:
        with JournalReader(paths.root) as reader:
            state, supervised = reader.state(), reader.supervised()
    except JournalError as error:
        return line((f"{paths.name}  ", "strong"), (f"✗ {error}", "bad"))
    return table.row(lambda column: _cell(paths, state, supervised, now, column))


def _cell(paths: RunPaths, state: RunState, supervised: bool, now: int, column: Column) -> tuple[str, str]:
    match column.name:
        case "run":
            return paths.name, "strong"
        case "":
            status = status_of(state, supervised, waited_us=now)
            return f"{status.glyph} {status.word}", status.tone
        case "task":
            return state.task or "–", "plain"
        case "researchers":
            return str(len(state.researchers)), "plain"
        case "best PGR":
            found = best(state)
            return ("–", "dim") if found is None else (score(worth(state, found)), "accent")
        case "cost":
            return money(state.nusd), "dim"
        case _:
            return (f"{_ago(now - state.at)}" if state.at else "–"), "dim"


def _ago(us: int) -> str:
    seconds = max(us, 0) / 1e6
    if seconds < 60:
        return "now"
    return f"{span(seconds)} ago" if seconds < 2 * 86400 else f"{seconds / 86400:.0f} days ago"


BEGINNINGS = (
    ("aarctl run recipes/quickstart.toml", "the whole experiment, small: no key, no GPU, some four minutes"),
    ("aarctl run recipes/fake-claude.toml", "a rehearsal of Claude researchers: a script answers, play money"),
    ("aarctl doctor", "what protection this machine gives to what researchers run"),
    ("aarctl --help", "everything else"),
)
"""What to type where there is no run, and what comes of it."""


def no_run_lines(room: int) -> list[Line]:
    """The screen of a home without a run."""
    lines: list[Line] = [line(("There is no run yet.", "strong")), line(("Leave with q and type:", "dim"))]
    for words, comes in BEGINNINGS:
        told = (line("    ", (part, "dim")) for part in wrapped(comes, room - 4))
        lines += [(), line("  ", (words, "accent")), *told]
    return lines


class RunList(Pane):
    """The runs."""

    FIXED = 1

    def __init__(self, runs: Sequence[RunPaths], clock: Callable[[], int]) -> None:
        super().__init__()
        self._runs, self._clock = runs, clock

    def redraw(self) -> None:
        """The list does not come from a scene."""
        width = max(self.size.width - 2, 8)
        if not self._runs:
            self._content = Content(no_run_lines(width))
        else:
            table = Table(COLUMNS, width)
            rows = [run_row(paths, table, self._clock()) for paths in self._runs]
            self._content = Content([table.header(), *rows], ["", *(paths.name for paths in self._runs)])
            self.cursor = self.cursor or self._runs[0].name
        self.virtual_size = self.size.with_height(len(self._content.lines))
        self.refresh()


class _Line(Pane, can_focus=False):
    def __init__(self, words: Line, **options: str) -> None:
        super().__init__(**options)
        self._content = Content([words])

    def content(self, scene: Scene, width: int, height: int) -> Content:
        return self._content


class PickerScreen(Screen[Path | None]):
    """Gives back the folder of the chosen run; None when the person leaves."""

    BINDINGS = [
        Binding("q,escape", "leave", "quit", show=False),
        Binding("enter", "focused.choose", "open", show=False),
    ]

    def __init__(self, runs: Sequence[RunPaths], clock: Callable[[], int]) -> None:
        super().__init__()
        self._runs, self._clock = list(runs), clock
        bind(self, moving(ACTIONS))

    def compose(self) -> ComposeResult:
        """A title, the list, the keys."""
        yield _Line((Piece("aarctl", "strong"), Piece("   which run?" if self._runs else "", "dim")), id="title")
        yield RunList(self._runs, self._clock)
        yield _Line(laid(_KEYS if self._runs else [], 60, (_QUIT,)).line, id="keys")

    def on_mount(self) -> None:
        """Ready to choose."""
        self.query_one(RunList).focus()

    @on(Pane.Chosen)
    def _chosen(self, message: Pane.Chosen) -> None:
        self.dismiss(next(paths.root for paths in self._runs if paths.name == message.key))

    def action_leave(self) -> None:
        """No run."""
        self.dismiss(None)
