"""Screens as SVG files, the same bytes for the same run: for docs/screens and for looking at them."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from textual.app import App

from aarctl.home import Home
from aarctl.journal.lock import RunLock
from aarctl.journal.reader import JournalReader

from ..app import ControlRoom, Picker
from ..gallery.write import tell
from ..memory import Memory
from ..themes import CONTRAST, DARK, LIGHT, TERMINAL
from .digest import DigestScreen

FULL, SMALL = (120, 36), (80, 24)
FONTS = "'JetBrains Mono','Fira Code','DejaVu Sans Mono',monospace"

_FACES = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
_ID = re.compile(r"terminal-\d+")
_TEXT = re.compile(
    r'(?P<before><text [^>]*?)x="(?P<x>[\d.]+)"(?P<between>[^>]*?)textLength="(?P<length>[\d.]+)"'
    r"(?P<tail>[^>]*)>"
    r"(?P<spaces>(?:&#160;)+)(?P<rest>[^<]*)</text>"
)
CELL = 12.2  # width of a cell in Rich's SVG


class Shot(NamedTuple):
    """One screen: what of the synthetic run, how large, after which keys."""

    name: str
    until: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    theme: str = DARK.name
    replay: bool = False
    alive: bool = True
    seen: str = ""
    """Where the person looked last, for one who comes back."""


SHOTS = (
    Shot("room", "scored s5", FULL, ("down", "2")),
    Shot("room-light", "scored s5", FULL, ("down", "2"), LIGHT.name),
    Shot("room-forum", "scored s5", FULL, ("J", "4")),
    Shot("room-compute", "replicating s5", FULL, ("5",)),
    Shot("room-80x24", "scored s5", SMALL, ("down", "2")),
    Shot("room-80x24-light", "scored s5", SMALL, ("down", "2"), LIGHT.name),
    Shot("fleet-80x24", "screening 2", SMALL),
    Shot("pgr-80x24", "finished", SMALL, ("3",)),
    Shot("claudes", "claude waits", FULL, ("2",)),
    Shot("claude-acts", "claude acts", FULL, ("2", "m")),
    Shot("claude-80x24", "claude chapter 2", SMALL, ("2",)),
    Shot("blocked", "claude without credit", FULL),
    Shot("rehearsal-80x24", "rehearsal waits", SMALL),
    Shot("building", "building", FULL),
    Shot("finished", "finished", FULL, ("6",)),
    Shot("board", "finished", FULL, ("6", "m")),
    Shot("flags", "flags", FULL, ("7", "enter")),
    Shot("flags-80x24", "flags", SMALL, ("7",)),
    Shot("budget-80x24", "judged", SMALL, ("8",)),
    Shot("gpus", "queue", FULL, ("5", "m")),
    Shot("submission", "judged", FULL, ("6", "enter")),
    Shot("compare", "finished", FULL, ("C",)),
    Shot("dead", "scored s3", FULL, alive=False),
    Shot("away", "finished", FULL, seen="scored s3"),
    Shot("away-80x24", "claude without credit", SMALL, seen="claude thinks"),
    Shot("image-builds", "image builds", SMALL),
    Shot("model-downloads", "model downloads", FULL),
    Shot("rate-limited", "rate limited", FULL),
    Shot("waits-for-a-slot", "waits for a slot", FULL),
    Shot("sandbox-lost-80x24", "sandbox lost", SMALL),
    Shot("budget-reached", "budget reached", FULL),
    Shot("room-contrast", "scored s5", FULL, ("down", "2"), CONTRAST.name),
    Shot("room-terminal", "scored s5", FULL, ("down", "2"), TERMINAL.name),
    Shot("replay", "finished", FULL, ("n", "n", "n", "n", "n"), replay=True),
    Shot("steer", "scored s5", FULL, ("s",)),
    Shot("marked-80x24", "scored s5", SMALL, ("space", "down", "space")),
    Shot("verdict", "judged", FULL, ("7", "v")),
    Shot("limits", "claude waits", FULL, ("b",)),
    Shot("commands", "finished", FULL, ("c",)),
    Shot("palette", "scored s5", FULL, ("colon",)),
    Shot("help", "scored s5", FULL, ("question_mark",)),
)


def portable(svg: str) -> str:
    """An SVG with no address and no random name in it, whose texts begin with a character that is drawn.

    Some renderers drop spaces at the beginning of a text and would move all that follows.
    """
    svg = _ID.sub("terminal-aarctl", _FACES.sub("", svg))
    svg = _TEXT.sub(_without_lead, svg)
    return re.sub(r"font-family: ?[^;]*;", f"font-family: {FONTS};", svg)


def _without_lead(found: re.Match[str]) -> str:
    moved = len(found["spaces"]) // len("&#160;") * CELL
    if not found["rest"]:
        return ""
    x, length = float(found["x"]) + moved, float(found["length"]) - moved
    begin = f'{found["before"]}x="{x:g}"{found["between"]}textLength="{length:g}"'
    return f"{begin}{found['tail']}>{found['rest']}</text>"


async def shoot(
    app: App[Any], size: tuple[int, int], keys: tuple[str, ...] = (), theme: str = "", *, greeted: bool = False
) -> str:
    """The app's screen as SVG after some keys; `greeted`: once the digest has come."""
    async with app.run_test(size=size) as pilot:
        if theme:
            app.theme = theme
        await pilot.pause()
        while greeted and not isinstance(app.screen, DigestScreen):
            await pilot.pause(0.02)
        await pilot.press(*keys)
        await pilot.pause()
        await pilot.pause()
        return portable(app.export_screenshot(title="aarctl"))


