"""A question before something that cannot be taken back: y does it, anything else does not."""

from __future__ import annotations

from textual import events

from .sheet import Sheet


class ConfirmScreen(Sheet[bool]):
    """Gives back True for y, and None for any other key."""

    def __init__(self, title: str, words: str, does: str) -> None:
        super().__init__(title, f"y {does}   any other key goes back", words)

    def on_key(self, event: events.Key) -> None:
        """The answer."""
        event.stop()
        self.dismiss(True if event.key == "y" else None)
