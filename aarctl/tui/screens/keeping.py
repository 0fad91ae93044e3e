"""Keeping what is on the screen: the look that was chosen, the screen as an SVG file, a pane's lines as text.

Files go to the folder that the person is in, or as a download where the room is shown in a browser. What they hold is
what the room shows, cleaned as it is there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.app import App
from textual.widget import Widget

from ..drawing.lines import plain
from ..drawing.themes import ThemedApp
from ..transcript.view import TranscriptView
from ..widgets.pane import Pane
from .keyed import Keyed

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(run: str, what: str, at: int, ending: str) -> str:
    """Such as demo-board-20260401-143000.txt; `at` in microseconds UTC."""
    when = datetime.fromtimestamp(at / 1e6, UTC)
    return f"{_ODD.sub('-', run)[:60]}-{what}-{when:%Y%m%d-%H%M%S}.{ending}"


def text_of(widget: Widget) -> str:
    """What a pane shows, all its lines; of a transcript, which may be endless, what is on the screen."""
    if isinstance(widget, Pane):
        lines = [plain(line).rstrip() for line in widget.lines]
    elif isinstance(widget, TranscriptView):
        lines = [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]
    else:
        lines = []
    return "\n".join(lines) + "\n" if lines else ""


def keep(app: App[Any], name: str, text: str) -> str:
    """Write a new file into the person's folder, or send it to their browser; returns what to say of it."""
    if app.is_web:
        app.deliver_text(io.StringIO(text), save_filename=name)
        return f"{name} goes to your browser."
    file = Path.cwd() / name
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        return f"{file} cannot be written: {error.strerror}."
    return f"Written: {file}"


class Keeping(Keyed):
    """The room's ways of keeping; what it needs of the room comes first."""

    pane: str
    _clock: Callable[[], int]

    def action_theme(self) -> None:
        """The next look, remembered."""
        if isinstance(self.app, ThemedApp):
            self.say(self.app.next_theme())

    def action_screenshot(self) -> None:
        """The screen as a picture."""
        run = self.source.run.name
        svg = self.app.export_screenshot(title=f"aarctl {run}")
        self.say(keep(self.app, file_name(run, "screen", self._clock(), "svg"), svg))

    def action_export(self) -> None:
        """The pane as text."""
        name = file_name(self.source.run.name, self.pane, self._clock(), "txt")
        self.say(keep(self.app, name, text_of(self.query_one(f"#{self.pane}"))))
