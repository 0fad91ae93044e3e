"""The looks: dark, light, and the terminal's own colours. Calm ground, one accent."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.app import App
from textual.theme import Theme

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
ORDER = (DARK.name, LIGHT.name, "ansi-dark")


def following(theme: str) -> str:
    """The theme that the key t comes to next."""
    return ORDER[(ORDER.index(theme) + 1) % len(ORDER)] if theme in ORDER else ORDER[0]


class ThemedApp(App[T], Generic[T]):
    """An app with the looks above. Themes that are not ours take the terminal's own greys."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What a theme that does not name them uses."""
        return {
            "tone-dim": "ansi_bright_black", "tone-faint": "ansi_bright_black", "row": "ansi_default",
            "border-blurred": "ansi_bright_black",
        }  # fmt: skip
