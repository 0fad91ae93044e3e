"""The places that the person wants to find again; enter goes to one, delete takes it away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen

from ..drawing.lines import Line, Piece, fit, pad
from ..person.bookmarks import Bookmark
from ..widgets.pane import GUTTER, MARGIN, Content, Pane


def bookmark_line(at: Bookmark, room: int) -> Line:
    """Whose it is, and what stood there."""
    return fit((Piece(pad(at.researcher or "fleet", 6), "strong"), Piece(at.words)), room)


class Places(Pane):
    """The bookmarks in the order of the history."""

    BINDINGS = [
        Binding("up,k", "cursor(-1)", "up", show=False),
        Binding("down,j", "cursor(1)", "down", show=False),
        Binding("enter", "choose", "go there", show=False),
    ]

    def __init__(self, bookmarks: Mapping[int, Bookmark]) -> None:
        super().__init__()
        self.bookmarks = bookmarks

    def redraw(self) -> None:
        """The lines do not come from a scene."""
        room = max(self.size.width - GUTTER - MARGIN, 8)
        self._content = Content(
            [bookmark_line(one, room) for one in self.bookmarks.values()], [str(seq) for seq in self.bookmarks]
        )
        if self.cursor not in self._content.keys:
            self.cursor = next(iter(self._content.keys), "")
        self.virtual_size = Size(self.size.width, len(self.bookmarks))
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line each."""
        return len(self.bookmarks)


class BookmarksScreen(ModalScreen[int | None]):
    """Gives back the seq to go to; `remove` takes one away and gives back those that are left."""

    BINDINGS = [
        Binding("escape,q", "cancel", "stay", show=False),
        Binding("delete,backspace,d", "remove", "remove", show=False),
    ]

    def __init__(self, bookmarks: Mapping[int, Bookmark], remove: Callable[[int], Mapping[int, Bookmark]]) -> None:
        super().__init__()
        self._bookmarks, self._remove = bookmarks, remove

    def compose(self) -> ComposeResult:
        """A sheet that is as high as the list."""
        with Vertical(classes="sheet small", id="bookmarks") as sheet:
            sheet.border_title = "Bookmarks"
            sheet.border_subtitle = "⏎ goes there   d removes   esc stays"
            yield Places(self._bookmarks)

    def on_mount(self) -> None:
        """Ready to choose."""
        self.query_one(Places).focus()

    def on_pane_chosen(self, message: Pane.Chosen) -> None:
        """Go there."""
        message.stop()
        self.dismiss(int(message.key))

    def action_remove(self) -> None:
        """Take the one under the cursor away; the last one closes the list."""
        places = self.query_one(Places)
        if places.cursor:
            places.bookmarks = self._remove(int(places.cursor))
            places.redraw()
            places.refresh(layout=True)
        if not places.bookmarks:
            self.dismiss(None)

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(None)
