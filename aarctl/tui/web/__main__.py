"""What `aarctl serve` starts for each open page: the room of one run, or the list of runs that leads to one."""

from __future__ import annotations

import argparse
from pathlib import Path

from aarctl.home import Home

from ..acts.keymap import read_keymap
from ..app import AnyRoom, ControlRoom


def main() -> None:
    """The app, drawn for a browser by the driver that textual-serve names in the environment."""
    parser = argparse.ArgumentParser(prog="python -m aarctl.tui.web")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--run", default="")
    parser.add_argument("--readonly", action="store_true")
    given = parser.parse_args()
    home = Home(given.home)
    keymap = read_keymap(home.keymap)
    if given.run:
        ControlRoom(home.run(given.run).root, readonly=given.readonly, keymap=keymap).run()
    else:
        AnyRoom(home, readonly=given.readonly, keymap=keymap).run()


if __name__ == "__main__":
    main()
