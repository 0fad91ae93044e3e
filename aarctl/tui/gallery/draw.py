"""Screens as SVG files, the same bytes for the same run: for docs/screens and for looking at them."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from textual.app import App

from aarctl.home import Home
from aarctl.journal.reader import JournalReader

from ..app import ControlRoom, Picker
from ..drawing.themes import CONTRAST, DARK, LIGHT, TERMINAL
from .screens import SCREENS, Shown, arrive, room_of, stage
from .write import tell

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


class Drawn(NamedTuple):
    """Another look at a screen of the gallery, beside the one at full size in the dark that each has."""

    name: str
    size: tuple[int, int] = SMALL
    theme: str = DARK.name

    @property
    def file(self) -> str:
        """Without its ending."""
        parts = (self.name, "80x24" if self.size == SMALL else "", self.theme.removeprefix(DARK.name))
        return "-".join(part.removeprefix("aarctl-") for part in parts if part)


MORE = (
    *(Drawn(name) for name in ("room", "fleet", "claude", "pgr", "flags", "budget", "compare", "away", "sandbox-lost")),
    Drawn("room", theme=LIGHT.name),
    *(Drawn("room", FULL, theme.name) for theme in (LIGHT, CONTRAST, TERMINAL)),
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


async def shoot(app: App[Any], size: tuple[int, int], theme: str, shown: Shown | None = None) -> str:
    """The app's screen as SVG, where the keys of `shown` lead."""
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        await pilot.pause()
        if shown is not None:
            await arrive(pilot, shown)
        await pilot.pause()
        return portable(app.export_screenshot(title="aarctl"))


async def draw_all(out: Path, run: Path | None = None) -> list[Path]:
    """Draw every screen of the gallery; or, of a given run, the room at both sizes in both themes."""
    out.mkdir(parents=True, exist_ok=True)
    return await (_draw_run(out, run) if run is not None else _draw_gallery(out))


async def _draw_run(out: Path, run: Path) -> list[Path]:
    with JournalReader(run) as reader:
        end = reader.state().at
    drawn = []
    for size in (FULL, SMALL):
        for theme in (DARK, LIGHT):
            app = ControlRoom(run, readonly=True, clock=lambda: end)
            name = f"{run.name}-{size[0]}x{size[1]}-{'dark' if theme.dark else 'light'}.svg"
            drawn.append(_keep(out / name, await shoot(app, size, theme.name, Shown("", "", ("2",)))))
    return drawn


async def _draw_gallery(out: Path) -> list[Path]:
    drawn = []
    with tempfile.TemporaryDirectory(prefix="aarctl-screens-") as folder:
        home = Home(Path(folder))
        for each in (*(Drawn(name, FULL) for name in SCREENS), *MORE):
            shown = SCREENS[each.name]
            run, end, lock = await stage(shown, Path(folder) / each.file)
            svg = await shoot(room_of(shown, run, end), each.size, each.theme, shown)
            drawn.append(_keep(out / f"{each.file}.svg", svg))
            if lock is not None:
                lock.release()
        for until in ("scored s3", "finished", "building"):
            end = await tell(home.run(until.replace(" ", "-")).root, until)
        picker = Picker(home.runs(), clock=lambda: end + 400_000_000)
        drawn.append(_keep(out / "runs.svg", await shoot(picker, FULL, DARK.name, Shown("", "", ("down",)))))
        drawn.append(_keep(out / "no-run-80x24.svg", await shoot(Picker([]), SMALL, DARK.name)))
    return drawn


def _keep(path: Path, svg: str) -> Path:
    path.write_text(svg, "utf-8")
    return path
