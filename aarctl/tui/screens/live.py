"""The room on a live run: it follows the journal's end, and tells a person what happened in between."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message

from ..acts.keymap import Keymap
from ..acts.restart import restart
from ..content.digest import Entry
from ..drawing.arrange import PANES
from ..drawing.themes import ThemedApp
from ..source import Source
from ..widgets.pane import Pane
from .attending import Attending
from .commanding import CommandingRoom
from .digest import DigestScreen
from .room import DEFAULT


class Arrived(Message):
    """The tail has news; they are taken from the source, so only the last of these messages matters."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Arrived)


class LiveRoom(CommandingRoom):
    """Follows the end, and greets whoever comes back to it."""

    def __init__(
        self, source: Source, clock: Callable[[], int], *, readonly: bool = False, keymap: Keymap = DEFAULT
    ) -> None:
        super().__init__(source, clock, readonly=readonly, keymap=keymap)
        self._attending: Attending | None = None

    def on_mount(self) -> None:
        """Begin to follow; `tell` comes from the tail's thread, and posting a message is safe from there."""
        self.source.follow(lambda: self.post_message(Arrived()))
        if isinstance(self.app, ThemedApp):
            self._attending = Attending(
                self.source, self.memory, self.app.preferences, clock=self._clock, send=self.app.send,
                show=self._show_digest, say=self.say,
            )  # fmt: skip
            self.call_after_refresh(self._arrive)
            if self.app.preferences.mistake:
                self.say(self.app.preferences.mistake)

    async def on_unmount(self) -> None:
        """Let go of the journal, once it has what was asked for."""
        await self.sent()
        if self._attending is not None:
            await self._attending.leave()
        self.source.close()

    def _tick(self) -> None:
        super()._tick()
        if self._attending is not None:
            self._attending.tick(self.scene())

    def _arrive(self) -> None:
        if self._attending is not None:
            self._attending.arrive(self.scene())

    def _show_digest(self, found: DigestScreen) -> None:
        self.app.push_screen(found, self._jump)

    def on_key(self, event: events.Key) -> None:
        """The person is here."""
        self.looked()

    def looked(self, *, focused: bool | None = None) -> None:
        """The person has pressed a key; or the terminal tells that it has come to the front, or gone from it."""
        if self._attending is None:
            return
        if focused is not None:
            self._attending.focused = focused
        if focused is not False:
            self._attending.looked(self.scene(), pressed=focused is None)

    def action_restart(self) -> None:
        """A supervisor for a run that has lost its own."""
        if self.scene().status.word != "supervisor dead":
            self.say("The run has what it needs: there is nothing to restart.")
            return
        self.say(f"Restarting {self.source.run.name} …")
        self.run_worker(self._restart(), group="restart", exclusive=True)

    async def _restart(self) -> None:
        self.say(await restart(self.source.run))

    def action_away(self) -> None:
        """The digest of this arrival once more."""
        if self._attending is not None:
            self._attending.again()

    def _jump(self, entry: Entry | None) -> None:
        """To the place of a line of the digest."""
        if entry is None:
            return
        if entry.researcher in self.source.state.researchers:
            self.choose(entry.researcher)
        pane = entry.pane if entry.pane in PANES else "transcript"
        self.action_pane(pane)
        if pane == "transcript" and entry.seq:
            self.call_after_refresh(self.view.go_to, entry.seq)
        elif pane != "transcript" and entry.key:
            self.query_one(f"#{pane}", Pane).put_cursor(entry.key, tell=False)

    def on_arrived(self) -> None:
        """Take what the tail has brought."""
        self.changed(self.source.take())
        if self.source.trouble:
            self.say(self.source.trouble)
