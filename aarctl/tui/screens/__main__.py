"""`python -m aarctl.tui.screens OUTDIR [--run FOLDER]`: draws the room's screens into SVG files."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from .draw import draw_all


def main() -> None:
    """Draw them all."""
    parser = argparse.ArgumentParser(prog="python -m aarctl.tui.screens", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--run", type=Path, help="a run's folder; without it, a synthetic run")
    chosen = parser.parse_args()
    for path in asyncio.run(draw_all(chosen.out, chosen.run)):
        print(path)


if __name__ == "__main__":
    main()
