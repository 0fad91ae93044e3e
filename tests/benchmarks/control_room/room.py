"""The real room on a run whose clock is its journal's: `python -m tests.benchmarks.control_room.room RUN`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from aarctl.journal.reader import JournalReader
from aarctl.tui.app import ControlRoom


def main(run: Path) -> None:
    """Until it is ended."""
    with JournalReader(run) as reader:
        ahead = reader.state().at - time.time_ns() // 1000
    ControlRoom(run, clock=lambda: time.time_ns() // 1000 + ahead).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
