"""`python -m aarctl.tui.gallery [MOMENT] [--replay] [--readonly]`: the room on the synthetic run."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from aarctl.journal.lock import RunLock

from ..app import ControlRoom
from .write import moments, write


def main() -> None:
    """Write the run up to a moment into a temporary folder, and open the room on it."""
    parser = argparse.ArgumentParser(prog="python -m aarctl.tui.gallery", description=__doc__)
    parser.add_argument("moment", nargs="?", default="scored s5", choices=moments())
    parser.add_argument("--replay", action="store_true", help="with a cursor, from the beginning")
    parser.add_argument("--readonly", action="store_true")
    parser.add_argument("--dead", action="store_true", help="as if the supervisor had died")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aarctl-gallery-") as folder:
        run = Path(folder) / "runs" / "demo"
        end = write(run, chosen.moment)
        lock = None if chosen.dead else RunLock(run / "supervisor.lock")
        begun = time.monotonic()
        clock = lambda: end + round((time.monotonic() - begun) * 1e6)  # noqa: E731
        ControlRoom(run, readonly=chosen.readonly, replay=chosen.replay, clock=clock).run()
        if lock is not None:
            lock.release()


if __name__ == "__main__":
    main()