async def draw_all(out: Path, run: Path | None = None) -> list[Path]:
    """Draw SHOTS of the synthetic run; or, of a given run, the room at both sizes in both themes."""
    out.mkdir(parents=True, exist_ok=True)
    return await (_draw_run(out, run) if run is not None else _draw_story(out))


async def _draw_run(out: Path, run: Path) -> list[Path]:
    with JournalReader(run) as reader:
        end = reader.state().at
    drawn = []
    for size in (FULL, SMALL):
        for theme in (DARK, LIGHT):
            app = ControlRoom(run, readonly=True, clock=lambda: end)
            name = f"{run.name}-{size[0]}x{size[1]}-{'dark' if theme.dark else 'light'}.svg"
            drawn.append(_keep(out / name, await shoot(app, size, ("2",), theme.name)))
    return drawn


async def _draw_story(out: Path) -> list[Path]:
    drawn = []
    with tempfile.TemporaryDirectory(prefix="aarctl-screens-") as folder:
        home = Home(Path(folder))
        for shot in SHOTS:
            run = Path(folder) / shot.name / "demo"
            end = await tell(run, shot.until)
            if shot.seen:
                await _left(run, Path(folder) / shot.name / "before", shot.seen)
            lock = RunLock(run / "supervisor.lock") if shot.alive and shot.until != "finished" else None
            app = ControlRoom(run, replay=shot.replay, clock=lambda end=end: end + 2_000_000)  # type: ignore[misc]
            svg = await shoot(app, shot.size, shot.keys, shot.theme, greeted=bool(shot.seen))
            drawn.append(_keep(out / f"{shot.name}.svg", svg))
            if lock is not None:
                lock.release()
        for until in ("scored s3", "finished", "building"):
            end = await tell(home.run(until.replace(" ", "-")).root, until)
        picker = Picker(home.runs(), clock=lambda: end + 400_000_000)
        drawn.append(_keep(out / "runs.svg", await shoot(picker, FULL, ("down",))))
        drawn.append(_keep(out / "no-run-80x24.svg", await shoot(Picker([]), SMALL)))
    return drawn


async def _left(run: Path, before: Path, moment: str) -> None:
    """Have the person last look at the run when its story was at an earlier moment."""
    at = await tell(before, moment)
    with JournalReader(before) as reader:
        Memory(run).put("seen", {"seq": reader.last_seq(), "at": at})


def _keep(path: Path, svg: str) -> Path:
    path.write_text(svg, "utf-8")
    return path
