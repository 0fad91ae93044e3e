"""The looks: dark, light, high contrast, and the terminal's own colours. Calm ground, one accent.

The last filters before the terminal are here too: NO_COLOR leaves weight and glyphs alone, ASCII replaces the glyphs.
No look carries a meaning that another lacks: beside every colour stands a word, a glyph or a weight.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.filter import LineFilter, NoColor
from textual.theme import Theme
from textual.widget import Widget

from ..person import preferences
from ..person.preferences import Preferences
from .glyphs import InAscii, ascii_wanted

T = TypeVar("T")

DARK = Theme(
    name="aarctl-dark",
    primary="#6fb7c4",
    accent="#6fb7c4",
    secondary="#6fb7c4",
    success="#93b98a",
    warning="#d7ab6b",
    error="#dd8078",
    foreground="#d3d7dc",
    background="#15181c",
    surface="#15181c",
    panel="#23272d",
    dark=True,
    variables={
        "tone-dim": "#808a96", "tone-faint": "#3a424c", "row": "#262b31", "scrollbar": "#353b43",
        "scrollbar-background": "#15181c", "border-blurred": "#353b43",
    },
)  # fmt: skip
LIGHT = Theme(
    name="aarctl-light",
    primary="#0b6e7d",
    accent="#0b6e7d",
    secondary="#0b6e7d",
    success="#3f7436",
    warning="#8f5c0c",
    error="#ac342b",
    foreground="#262b31",
    background="#fbfaf7",
    surface="#fbfaf7",
    panel="#eceae4",
    dark=False,
    variables={
        "tone-dim": "#6a727c", "tone-faint": "#cfcdc6", "row": "#ebe9e2", "scrollbar": "#d3d0c8",
        "scrollbar-background": "#fbfaf7", "border-blurred": "#cfcdc6",
    },
)  # fmt: skip
CONTRAST = Theme(
    name="aarctl-contrast",
    primary="#5fe3ff",
    accent="#5fe3ff",
    secondary="#5fe3ff",
    success="#8cff8c",
    warning="#ffd75f",
    error="#ff9d94",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#101418",
    dark=True,
    variables={
        "tone-dim": "#c6ccd2", "tone-faint": "#8d959e", "row": "#2b3540", "scrollbar": "#8d959e",
        "scrollbar-background": "#000000", "border-blurred": "#8d959e",
    },
)  # fmt: skip
TERMINAL = Theme(
    name="aarctl-terminal",
    ansi=True,
    primary="ansi_cyan",
    accent="ansi_cyan",
    secondary="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "ansi-background": "ansi_black", "ansi-foreground": "ansi_white", "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_black", "block-cursor-background": "ansi_white",
        "input-cursor-background": "ansi_white", "input-cursor-foreground": "ansi_black",
        "input-cursor-text-style": "none", "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_white", "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_white", "tone-dim": "ansi_default", "tone-faint": "ansi_default",
        "row": "ansi_default", "scrollbar": "ansi_bright_black", "scrollbar-background": "ansi_default",
    },
)  # fmt: skip
"""Foreground and background are the terminal's; dim is its own dim, never a grey that it may lack."""

LOOKS = {DARK.name: "dark", LIGHT.name: "light", CONTRAST.name: "high contrast", TERMINAL.name: "the terminal's own"}
"""Themes in the order of the key t, and what they are called."""


def following(theme: str) -> str:
    """The theme that the key t comes to next."""
    order = list(LOOKS)
    return order[(order.index(theme) + 1) % len(order)] if theme in order else order[0]


class ThemedApp(App[T], Generic[T]):
    """An app with the looks above; `home` is where the person's choices are. Other themes take the terminal's greys."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, home: Path | None = None) -> None:
        super().__init__()
        self.home = home
        self.preferences: Preferences = preferences.read(home)
        for theme in (DARK, LIGHT, CONTRAST, TERMINAL):
            self.register_theme(theme)
        chosen = self.preferences.theme
        self.theme = chosen if chosen in self.available_themes else DARK.name
        self._last_filters: list[LineFilter] = [NoColor()] if self.no_color else []
        if ascii_wanted(os.environ, self.preferences.glyphs):
            self._last_filters.append(InAscii())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, which would make greys of NO_COLOR, and then ours."""
        return [*super().get_line_filters(), *self._last_filters] if self._last_filters else super().get_line_filters()

    def send(self, sequence: str) -> None:
        """Write to the terminal itself, past every widget; the caller answers for what it says."""
        if sequence and self._driver is not None:
            self._driver.write(sequence)
            self._driver.flush()

    def pop_screen(self) -> AwaitComplete:
        """Take the screen away, and the lines that its widgets have drawn: Textual holds on to a thousand of those."""
        for widget in self.screen.walk_children(Widget, with_self=True):
            for drawn in (widget, widget._vertical_scrollbar, widget._horizontal_scrollbar):
                if drawn is not None:
                    drawn.refresh()
        return super().pop_screen()

    def next_theme(self) -> str:
        """The next look, remembered; returns what to say of it."""
        if self.no_color:
            return "NO_COLOR is set: the room is drawn without colours. Unset it to choose a theme."
        self.theme = following(self.theme)
        try:
            preferences.keep_theme(self.home, self.theme)
        except OSError as error:
            return f"Theme: {LOOKS[self.theme]}. It cannot be remembered: {error.strerror}."
        return f"Theme: {LOOKS[self.theme]}"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What a theme that does not name them uses."""
        return {
            "tone-dim": "ansi_bright_black", "tone-faint": "ansi_bright_black", "row": "ansi_default",
            "border-blurred": "ansi_bright_black",
        }  # fmt: skip
