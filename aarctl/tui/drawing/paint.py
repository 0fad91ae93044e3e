"""From tones to terminal cells: the one place where text of the room becomes segments.

Every piece is cleaned here once more, whoever made it, and lies in a segment of its own with a style of ours:
untrusted text is never parsed as markup and never reaches the terminal with a control character in it.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..transcript.clean import clean_line
from .lines import TONES, Line


class Painter(ScrollView, inherit_bindings=False):
    """A scrolling widget that draws lines of toned text; app.tcss has each tone as `.tone--NAME`.

    It binds no keys, not even those of scrolling: all keys come from the table of actions.
    """

    COMPONENT_CLASSES = {f"tone--{tone}" for tone in TONES}

    _tones: dict[str, Style] | None = None

    def tone(self, name: str) -> Style:
        """The style of a tone under the present theme."""
        if self._tones is None:
            self._tones = {tone: self.get_component_rich_style(f"tone--{tone}") for tone in TONES}
        return self._tones[name]

    def notify_style_update(self) -> None:
        """The theme or a class has changed: styles are asked for anew."""
        super().notify_style_update()
        self._tones = None

    def strip(self, line: Line, width: int, under: Style | None = None) -> Strip:
        """A line as exactly `width` cells; `under` lies below its tones."""
        ground = self.rich_style if under is None else self.rich_style + under
        segments = []
        for piece in line:
            style = self.tone(piece.tone)
            bare = under is None or piece.tone == "here"  # what must be seen has a ground of its own
            segments.append(Segment(clean_line(piece.text), style if bare else style + under))
        return Strip(segments).adjust_cell_length(width, ground)
