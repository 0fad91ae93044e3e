"""Every screen and state that a person can meet, each with the keys that lead there on the synthetic run.

One table for three readers: `python -m aarctl.tui.gallery` opens them, `make screens` draws them, and the snapshot
tests hold them, each at both sizes, dark, light and without colour. A new screen needs a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from textual.pilot import Pilot
from textual.widgets import Input

from aarctl.home import RunPaths
from aarctl.journal.lock import RunLock
from aarctl.journal.reader import JournalReader

from ..app import ControlRoom
from ..person.memory import Memory
from ..screens.digest import DigestScreen
from .write import tell

PAUSE_S = 0.02
LOOKS_US = 2_000_000
"""Between the end of a story and the person's look at it."""


class Shown(NamedTuple):
    """One screen: what of the synthetic run, and after which keys."""

    name: str
    moment: str
    keys: tuple[str, ...] = ()
    replay: bool = False
    readonly: bool = False
    alive: bool = True
    """Whether a supervisor lives, where the run is not over."""
    seen: str = ""
    """Where the person looked last, for who comes back."""


STATES = (
    Shown("starting", "new"),
    Shown("image-builds", "image builds"),
    Shown("model-downloads", "model downloads"),
    Shown("task-builds", "building"),
    Shown("waits-for-a-slot", "waits for a slot"),
    Shown("rate-limited", "rate limited"),
    Shown("budget-reached", "budget reached"),
    Shown("sandbox-lost", "sandbox lost"),
    Shown("blocked", "claude without credit"),
    Shown("dead", "scored s3", alive=False),
    Shown("finished", "finished", ("6",)),
    Shown("away", "claude without credit", seen="claude thinks"),
    Shown("read-only", "scored s3", readonly=True),
    Shown("replay", "finished", ("n", "n", "n", "n", "n"), replay=True),
    Shown("rehearsal", "rehearsal acts"),
)
PANES = (
    Shown("room", "scored s5", ("down", "2")),
    Shown("fleet", "claude waits"),
    Shown("claude", "claude acts", ("2", "m")),
    Shown("pgr", "judged", ("3", "left", "left")),
    Shown("forum", "judged", ("4", "m")),
    Shown("compute", "replicating s5", ("5",)),
    Shown("gpus", "queue", ("5", "m")),
    Shown("board", "judged", ("6", "m")),
    Shown("flags", "flags", ("7",)),
    Shown("budget", "judged", ("8",)),
)
SHEETS = (
    Shown("evidence", "flags", ("7", "enter")),
    Shown("verdict", "judged", ("7", "v")),
    Shown("submission", "judged", ("6", "enter")),
    Shown("compare", "finished", ("C", "right")),
    Shown("hits", "finished", ("J", "2", "slash", *"loss", "enter")),
    Shown("search", "finished", ("slash", "tab", *"seed", "enter")),
    Shown("bookmarks", "finished", ("2", "b", "home", "b", "B")),
    Shown("go-to", "finished", ("g",)),
    Shown("steer", "scored s5", ("s",)),
    Shown("limits", "claude waits", ("b",)),
    Shown("add", "claude waits", ("a",)),
    Shown("retire", "scored s5", ("x",)),
    Shown("cancel", "replicating s5", ("5", "X")),
    Shown("stop", "scored s3", ("S",)),
    Shown("reply", "judged", ("4", "i")),
    Shown("marked", "scored s5", ("space", "down", "space")),
    Shown("commands", "finished", ("c",)),
    Shown("palette", "scored s5", ("colon",)),
    Shown("help", "scored s5", ("question_mark",)),
)
SCREENS = {shown.name: shown for shown in (*STATES, *PANES, *SHEETS)}


def room_of(shown: Shown, run: Path, end: int, passed: Callable[[], int] = lambda: 0) -> ControlRoom:
    """The room over a run whose story ended at `end`, before any key; time stands but for what has `passed` (us)."""
    return ControlRoom(run, readonly=shown.readonly, replay=shown.replay, clock=lambda: end + LOOKS_US + passed())


async def arrive(pilot: Pilot[Any], shown: Shown) -> None:
    """Press the keys, and wait until all that they ask for is on the screen and nothing on it blinks."""
    await pilot.pause()
    while shown.seen and not isinstance(pilot.app.screen, DigestScreen):
        await pilot.pause(PAUSE_S)
    for key in shown.keys:
        await pilot.press(key)
        while getattr(pilot.app.screen, "looking", False):
            await pilot.pause(PAUSE_S)
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False
    await pilot.pause()


def left(run: Path, before: Path) -> None:
    """Have the person last look at `run` when its story was where that of `before` ends."""
    with JournalReader(before) as reader:
        state = reader.state()
    Memory(run).put("seen", {"seq": state.seq, "at": state.at})


async def stage(shown: Shown, folder: Path) -> tuple[Path, int, RunLock | None]:
    """Write the run into `folder`: where it lies, when its story ends, and what makes it look alive until released."""
    run = folder / shown.name / "demo"
    end = await tell(run, shown.moment)
    if shown.seen:
        before = folder / shown.name / "before"
        await tell(before, shown.seen)
        left(run, before)
    alive = shown.alive and shown.moment != "finished"
    return run, end, RunLock(RunPaths(run).lock) if alive else None
