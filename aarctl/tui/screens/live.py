"""The room on a live run: it follows the journal's end, and a person may pause, steer and stop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable

from textual.binding import Binding
from textual.message import Message

from aarctl.journal import inbox
from aarctl.journal.errors import JournalError

from ..acting import Ask, pause_or_resume, refusal, said, steer
from ..source import Source
from .room import Room
from .steer import SteerScreen
from .stop import StopScreen


class Arrived(Message):
    """The tail has news; they are taken from the source, so only the last of these messages matters."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Arrived)


class LiveRoom(Room):
    """Follows the end. A command is a row in the inbox; what comes of it is seen in the journal."""

    BINDINGS = [
        Binding("p", "pause", "pause", show=False),
        Binding("P", "pause_all", "pause all", show=False),
        Binding("s", "steer", "steer", show=False),
        Binding("S,ctrl+x", "stop", "stop", show=False),
    ]

    def __init__(self, source: Source, clock: Callable[[], int], *, readonly: bool = False) -> None:
        super().__init__(source, clock, readonly=readonly)
        self._sending: set[asyncio.Task[None]] = set()

    def on_mount(self) -> None:
        """Begin to follow; `tell` comes from the tail's thread, and posting a message is safe from there."""
        self.source.follow(lambda: self.post_message(Arrived()))

    def on_unmount(self) -> None:
        """Let go of the journal."""
        self.source.close()

    def on_arrived(self) -> None:
        """Take what the tail has brought."""
        self.changed(self.source.take())
        if self.source.trouble:
            self.say(self.source.trouble)

    def _may(self, verb: str) -> bool:
        why = refusal(self.source.state, verb, readonly=self.readonly, replay=False)
        if why:
            self.say(why)
        return not why

    def _send(self, ask: Ask | str) -> None:
        """Leave a command in the inbox, off the UI thread: the disk may take its time."""
        if isinstance(ask, str):
            self.say(ask)
            return
        task = asyncio.create_task(self._leave(ask))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _leave(self, ask: Ask) -> None:
        try:
            await asyncio.to_thread(inbox.ask, self.source.run, ask.verb, ask.researcher, **ask.args)
        except (JournalError, sqlite3.Error) as error:
            self.say(f"{ask.verb} could not be asked: {error}")
            return
        self.say(said(ask, self.source.supervised))

    def action_pause(self) -> None:
        """Pause or resume the chosen researcher."""
        if self._may("pause"):
            self._send(pause_or_resume(self.source.state, self.chosen))

    def action_pause_all(self) -> None:
        """Pause or resume the fleet."""
        if self._may("pause"):
            self._send(pause_or_resume(self.source.state, ""))

    def action_steer(self) -> None:
        """Write to the chosen researcher."""
        if not self._may("steer"):
            return
        if self.chosen not in self.source.state.researchers:
            self._send(steer(self.source.state, self.chosen, ""))
            return
        who = self.chosen
        self.app.push_screen(SteerScreen(who), lambda text: self._steered(who, text))

    def _steered(self, who: str, text: str | None) -> None:
        if text is not None:
            self._send(steer(self.source.state, who, text))

    def action_stop(self) -> None:
        """Stop the run, after its name was typed."""
        if self._may("stop"):
            self.app.push_screen(StopScreen(self.source.run.name), self._stopped)

    def _stopped(self, sure: bool | None) -> None:
        if sure:
            self._send(Ask("stop"))
