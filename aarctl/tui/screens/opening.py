"""What enter opens in each pane, and the ways from there: evidence of a flag, a submission, two researchers compared.

Nothing here changes a run: a replay opens the same things.
"""

from __future__ import annotations

from textual import on

from aarctl.journal.state import Flag

from ..acts.keymap import Keymap
from ..content.compare import neighbour
from ..content.flags import evidence
from ..content.history import place_of
from ..scene import EVERYONE, Scene
from ..source import Source
from ..transcript.view import TranscriptView
from ..widgets.board import BoardPane
from ..widgets.budget import BudgetPane
from ..widgets.compute import ComputePane
from ..widgets.flags import FlagsPane
from ..widgets.fleet import FleetPane
from ..widgets.forum import ForumPane
from ..widgets.history import HistoryPane
from ..widgets.pane import Pane
from .compare import CompareScreen
from .keeping import Keeping
from .submission import SubmissionScreen


class Opening(Keeping):
    """The room's way from pane to pane; what it needs of the room comes first."""

    def __init__(self, source: Source, keymap: Keymap, *, readonly: bool) -> None:
        super().__init__(source, keymap, readonly=readonly)
        self._shown: dict[str, int] = {}
        """How much of each flag's evidence was shown."""

    chosen: str
    pane: str
    marked: set[str]

    _about: str = ""
    """The submission or flag that was looked at last: what a verdict is about, where no other is in sight."""
    _flag: str = ""
    """The flag whose evidence was shown last."""

    @property
    def view(self) -> TranscriptView:
        """The transcript's view."""
        return self.query_one(TranscriptView)

    def scene(self) -> Scene:
        """This moment."""
        raise NotImplementedError

    def action_pane(self, pane: str) -> None:
        """Go to a pane."""
        raise NotImplementedError

    def choose(self, who: str) -> None:
        """Choose a researcher, or everyone."""
        raise NotImplementedError

    def _cursor(self, pane: str) -> str:
        found = self.query_one(f"#{pane}")
        return found.cursor if isinstance(found, Pane) else ""

    # moving and opening -------------------------------------------------------------------------------

    @on(Pane.Moved)
    def _cursor_moved(self, message: Pane.Moved) -> None:
        if isinstance(message.pane, FleetPane | BudgetPane):
            self.choose(message.pane.cursor)

    def catch_up(self) -> None:
        """In the panes whose cursor is the chosen researcher."""
        if self.pane in ("fleet", "budget") and (who := self._cursor(self.pane)):
            self.choose(who)

    @on(Pane.Chosen)
    def _opened(self, message: Pane.Chosen) -> None:
        pane, key = message.pane, message.key
        if isinstance(pane, FleetPane | BudgetPane):
            self.choose(key)
            self.action_pane("transcript")
        elif isinstance(pane, FlagsPane):
            self._show_evidence(key)
        elif isinstance(pane, BoardPane):
            self.show_submission(key)
        elif isinstance(pane, HistoryPane):
            submission, _, kind = key.partition(" ")
            self.show_submission(submission, kind)
        elif isinstance(pane, ComputePane) and (one := self.source.state.experiments.get(key)) is not None:
            self.show_event(one.seq)

    def show_event(self, seq: int) -> None:
        """An event in the transcript of whoever it is about; beside the pane, where there is room for both."""
        record = next(self.source.reader.records(seq - 1, upto=seq, limit=1), None)
        if record is None:
            return
        who = record.researcher if record.researcher in self.source.state.researchers else EVERYONE
        self.choose(who)
        if self.query_one("#left").display:
            self.view.go_to(seq)
        else:
            self.action_pane("transcript")
            self.call_after_refresh(self.view.go_to, seq)

    # flags --------------------------------------------------------------------------------------------

    def action_evidence(self) -> None:
        """The next evidence of the flag under the cursor, or of the one whose evidence was shown last."""
        name = self._cursor("flags") if self.pane == "flags" else self._flag
        if name in self.source.state.flags:
            self._show_evidence(name)
        else:
            self.say("No flag's evidence was shown yet: 7 goes to the flags, enter shows it.")

    def _show_evidence(self, name: str) -> None:
        flag: Flag = self.source.state.flags[name]
        found = evidence(flag, self._shown.get(name, 0))
        self._shown[name] = found.number
        self._flag = self._about = name
        self.show_event(found.seq)
        verdict = " · v gives a verdict" if flag.submission else ""
        self.say(f"{name} {flag.detector}: evidence {found.number} of {found.of}, #{found.seq} · e the next{verdict}")

    # submissions --------------------------------------------------------------------------------------

    def show_submission(self, name: str, kind: str = "") -> None:
        """All of a submission; from there to its place in the transcript, that of its score where `kind` says so."""
        if name not in self.source.state.submissions:
            return
        screen = SubmissionScreen(name, lambda: self.source.state, list(self.actions.values()))
        self.app.push_screen(screen, lambda wanted: self._wanted(name, kind, wanted))

    def _wanted(self, name: str, kind: str, wanted: str | None) -> None:
        self._about = name
        if wanted == "transcript":
            self.show_event(place_of(self.source.state.submissions[name], kind))
        elif wanted:
            self.call_later(self.action_act, wanted)

    # comparing ----------------------------------------------------------------------------------------

    def action_compare(self) -> None:
        """The two that are marked; or the chosen one and the next."""
        state = self.source.state
        names = [name for name in state.researchers if name in self.marked]
        who = self.chosen if self.chosen in state.researchers else next(iter(state.researchers), "")
        if len(names) == 2:
            who, other = names
        else:
            other = neighbour(state, who)
        if who == other:
            self.say("It takes two researchers to compare.")
            return
        self.app.push_screen(CompareScreen(self.scene, who, other, list(self.actions.values())), self._compared)

    def _compared(self, who: str | None) -> None:
        if who is not None:
            self.choose(who)
            self.action_pane("transcript")

    # the forum ----------------------------------------------------------------------------------------

    def thread_here(self) -> str:
        """The thread of the post under the forum's cursor; empty when there is none."""
        forum = self.query_one(ForumPane)
        return next((post.thread for post in self.scene().posts if post.post == forum.cursor), "")
