"""The room: header, fleet, transcript, plot, forum, compute and board around one Source.

It turns the source's state into a Scene and hands that to the panes that are on screen. What a person may do
besides looking is in its two children: `live.LiveRoom` and `replay.ReplayRoom`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content as Words
from textual.timer import Timer

from aarctl.journal.events import (
    FlagRaised,
    ReplicationFinished,
    ReplicationStarted,
    RunOpened,
    SubmissionReceived,
    SubmissionRejected,
    SubmissionScored,
    SubmissionWithheld,
    VerdictGiven,
)

from ..acts.acting import listed
from ..acts.actions import STAGE
from ..acts.keymap import Keymap
from ..content.forum import ForumLog
from ..content.holdups import FETCHED
from ..content.limits import Limits, limits_of
from ..content.status import status_of
from ..drawing.arrange import PANES, TABS, TITLES, Arrangement, arrange
from ..drawing.lines import cut
from ..person.memory import Memory
from ..scene import EVERYONE, Scene
from ..source import Change, Source
from ..transcript.clean import clean_line
from ..transcript.view import TranscriptView
from ..widgets.banner import Banner, banner_lines
from ..widgets.board import BoardPane
from ..widgets.budget import BudgetPane
from ..widgets.compute import ComputePane
from ..widgets.flags import FlagsPane
from ..widgets.fleet import FleetPane, FleetStrip, held_back
from ..widgets.footer import Footer, Tabs
from ..widgets.forum import ForumPane
from ..widgets.header import Header
from ..widgets.history import HistoryPane
from ..widgets.notice import Notice
from ..widgets.open_turn import OpenTurn, open_turn_lines
from ..widgets.pane import Pane
from ..widgets.search_bar import SearchBar
from ..widgets.stage import STAGES, Stage, Tiny
from .commands import CommandsScreen
from .reading import Reading

DIM = "$tone-dim not bold"
DEFAULT = Keymap()
PLOT_EVERY = 5  # seconds, while nothing is scored: only its time goes on
DRAW_EVERY_S = 0.2  # at most, beside the transcript, whose events are drawn as they come
FLEET_LINES = 11  # nine researchers, whatever the height
JUDGING = (
    SubmissionReceived, SubmissionScored, SubmissionRejected, SubmissionWithheld, ReplicationStarted,
    ReplicationFinished, FlagRaised, VerdictGiven,
)  # fmt: skip
"""Events that change what is known of a submission."""


class Room(Reading):
    """One run on screen. `clock` gives microseconds UTC."""

    def __init__(
        self, source: Source, clock: Callable[[], int], *, readonly: bool = False, keymap: Keymap = DEFAULT
    ) -> None:
        super().__init__(source, keymap, readonly=readonly)
        self.memory = Memory(source.run, readonly=readonly)
        self._mistake = keymap.mistake
        self.chosen = EVERYONE
        self.marked: set[str] = set()
        self.pane, self.tab, self.maximised = "fleet", "board", False
        self._clock = clock
        self._opened_room = clock()
        self._forum = ForumLog(source.reader, source.last)
        self._limits: Limits | None = None
        self._arranged: Arrangement | None = None
        self._titles: dict[str, tuple[str, str]] = {}
        self._transcript_of = ""

    def compose(self) -> ComposeResult:
        """All panes; which of them are displayed is decided by `arrange`."""
        yield Header(id="header")
        yield Banner(id="banner")
        yield FleetStrip(id="strip")
        yield Tabs(id="tabs")
        yield FleetPane(id="fleet")
        yield Stage(id="stage")
        yield Tiny(id="tiny")
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield TranscriptView(id="transcript")
                yield SearchBar(id="search-bar")
                yield OpenTurn(id="open-turn")
            with Vertical(id="side"):
                yield HistoryPane(id="history")
                yield ForumPane(id="forum")
                yield ComputePane(id="compute")
                yield BoardPane(id="board")
                yield FlagsPane(id="flags")
                yield BudgetPane(id="budget")
        yield Notice(id="notice")
        yield Footer(id="keys")

    def on_mount(self) -> None:
        """Show what there is; the seconds go on by themselves."""
        if self.source.state.researchers:
            self.chosen = next(iter(self.source.state.researchers))
        self._arrange()
        self.show_transcript()
        self.query_one("#fleet").focus()
        self.draw(plot=True)
        self.call_after_refresh(self.draw, plot=True)
        self.set_interval(1.0, self._tick)
        self.query_one(Footer).actions = list(self.actions.values())
        if self._mistake:
            self.say(self._mistake)

    def _tick(self) -> None:
        self._ticks += 1
        self.draw(plot=self._ticks % PLOT_EVERY == 0)

    # drawing ------------------------------------------------------------------------------------------

    def scene(self) -> Scene:
        """This moment."""
        source = self.source
        state = source.state
        now = state.at if source.replay else self._clock()
        waited = self._clock() - self._opened_room
        wanted = {"task", *FETCHED, f"turn {self.chosen}"}
        names = [
            name for name in source.live if name in wanted or name.removeprefix("experiment ") in state.experiments
        ]
        return Scene(
            state=state,
            status=status_of(state, source.supervised, replay=source.replay, waited_us=waited),
            now=now,
            name=source.run.name,
            chosen=self.chosen,
            marked=frozenset(self.marked),
            supervised=source.supervised,
            readonly=self.readonly,
            replay=self._replay_words(),
            last=source.last,
            limits=replace(self._budgets(), changed=state.budgets),
            posts=self._forum.upto(state.seq),
            samples=source.samples,
            facts={name: fact for name in names if (fact := source.fact(name))},
        )

    def _replay_words(self) -> str:
        if not self.source.replay:
            return ""
        return f"{'▶' if self.source.playing else '‖'} x{self.source.speed:g}"

    def _budgets(self) -> Limits:
        """Read once from the first event; a run that has none yet is asked again."""
        if self._limits is None:
            first = next(self.source.reader.records(0, kinds=("run.opened",), limit=1), None)
            if first is None or not isinstance(first.event, RunOpened):
                return Limits()
            self._limits = limits_of(self.source.reader.text(first.event.recipe))
        return self._limits

    def draw(self, *, plot: bool = False) -> None:
        """Draw the present scene in every pane that is displayed; the plot and other slow ones only when asked to."""
        if not self.is_mounted:
            return
        if self.chosen == EVERYONE and self._transcript_of == "" and self.source.state.researchers:
            self.choose(next(iter(self.source.state.researchers)))
        scene = self.scene()
        for pane in self.query(Pane):
            if plot or not pane.SLOW:
                pane.show(scene)
        if self._arrangement(scene) != self._arranged or self._heights(scene) != self._shown_heights:
            self._arrange()
        self._title_panes(scene)
        for over in self.app.screen_stack:
            if isinstance(over, CommandsScreen):
                over.show(scene)

    def changed(self, change: Change) -> None:
        """The source's point has moved, or something passing has changed."""
        if change.records:
            self._forum.add(change.records)
            self.arrived(change.records)
        elif change.moved:
            self.view.set_limit(self.source.state.seq)
        if change.moved or change.live:
            self._plot_due |= self.source.replay or any(isinstance(each.event, JUDGING) for each in change.records)
            early = 0.0 if self.source.replay else self._drawn_s + DRAW_EVERY_S - time.monotonic()
            if early <= 0:
                self._draw_due()
            elif self._due is None:
                self._due = self.set_timer(early, self._draw_due)

    def _draw_due(self) -> None:
        """Draw what has changed; while much happens, all of it together a few times a second."""
        if self._due is not None:
            self._due.stop()
        self._due, self._drawn_s, plot = None, time.monotonic(), self._plot_due
        self._plot_due = False
        self.draw(plot=plot)

    def _draw_slow(self) -> None:
        scene = self.scene()
        for pane in self.query(Pane):
            if pane.SLOW:
                pane.show(scene)

    def _title_panes(self, scene: Scene) -> None:
        who = scene.who
        about = "everyone" if who is None else f"{who.id} · {who.direction}" if who.direction else who.id
        place = self.place_words()
        room = max(self.view.size.width - len(place) - 22, 8)
        self._entitle("transcript", cut(about, room) + place)
        for pane in TABS:
            others = "  ".join(f"{PANES.index(name) + 1} {TITLES[name]}" for name in TABS if name != pane)
            others = "" if self._arranged is not None and "tabs" in self._arranged.shown else others
            self._entitle(pane, others)
        self._entitle("history", "")
        held, tone = ("", "") if who is None else held_back(who)
        if who is not None:
            model = f" · {who.model}" if who.model != who.mind else ""
            held = cut(f"{who.id}{model} · {held}", max(self.size.width - 16, 8))
        if scene.marked:
            names = [name for name in scene.state.researchers if name in scene.marked]
            held, tone = cut(f"what you do next is for {listed(names)}", max(self.size.width - 16, 8)), ""
        self._entitle("fleet", held, "$error bold" if tone == "bad" else DIM)

    def _entitle(self, pane: str, rest: str, style: str = DIM) -> None:
        """A pane's title. Setting one draws the whole pane anew, so it is set only where it is another."""
        if self._titles.get(pane) != (rest, style):
            self._titles[pane] = (rest, style)
            self.query_one(f"#{pane}").border_title = _title(pane, rest, style)

    # arranging ----------------------------------------------------------------------------------------

    _shown_heights: tuple[int, int, int] = (0, 0, 0)
    _ticks = 0
    _due: Timer | None = None
    _drawn_s = 0.0
    _plot_due = False

    def _arrangement(self, scene: Scene) -> Arrangement:
        size = self.size
        found = arrange(size.width, size.height, self.pane, self.tab, self.maximised)
        if found.kind != "tiny" and scene.status.word in STAGES and not scene.state.researchers:
            return Arrangement(found.kind, frozenset({"stage"}))
        return found

    def _heights(self, scene: Scene) -> tuple[int, int, int]:
        """(fleet, banner, open turn): panes that are as high as what they say."""
        fleet = len(scene.state.researchers) + 2  # its head, and everyone
        most = max(self.size.height // 3, FLEET_LINES)
        return (
            min(fleet, most),
            len(banner_lines(scene, self.size.width - 3)),
            len(open_turn_lines(scene, self.view.size.width - 3)),
        )

    def _arrange(self) -> None:
        scene = self.scene()
        self._arranged = found = self._arrangement(scene)
        shown, narrow = found.shown, found.kind == "narrow"
        for name in ("header", "notice", "keys"):
            self.query_one(f"#{name}").display = found.kind != "tiny"
        for name in ("tabs", "strip", "stage", *PANES):
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#tiny").display = found.kind == "tiny"
        side = shown & {"history", *TABS}
        self.query_one("#left").display = "transcript" in shown
        self.query_one("#side").display = bool(side)
        self.query_one("#body").display = bool(side) or "transcript" in shown
        self.set_class(narrow, "-narrow")
        self.set_class(len(shown - {"tabs", "strip"}) == 1, "-single")
        for pane in self.query(Pane):
            pane.show(scene)
        self._shown_heights = fleet, banner, turn = self._heights(scene)
        alone = "fleet" in shown and len(shown - {"tabs"}) == 1
        self.query_one("#fleet").styles.height = "1fr" if alone else fleet + 1
        self.query_one("#banner").display = bool(banner) and found.kind != "tiny" and "stage" not in shown
        self.query_one("#banner").styles.height = banner
        self.query_one("#open-turn").display = bool(turn)
        self.query_one("#open-turn").styles.height = turn
        self.query_one(Tabs).pane = self.pane
        self.query_one(Footer).pane = "stage" if "stage" in shown else self.pane
        self.query_one(Footer).redraw()
        self.query_one(Tabs).redraw()
        self._title_panes(scene)
        self.call_after_refresh(self._refit_panes)

    def _refit_panes(self) -> None:
        for pane in self.query(Pane):
            pane.refit()

    def on_resize(self, event: events.Resize) -> None:
        """Another size, perhaps another layout."""
        self._arrange()

    # choosing -----------------------------------------------------------------------------------------

    def choose(self, who: str) -> None:
        """Choose a researcher, or everyone."""
        if who == self.chosen and self._transcript_of == who:
            return
        self.chosen = who
        self.show_transcript()
        self.draw()
        self.call_after_refresh(self._draw_slow)  # the person waits for the transcript, not for the plot

    @property
    def where(self) -> str:
        """The pane that keys are meant for."""
        alone = self._arranged is not None and STAGE in self._arranged.shown
        return STAGE if alone else self.pane

    @on(TranscriptView.Moved)
    def _transcript_moved(self) -> None:
        self._title_panes(self.scene())

    def action_pane(self, pane: str) -> None:
        """Go to a pane."""
        here = self.pane == pane and self._arranged is not None and pane in self._arranged.shown
        self.pane = pane
        if pane in TABS:
            self.tab = pane
        if not here:
            self._arrange()
        self.query_one(f"#{pane}").focus()

    def action_cycle(self, step: int) -> None:
        """To the next pane in order."""
        self.action_pane(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click has focused another pane."""
        name = event.widget.id or ""
        if name in PANES and name != self.pane:
            self.action_pane(name)

    def action_researcher(self, step: int) -> None:
        """Choose the next or previous researcher, from any pane."""
        names = [*self.source.state.researchers, EVERYONE]
        at = names.index(self.chosen) if self.chosen in names else 0
        self.choose(names[(at + step) % len(names)])

    def action_follow(self) -> None:
        """To the end of the transcript."""
        self.view.follow_end()

    def action_maximise(self) -> None:
        """One pane over the whole screen, and back."""
        self.maximised = not self.maximised
        self._arrange()

    def action_back(self) -> None:
        """Out of a search, a filter, a maximised pane; else to the fleet."""
        if self.pane == "transcript" and self.stop_searching():
            return
        if self.maximised:
            self.action_maximise()
        else:
            self.action_pane("fleet")

    def action_commands(self) -> None:
        """How far the last commands have come."""
        self.app.push_screen(CommandsScreen(self.scene(), list(self.actions.values())))

    def action_quit_room(self) -> None:
        """Leave; what runs goes on."""
        name, state = self.source.run.name, self.source.state
        if self.source.replay or state.over:
            self.app.exit()
        else:
            self.app.exit(f"{name} goes on without this screen. `aarctl attach {name}` opens it again.")


def _title(pane: str, rest: str, style: str = DIM) -> Words:
    """A pane's title: its number and name, then what it is about."""
    name = Words.styled(f" {PANES.index(pane) + 1} {TITLES[pane]} ", "bold")
    return Words.assemble(name, Words.styled(f"  {clean_line(rest)} ", style)) if rest else name
