"""Help for the pane in focus: what it is for first, then every other key with a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from ..acts.actions import SECTIONS, Action, applies
from ..acts.keys import Key, gathered
from ..content.doing import GLYPHS
from ..drawing.arrange import TITLES
from ..drawing.lines import Line, line, pad, wrapped
from ..scene import Scene
from ..widgets.pane import GUTTER, MARGIN, Content, Pane
from .binding import bind, moving

KEY_ROOM = 12
MARKS = (
    "○ claimed   ● scored   ◆ replicated on fresh seeds",
    "   ".join(f"{glyph} {word}" for word, glyph in GLYPHS.items()),
)


def help_keys(actions: Sequence[Action], pane: str, *, replay: bool) -> list[tuple[str, list[Key]]]:
    """Sections of the page: the pane's own keys, then the table's sections; in a replay nothing that acts."""
    here = [action for action in actions if applies(action, pane, replay=replay) and not (replay and action.changes)]
    own = [action for action in here if action.panes == (pane,)]
    found = [(f"In {TITLES[pane]}", gathered(own, every=True))] if pane in TITLES else []
    for name, rows in SECTIONS.items():
        ids = {action.id for action in rows}
        found.append((name, gathered((one for one in here if one.id in ids and one not in own), every=True)))
    return [(name, keys) for name, keys in found if keys]


def help_lines(sections: Sequence[tuple[str, Sequence[Key]]], room: int) -> list[Line]:
    """The page."""
    lines: list[Line] = []
    for name, keys in sections:
        lines += [(), line((name, "strong"))]
        for key in keys:
            words = wrapped(key.tells or key.does, room - KEY_ROOM - 2)
            shown = key.key if key.key else ":"
            lines.append(line("  ", (pad(shown, KEY_ROOM), "accent"), words[0]))
            lines += [line(" " * (KEY_ROOM + 2), rest) for rest in words[1:]]
    lines += [(), line(("Glyphs", "strong"))]
    lines += [line("  ", (part, "dim")) for words in MARKS for part in wrapped(words, room - 2)]
    return lines[1:]


class _Page(Pane):
    def __init__(self, sections: Sequence[tuple[str, Sequence[Key]]]) -> None:
        super().__init__()
        self._sections = sections

    def content(self, scene: Scene, width: int, height: int) -> Content:
        return Content(help_lines(self._sections, width))

    def redraw(self) -> None:
        if self.size.width:
            room = self.size.width - GUTTER - MARGIN - 1  # the last cell is the scrollbar's, once there is one
            self._content = Content(help_lines(self._sections, room))
            self.virtual_size = self.size.with_height(len(self._content.lines))
            self.refresh()


class HelpScreen(ModalScreen[None]):
    """Any of escape, ? and q closes it."""

    BINDINGS = [Binding("escape,question_mark,q,enter", "dismiss", "close", show=False)]

    def __init__(self, actions: Sequence[Action], pane: str, *, replay: bool) -> None:
        super().__init__()
        self._sections = help_keys(actions, pane, replay=replay)
        bind(self, moving(actions))

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "Help"
            sheet.border_subtitle = "esc closes"
            yield _Page(self._sections)
