"""Arriving, looking and leaving: what a live room tells the person about the time when nobody looked at it.

On arrival a digest of what happened since, once. While the room is open: the terminal's title, a notification and the
person's own command, each thing once, whichever of several rooms comes first. It never takes the focus: a digest that
is ready only after a key was pressed waits for its own key.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any

from aarctl.journal.errors import JournalError
from aarctl.journal.reader import JournalReader

from ..content.digest import Digest, digest, records_since
from ..content.limits import Limits
from ..person.alerts import Alert, as_event, in_one, standing, window_title
from ..person.hook import Hook
from ..person.memory import Memory
from ..person.preferences import Preferences
from ..person.signals import RESTORE_TITLE, SAVE_TITLE, notification, terminal_of
from ..person.signals import window_title as titled
from ..scene import Scene
from ..source import Source
from .digest import DigestScreen

SEEN, ANNOUNCED = "seen", "announced"
SEEN_EVERY_US = 10_000_000  # between two notes of when the person looked last


class Attending:
    """Of one live room. `send` writes to the terminal; `show` opens a digest; `say` says a sentence."""

    def __init__(
        self, source: Source, memory: Memory, preferences: Preferences, *, clock: Callable[[], int],
        send: Callable[[str], None], show: Callable[[DigestScreen], None], say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._source, self._memory, self._clock = source, memory, clock
        self._send, self._show, self._say = send, show, say
        self._terminal = terminal_of(os.environ, preferences.notify)
        self._hook = Hook(preferences.command)
        self._after = source.state.seq
        self._seen = memory.get(SEEN)
        """When the person looked last before this."""
        self._known: set[str] = set()
        self._dead = 0
        """How many ticks in a row the supervisor was dead: one may fall between two supervisors."""
        self._title = ""
        self._unseen = 0
        self._pressed = False
        self._noted = clock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.focused: bool | None = None
        """Whether the person looks at this terminal; None where it does not say."""
        self.digest: Digest | None = None
        """What happened between the person's last look and this arrival; None until it is known."""

    def arrive(self, scene: Scene) -> None:
        """What stands already is on the screen: nobody is called for it. What came since the last look is told."""
        self._claim([one for one in standing(scene.state, scene.limits, dead=_dead(scene)) if one.seq <= self._after])
        self._send(SAVE_TITLE if self._terminal.titled else "")
        self._retitle(scene)
        self._note()
        seen = self._seen
        if isinstance(seen, dict) and isinstance(seen.get("seq"), int) and isinstance(seen.get("at"), int):
            self._start(self._welcome(seen["seq"], seen["at"], scene.limits))

    async def _welcome(self, seq: int, at: int, limits: Limits) -> None:
        try:
            self.digest = await asyncio.to_thread(self._digest, seq, at, limits)
        except JournalError as error:
            self._say(f"what happened while you were away cannot be told: {error}")
            return
        if not self.digest.entries:
            return
        if self._pressed:
            self._say("Something happened while you were away: w shows it.")
        else:
            self._show(DigestScreen(self.digest))

    def _digest(self, seq: int, at: int, limits: Limits) -> Digest:
        """In a thread of its own, with a reader of its own: two states, a few events."""
        with JournalReader(self._source.run) as reader:
            end = self._after
            if not 0 < seq < end:
                return Digest(0)
            before, after = reader.state(seq), reader.state(end)
            found = records_since(reader, seq, end)
        return digest(before, after, found, looked_at=at, now=self._clock(), limits=limits)

    def again(self) -> None:
        """The digest once more."""
        if self.digest is not None and self.digest.entries:
            self._show(DigestScreen(self.digest))
        else:
            self._say("Nothing happened between your last look at this run and this one.")

    def tick(self, scene: Scene) -> None:
        """Once a second: whatever is new is announced, all of it in one notification."""
        self._dead = self._dead + 1 if _dead(scene) else 0
        new = self._claim(standing(scene.state, scene.limits, dead=self._dead > 1, after=self._after))
        if new:
            self._unseen += 0 if self.focused else len(new)
            title, text = in_one(new, scene.name)
            self._send(notification(self._terminal, title, text, self.focused))
            for alert in new:
                self._hook.add(as_event(alert, scene.name, str(self._source.run.absolute()), scene.now))
        if self._hook.trouble:
            self._say(self._hook.trouble)
            self._hook.trouble = ""
        self._retitle(scene)

    def _claim(self, alerts: list[Alert]) -> list[Alert]:
        """Those that neither this room nor another has announced."""
        new = {alert.name: alert for alert in alerts if alert.name not in self._known}
        self._known |= new.keys()
        return [new[name] for name in self._memory.claim(ANNOUNCED, list(new))] if new else []

    def looked(self, scene: Scene, *, pressed: bool = True) -> None:
        """The person has pressed a key, or come back to the terminal."""
        self._pressed = self._pressed or pressed
        if self._unseen:
            self._unseen = 0
            self._retitle(scene)
        if self._clock() - self._noted > SEEN_EVERY_US:
            self._start(asyncio.to_thread(self._note))

    def _note(self) -> None:
        self._noted = self._clock()
        self._memory.put(SEEN, {"seq": self._source.state.seq, "at": self._noted})

    def _retitle(self, scene: Scene) -> None:
        words = titled(self._terminal, window_title(scene.state, scene.status.word, scene.name, self._unseen))
        if words != self._title:
            self._title = words
            self._send(words)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def leave(self) -> None:
        """The last look, and the terminal's own title back."""
        self._note()
        self._send(RESTORE_TITLE if self._terminal.titled else "")
        await self._hook.close()
        for task in list(self._tasks):
            task.cancel()


def _dead(scene: Scene) -> bool:
    return scene.status.word == "supervisor dead"
