"""`python -m aarctl.supervisor --home HOME --run RUN`: the supervisor's process; `launch` starts it."""

from __future__ import annotations

import argparse
import asyncio
import selectors
import signal
import sys
from pathlib import Path

from ..home import Home
from ..journal.errors import JournalError
from ..recipe import RecipeError
from .supervisor import supervise


def main() -> int:
    """0: the run is over. 1: it failed, or could not be supervised; the last line of the log says why."""
    parser = argparse.ArgumentParser(prog="aarctl.supervisor", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--asked", action="store_true", help="of a run that is over: only what waits in its inbox")
    options = parser.parse_args()
    home = Home(options.home)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal it was started from may go
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            reason = runner.run(supervise(home, home.run(options.run), asked=options.asked))
    except (JournalError, RecipeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if reason != "failed" or options.asked else 1


def _loop() -> asyncio.AbstractEventLoop:
    """Without epoll: its watches are one quota for all processes of a user, and a command may take them all."""
    return asyncio.SelectorEventLoop(selectors.PollSelector())


if __name__ == "__main__":
    sys.exit(main())
