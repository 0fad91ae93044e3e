"""Help: every key with a sentence."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from ..keys import ACTING, HELP, MOVING, QUIT, REPLAYING, Key
from ..lines import Line, line, pad, wrapped
from ..scene import Scene
from ..widgets.pane import Content, Pane

KEY_ROOM = 10
GLYPHS = (
    "○ claimed   ● scored   ◆ replicated on fresh seeds",
    "◇ thinking  ● acting   ◔ waiting   ‖ paused   ⊘ blocked   ▣ budget reached   ✗ failed   ✓ finished",
)


def help_lines(keys: list[Key], room: int) -> list[Line]:
    """The page."""
    lines: list[Line] = []
    for key in keys:
        if not key.key:
            lines += [(), line((key.does, "strong"))]
            continue
        words = wrapped(key.tells or key.does, room - KEY_ROOM - 2)
        lines.append(line("  ", (pad(key.key, KEY_ROOM), "accent"), words[0]))
        lines += [line(" " * (KEY_ROOM + 2), rest) for rest in words[1:]]
    lines += [(), line(("Glyphs", "strong"))]
    lines += [line("  ", (part, "dim")) for words in GLYPHS for part in wrapped(words, room - 2)]
    return lines[1:]


class _Page(Pane):
    def __init__(self, keys: list[Key]) -> None:
        super().__init__()
        self._keys = keys
        self._scene = None

    def content(self, scene: Scene, width: int, height: int) -> Content:
        return Content(help_lines(self._keys, width))

    def redraw(self) -> None:
        if self.size.width:
            self._content = self.content(None, self.size.width - 2, self.size.height)  # type: ignore[arg-type]
            self.virtual_size = self.size.with_height(len(self._content.lines))
            self.refresh()


class HelpScreen(ModalScreen[None]):
    """Any of escape, ? and q closes it."""

    BINDINGS = [Binding("escape,question_mark,q,enter", "dismiss", "close", show=False)]

    def __init__(self, *, replay: bool) -> None:
        super().__init__()
        more = [Key("", "Replay"), *REPLAYING] if replay else [Key("", "Acting"), *ACTING]
        self._keys = [Key("", "Moving about"), *MOVING, *more, Key("", "Else"), HELP, QUIT]

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "Help"
            sheet.border_subtitle = "esc closes"
            yield _Page(self._keys)
