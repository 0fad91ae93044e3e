"""What else a person does in the transcript: bookmarks, going to a place, the pager, copying.

The decisions are in `transcript/` and in pure modules; here keys and messages are turned into calls of them.
"""

from __future__ import annotations

import os

from textual.app import SuspendNotSupported

from aarctl.journal.errors import JournalError

from ..acts.pager import page
from ..content.jump import target_of
from ..person.bookmarks import KEY, Bookmark, bookmarks_of, to_keep, toggled
from ..person.memory import Memory
from ..scene import EVERYONE
from ..transcript.copying import copied, whole_event
from ..transcript.filters import ALL
from .bookmarks import BookmarksScreen
from .jump import JumpScreen
from .searching import Searching


class Reading(Searching):
    """The room's transcript, its places kept and taken elsewhere."""

    memory: Memory

    def show_transcript(self, place: int = 0) -> None:
        """See Searching; with the bookmarks in it."""
        self.view.bookmarks = self.bookmarks
        super().show_transcript(place)

    # bookmarks ----------------------------------------------------------------------------------------

    @property
    def bookmarks(self) -> dict[int, Bookmark]:
        """The places that the person wants to find again, by seq."""
        return bookmarks_of(self.memory.get(KEY))

    def _keep(self, bookmarks: dict[int, Bookmark]) -> None:
        self.memory.put(KEY, to_keep(bookmarks))
        self.view.bookmarks = bookmarks
        self.view.refresh()

    def action_bookmark(self) -> None:
        """Set a bookmark at the cursor, or take it away."""
        model, seq = self.view.model, self.view.cursor
        item = model.item(seq) if model is not None else None
        if item is None:
            return
        record = next(self.source.reader.records(seq - 1, upto=seq))
        words = item.text.replace("\n", "  ", 1).partition("\n")[0]
        found = toggled(self.bookmarks, Bookmark(seq, record.researcher, words))
        self._keep(found)
        self.say(f"#{seq} is a bookmark: B lists them." if seq in found else f"#{seq} is no bookmark any more.")

    def action_bookmarks(self) -> None:
        """The list of them."""
        found = self.bookmarks
        if not found:
            self.say("No bookmarks yet: b in the transcript sets one at the cursor.")
            return
        self.app.push_screen(BookmarksScreen(found, self._without), self._marked)

    def _without(self, seq: int) -> dict[int, Bookmark]:
        found = {at: one for at, one in self.bookmarks.items() if at != seq}
        self._keep(found)
        return found

    def _marked(self, seq: int | None) -> None:
        if seq is not None:
            self.show_event(seq)
            self.action_pane("transcript")

    # going to a place ---------------------------------------------------------------------------------

    def show_event(self, seq: int) -> None:
        """An event in its transcript, which is narrowed no more where that would hide it."""
        record = next(self.source.reader.records(seq - 1, upto=seq), None)
        if record is not None and not self.only(record.event):
            self.narrow_to(ALL)
        super().show_event(seq)

    def action_jump(self) -> None:
        """Ask where to."""
        self.app.push_screen(JumpScreen(self.source.last), self._jumped_to)

    def _jumped_to(self, text: str | None) -> None:
        if text is None:
            return
        target = target_of(text, self.source.last)
        if target is None:
            self.say(f"{text[:40]!r} is no time (3:20), no event (#120) and no share (50%).")
        else:
            self.go_to_target(*target, named=text.strip().startswith("#"))

    def go_to_target(self, kind: str, number: int, *, named: bool) -> None:
        """To an event, or to what was there at a time; one that was named by its number in its own transcript."""
        source = self.source
        seq = source.reader.seq_at(source.state.opened_at + number) if kind == "us" else number
        if not 0 < seq <= source.last:
            self.say(f"The run has events #1 to #{source.last}; there is no #{seq}.")
            return
        if named and self.chosen != EVERYONE:
            self.show_event(seq)
        else:
            self.view.go_to(seq)
        self.action_pane("transcript")

    # taking it elsewhere ------------------------------------------------------------------------------

    def _whole(self) -> str:
        """All that the event under the cursor says; empty, with a sentence, where it cannot be read."""
        try:
            return whole_event(self.source.reader, self.view.cursor, self.source.state.opened_at)
        except JournalError as error:
            self.say(str(error))
            return ""

    def action_pager(self) -> None:
        """The event under the cursor, whole, in the person's pager."""
        text = self._whole()
        if not text:
            return
        try:
            with self.app.suspend():
                trouble = page(text, os.environ)
        except SuspendNotSupported:
            trouble = "This terminal cannot make room for a pager; enter opens the event, y copies it."
        if trouble:
            self.say(trouble)

    def action_copy(self) -> None:
        """What is selected, or the event under the cursor, to the clipboard of the person's terminal."""
        chosen = self.get_selected_text()
        text = chosen or self._whole()
        if text:
            found = copied(text, "the selection" if chosen else f"event #{self.view.cursor}")
            self.app.copy_to_clipboard(found.text)
            self.say(found.words)
