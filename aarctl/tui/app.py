"""The control room as an app: one run, live or replayed; and the picker that finds one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from aarctl.home import RunPaths

from .screens.live import LiveRoom
from .screens.picker import PickerScreen
from .screens.replay import ReplayRoom
from .source import Source
from .themes import ThemedApp


def wall_clock() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1000


class ControlRoom(ThemedApp[str]):
    """Shows one run. Raises NoJournal or JournalError when it cannot be opened.

    Gives back a sentence when the run goes on without the screen.
    """

    CSS_PATH = ["app.tcss", "screens/room.tcss", "screens/picker.tcss"]
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
    ) -> None:
        super().__init__()
        self.title = f"aarctl {run.name}"
        self._source = Source(run, replay=replay, at=at, speed=speed)
        self._room = ReplayRoom(self._source, clock) if replay else LiveRoom(self._source, clock, readonly=readonly)

    def on_mount(self) -> None:
        """The room."""
        self.push_screen(self._room)


class Picker(ThemedApp[Path]):
    """Lists runs; gives back the folder of the one that was chosen."""

    CSS_PATH = ["app.tcss", "screens/picker.tcss"]
    TITLE = "aarctl"

    def __init__(self, runs: Sequence[RunPaths], clock: Callable[[], int] = wall_clock) -> None:
        super().__init__()
        self._runs, self._clock = runs, clock

    def on_mount(self) -> None:
        """The list."""
        self.push_screen(PickerScreen(self._runs, self._clock), self.exit)


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
    words = ControlRoom(run_folder, readonly=readonly, replay=replay, at=at, speed=speed).run()
    if words:
        print(words)


def pick_run(home_runs: Sequence[RunPaths]) -> Path | None:
    """Let the person choose one of the runs; None when they chose none."""
    return Picker(home_runs).run()
