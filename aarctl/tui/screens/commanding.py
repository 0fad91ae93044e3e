"""The room with what changes a run: each action asks for what is missing, then leaves rows in the inbox.

Nothing here changes anything itself. What comes of a row is seen in the journal: requested, acknowledged, effective.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable

from textual import on

from aarctl.journal import inbox
from aarctl.journal.errors import JournalError

from ..acts import orders
from ..acts.acting import Ask, Asks, concerned, freeze, listed, pause_or_resume, resume, said, steer
from ..acts.keymap import Keymap
from ..drawing.lines import cut
from ..scene import EVERYONE
from ..source import Source
from ..widgets.pane import Pane
from .choose import Picked
from .confirm import ConfirmScreen
from .limits import BudgetScreen
from .room import DEFAULT, Room
from .steer import SteerScreen
from .stop import StopScreen
from .verdict import VerdictScreen
from .write import WriteScreen, Written

NOBODY = "Choose a researcher first, or mark several with space."
ADDING = (
    "A direction, in plain words: where it should look first. It joins at once, with a sandbox and a budget as the "
    "recipe gives them to everybody."
)
READ_BY = "Everybody can read it, as a note of a person. For one researcher alone, steer."
TITLE = (("title", "in a few words"),)
FIELDS = (
    ("mind", "claude or search; empty: as the first researcher's"),
    ("model", "of a claude; empty: the recipe's"),
)


class CommandingRoom(Room):
    """Its actions are for the marked researchers; where none is marked, for the chosen one."""

    def __init__(
        self, source: Source, clock: Callable[[], int], *, readonly: bool = False, keymap: Keymap = DEFAULT
    ) -> None:
        super().__init__(source, clock, readonly=readonly, keymap=keymap)
        self._sending: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        """What was asked first is in the inbox first."""
        self._drafts: dict[str, Written] = {}

    # sending ------------------------------------------------------------------------------------------

    def send(self, asks: Asks) -> None:
        """Leave commands in the inbox, off the UI thread: the disk may take its time. Or say why there are none."""
        if isinstance(asks, str):
            self.say(asks)
            return
        task = asyncio.create_task(self._leave(asks))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _leave(self, asks: list[Ask]) -> None:
        try:
            async with self._turn:
                for ask in asks:
                    await asyncio.to_thread(inbox.ask, self.source.run, ask.verb, ask.researcher, **ask.args)
        except (JournalError, sqlite3.Error, ValueError) as error:
            self.say(f"{asks[0].verb} could not be asked: {error}")
            return
        self.say(said(asks, self.source.supervised))

    async def sent(self) -> None:
        """Return once everything that was asked for is in the inbox."""
        await asyncio.gather(*self._sending)

    def concerned(self) -> list[str]:
        """Whom the next action is for; nobody, with a sentence, where there is no one."""
        found = concerned(self.source.state, self.chosen, self.marked)
        if not found:
            self.say(NOBODY)
        return found

    # marks --------------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark the chosen researcher, or take its mark away; then the next one is chosen."""
        if self.chosen == EVERYONE:
            self.action_mark_all()
            return
        self.marked ^= {self.chosen}
        self.draw()

    def action_mark_all(self) -> None:
        """Everybody, or nobody."""
        everybody = set(self.source.state.researchers)
        self.marked = set() if self.marked == everybody else everybody
        self.draw()

    # latches ------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Pause or resume those concerned."""
        if names := self.concerned():
            self.send(pause_or_resume(self.source.state, names))

    def action_pause_all(self) -> None:
        """Pause or resume the fleet."""
        self.send(pause_or_resume(self.source.state, ()))

    def action_freeze(self) -> None:
        """Freeze those concerned, or let them go on."""
        if names := self.concerned():
            self.send(freeze(self.source.state, names))

    def action_freeze_all(self) -> None:
        """Freeze the fleet, or let it go on."""
        self.send(freeze(self.source.state, ()))

    def action_freeze_release(self) -> None:
        """Freeze those concerned, and take their slots."""
        if names := self.concerned():
            self.send(freeze(self.source.state, names, release=True))

    def action_resume(self) -> None:
        """Let those concerned go on."""
        if names := self.concerned():
            self.send(resume(self.source.state, names))

    def action_resume_all(self) -> None:
        """Let the fleet go on."""
        self.send(resume(self.source.state, ()))

    # words --------------------------------------------------------------------------------------------

    def write(self, draft: str, screen: WriteScreen, asks: Callable[[Written], Asks]) -> None:
        """Have something written; what is given up waits under the name `draft`."""

        def done(written: Written | None) -> None:
            if written is None or not written.sent:
                self._drafts[draft] = written or Written()
            else:
                self._drafts.pop(draft, None)
                self.send(asks(written))

        self.app.push_screen(screen, done)

    def draft(self, name: str) -> Written | None:
        """What was written and given up."""
        return self._drafts.get(name)

    def action_steer(self) -> None:
        """Write to those concerned."""
        names = self.concerned()
        if not names:
            return
        state, name = self.source.state, f"steer {' '.join(names)}"
        able = steer(state, names, "words")
        if isinstance(able, str):
            self.say(able)
            return
        names = [ask.researcher for ask in able]
        screen = SteerScreen(state, names, self.draft(name))
        self.write(name, screen, lambda written: steer(self.source.state, names, written.text))

    def action_add(self) -> None:
        """A researcher more."""
        screen = WriteScreen("Add a researcher", ADDING, FIELDS, self.draft("add"))
        self.write("add", screen, lambda written: orders.add(written.text, **written.fields))

    # the fleet ----------------------------------------------------------------------------------------

    def action_budget(self) -> None:
        """Another limit, of those concerned or of the fleet."""
        names = concerned(self.source.state, self.chosen, self.marked)

        def done(picked: Picked | None) -> None:
            if picked is not None:
                self.send(orders.budget(names, picked.option, picked.text))

        self.app.push_screen(BudgetScreen(self.scene(), names), done)

    def action_retire(self) -> None:
        """Retire those concerned, once a person is sure."""
        names = self.concerned()
        asks = orders.retire(self.source.state, names)
        if names and isinstance(asks, str):
            self.say(asks)
        elif names:
            whom = listed([ask.researcher for ask in asks if isinstance(ask, Ask)])
            words = "No more turns after the present one. Its experiments are cancelled; its results stay."
            self._sure(f"Retire {whom} for good", words, "retires", asks)

    def action_stop(self) -> None:
        """Stop the run, after its name was typed."""

        def done(sure: bool | None) -> None:
            if sure:
                self.send([Ask("stop")])

        self.app.push_screen(StopScreen(self.source.run.name), done)

    def _sure(self, title: str, words: str, does: str, asks: Asks) -> None:
        def done(sure: bool | None) -> None:
            if sure:
                self.send(asks)

        self.app.push_screen(ConfirmScreen(title, words, does), done)

    # submissions --------------------------------------------------------------------------------------

    @on(Pane.Moved)
    @on(Pane.Chosen)
    def _looked_at(self, message: Pane.Moved | Pane.Chosen) -> None:
        if orders.submission_of(self.source.state, message.key) is not None:
            self._about = message.key

    def subject(self) -> str:
        """The submission, or the flag on one, that the next action is for; empty where there is none."""
        state = self.source.state
        if self.pane in ("board", "flags"):
            return self.query_one(f"#{self.pane}", Pane).cursor
        if self.pane == "history":
            return self.query_one("#history", Pane).cursor.split(" ")[0] or self._about
        if self.pane == "transcript":
            here = next((one.id for one in state.submissions.values() if one.seq == self.view.cursor), "")
            return here or self._about
        return self._about

    def action_verdict(self) -> None:
        """Accept, disqualify or reinstate."""
        state, name = self.source.state, self.subject()
        if orders.submission_of(state, name) is None:
            self.send(orders.verdict(state, name, "", ""))
            return

        def done(picked: Picked | None) -> None:
            if picked is not None:
                self.send(orders.verdict(self.source.state, name, picked.option, picked.text))

        self.app.push_screen(VerdictScreen(state, name), done)

    def action_replicate(self) -> None:
        """Run it again from scratch."""
        self.send(orders.replicate(self.source.state, self.subject()))

    # the forum ----------------------------------------------------------------------------------------

    def action_reply(self) -> None:
        """Write in the thread of the post under the cursor."""
        thread = self.thread_here()
        known = self.source.state.threads.get(thread)
        if known is None:
            self.say("Choose a post first, or begin a thread of your own: I.")
            return
        words = f"{cut(known.title, 70)}\n{READ_BY}"
        screen = WriteScreen("Reply in the forum", words, draft=self.draft(f"reply {thread}"))
        self.write(f"reply {thread}", screen, lambda written: orders.post(written.text, thread=thread))

    def action_post(self) -> None:
        """Begin a thread."""
        screen = WriteScreen("Begin a thread", READ_BY, TITLE, self.draft("post"))
        self.write("post", screen, lambda written: orders.post(written.text, **written.fields))

    # the queue ----------------------------------------------------------------------------------------

    def _experiment(self) -> str:
        return self.query_one("#compute", Pane).cursor

    def action_move(self, to: str) -> None:
        """Move the chosen experiment in the queue."""
        self.send(orders.move(self.source.state, self._experiment(), to))

    def action_cancel(self) -> None:
        """Cancel the chosen experiment, once a person is sure."""
        state, name = self.source.state, self._experiment()
        asks = orders.cancel(state, name)
        if isinstance(asks, str):
            self.say(asks)
            return
        one = state.experiments[name]
        how = f"It runs on {one.slot} and is killed." if one.slot else "It waits for a slot."
        self._sure(f"Cancel {name}", f"{orders.what_it_is(one)}\n{how}", "cancels", asks)
