"""`python -m aarctl.tui.gallery [SCREEN | MOMENT]`: the room's screens; without a name, all of them to choose.

With `--draw FOLDER` they are drawn into SVG files; then `--run FOLDER` draws the room over that run instead.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import tempfile
from pathlib import Path

from .choose import Gallery, open_screen
from .draw import draw_all
from .screens import SCREENS, Shown
from .write import moments


def main() -> None:
    """Choose, open, and choose again; or open one; or draw them."""
    parser = argparse.ArgumentParser(prog="python -m aarctl.tui.gallery", description=__doc__)
    parser.add_argument("name", nargs="?", type=_shown, metavar="SCREEN", help="a screen's name, or a story's moment")
    parser.add_argument("--draw", type=Path, metavar="FOLDER")
    parser.add_argument("--run", type=Path, metavar="FOLDER")
    chosen = parser.parse_args()
    if chosen.draw:
        for path in asyncio.run(draw_all(chosen.draw, chosen.run)):
            print(path)
        return
    with tempfile.TemporaryDirectory(prefix="aarctl-gallery-") as folder:
        if chosen.name:
            open_screen(chosen.name, Path(folder))
            return
        at = None
        while (at := Gallery(at).run()) is not None:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                open_screen(SCREENS[at], Path(own))


def _shown(name: str) -> Shown:
    if name in SCREENS:
        return SCREENS[name]
    if name in moments():
        return Shown(name.replace(" ", "-"), name)
    near = difflib.get_close_matches(name, [*SCREENS, *moments()])
    raise argparse.ArgumentTypeError(f"no screen {name!r}; there are {', '.join(near or SCREENS)}")


if __name__ == "__main__":
    main()
