"""Draws the control room on a run, in a real terminal of two sizes, into docs/screens/*.svg.

    python scripts/screens.py RUN [NAME=KEYS ...]      KEYS: tmux key names, by commas: board=b forum=4,Enter

Each view is opened afresh by `aarctl attach RUN --readonly` in a tmux server of its own, so what is drawn is
what a person sees.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

SIZES = ((80, 24), (120, 36))
SETTLE_S = 1.0
"""A view is settled when it has been the same for this long; live figures count, so there is a limit too."""
SETTLE_MAX_S = 15.0
OUT = Path(__file__).parents[1] / "docs" / "screens"
AARCTL = Path(sys.executable).with_name("aarctl")


class Terminal:
    """A terminal of `width` x `height` cells with the control room of `run` in it."""

    def __init__(self, server: str, run: str, width: int, height: int) -> None:
        self.server = server
        command = f"COLORTERM=truecolor TERM=xterm-256color {AARCTL} attach {run} --readonly"
        self._tmux("new-session", "-d", "-x", str(width), "-y", str(height), command)

    def press(self, keys: str) -> None:
        """Sends keys by their tmux names, comma-separated, waiting for the screen to settle after each."""
        for key in filter(None, keys.split(",")):
            self._tmux("send-keys", key)
            self.settled()

    def settled(self) -> str:
        """The screen with its colours as escape sequences, once it stays the same."""
        began = since = time.monotonic()
        seen = ""
        while True:
            now, screen = time.monotonic(), self._tmux("capture-pane", "-e", "-p")
            if screen != seen:
                seen, since = screen, now
            if (seen.strip() and now - since >= SETTLE_S) or now - began >= SETTLE_MAX_S:
                return seen
            time.sleep(0.1)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-L", self.server, *words], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"tmux {words[0]}: {done.stderr.strip()}; does `aarctl attach` start by itself?")
        return done.stdout


@contextmanager
def terminal(run: str, width: int, height: int) -> Iterator[Terminal]:
    """A Terminal whose tmux server ends with it."""
    server = f"aarctl-screens-{width}x{height}"
    try:
        yield Terminal(server, run, width, height)
    finally:
        subprocess.run(["tmux", "-L", server, "kill-server"], capture_output=True)


def svg(screen: str, width: int, title: str) -> str:
    """A captured screen as an SVG picture."""
    console = Console(
        record=True, width=width, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in screen.rstrip("\n").split("\n"):
        console.print(Text.from_ansi(line), no_wrap=True, overflow="crop", crop=True)
    return console.export_svg(title=title)


def main(run: str, views: dict[str, str]) -> None:
    """Draws every view in every size."""
    OUT.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        for name, keys in views.items():
            with terminal(run, width, height) as room:
                room.settled()
                room.press(keys)
                path = OUT / f"{name}-{width}x{height}.svg"
                path.write_text(svg(room.settled(), width, f"aarctl attach {run}"), encoding="utf-8")
                print(path.relative_to(OUT.parents[1]))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("usage: python scripts/screens.py RUN [NAME=KEYS ...]")
    main(sys.argv[1], dict(view.split("=", 1) for view in sys.argv[2:]) or {"room": ""})
