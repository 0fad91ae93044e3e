"""The control room as an app: one run, live or replayed; and the picker that finds one."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from aarctl.home import Home, RunPaths
from aarctl.journal.errors import JournalError

from .acts.keymap import Keymap, read_keymap
from .drawing.themes import ThemedApp
from .person.preferences import home_of
from .screens.live import LiveRoom
from .screens.picker import PickerScreen
from .screens.replay import ReplayRoom
from .screens.room import DEFAULT
from .source import Source

SETTLED_S = 0.5  # after which the room is drawn


def _settle() -> None:
    gc.freeze()
    gc.enable()


def wall_clock() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1000


class ControlRoom(ThemedApp[str]):
    """Shows one run. Raises NoJournal or JournalError when it cannot be opened.

    Gives back a sentence when the run goes on without the screen.
    """

    CSS_PATH = ["app.tcss", "screens/room.tcss", "screens/sheets.tcss", "screens/search.tcss", "screens/picker.tcss"]
    TITLE = "aarctl"

    def __init__(
        self,
        run: Path,
        *,
        readonly: bool = False,
        replay: bool = False,
        at: int | None = None,
        speed: float = 1.0,
        clock: Callable[[], int] = wall_clock,
        keymap: Keymap = DEFAULT,
    ) -> None:
        super().__init__(home_of(run))
        self.title = f"aarctl {run.name}"
        self._source = Source(run, replay=replay, at=at, speed=speed)
        self._room = (
            ReplayRoom(self._source, clock, keymap=keymap)
            if replay
            else LiveRoom(self._source, clock, readonly=readonly, keymap=keymap)
        )

    def on_mount(self) -> None:
        """The room. What stands once it is drawn stays: to look through it for garbage would hold up a frame."""
        self.push_screen(self._room)
        if not self.is_headless:
            self.set_timer(SETTLED_S, _settle)

    def on_app_focus(self) -> None:
        """The person looks at this terminal."""
        self._tell(True)

    def on_app_blur(self) -> None:
        """The person looks elsewhere."""
        self._tell(False)

    def _tell(self, focused: bool) -> None:
        if isinstance(self._room, LiveRoom) and self._room.is_mounted:
            self._room.looked(focused=focused)


class Picker(ThemedApp[Path]):
    """Lists runs; gives back the folder of the one that was chosen."""

    CSS_PATH = ["app.tcss", "screens/picker.tcss"]
    TITLE = "aarctl"

    def __init__(self, runs: Sequence[RunPaths], clock: Callable[[], int] = wall_clock) -> None:
        super().__init__(home_of(runs[0].root) if runs else None)
        self._runs, self._clock = runs, clock

    def on_mount(self) -> None:
        """The list."""
        self.push_screen(PickerScreen(self._runs, self._clock), self.exit)


class AnyRoom(ThemedApp[str]):
    """The list of a home's runs, and then the room of the one that is chosen: for a page that cannot begin twice."""

    CSS_PATH = ControlRoom.CSS_PATH
    TITLE = "aarctl"

    def __init__(
        self, home: Home, *, readonly: bool = False, keymap: Keymap = DEFAULT, clock: Callable[[], int] = wall_clock
    ) -> None:
        super().__init__(home.root)
        self._home, self._readonly, self._keys, self._clock = home, readonly, keymap, clock

    def on_mount(self) -> None:
        """The list."""
        self.push_screen(PickerScreen(self._home.runs(), self._clock), self._chosen)

    def _chosen(self, run: Path | None) -> None:
        if run is None:
            self.exit()
            return
        try:
            source = Source(run)
        except JournalError as error:
            self.exit(str(error))
            return
        self.title = f"aarctl {run.name}"
        self.push_screen(LiveRoom(source, self._clock, readonly=self._readonly, keymap=self._keys))


def open_room(
    run_folder: Path,
    *,
    readonly: bool = False,
    replay: bool = False,
    at: int | None = None,
    speed: float = 1.0,
) -> None:
    """Open the room on a run and return when the person leaves it. Raises NoJournal, JournalError.

    `at` is the seq where a replay begins, `speed` how many of the run's seconds pass in one of the person's.
    """
    keymap = read_keymap(Home.default().keymap)
    words = ControlRoom(run_folder, readonly=readonly, replay=replay, at=at, speed=speed, keymap=keymap).run()
    if words:
        print(words)


def pick_run(home_runs: Sequence[RunPaths]) -> Path | None:
    """Let the person choose one of the runs; None when they chose none."""
    return Picker(home_runs).run()
