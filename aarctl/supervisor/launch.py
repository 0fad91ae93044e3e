"""Starting a run's supervisor as a process of its own.

It leads its own session, so closing the terminal, the control room or the SSH connection changes nothing for it.
Its argv carries the run's name: `pgrep -f 'aarctl.* --run demo'` finds every process of the run `demo`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from ..home import Home
from ..journal.lock import is_held

START_TIMEOUT_S = 30.0


class SupervisorDidNotStart(Exception):
    """The process ended before it took the run's lock; the message holds the end of its log."""


def launch(home: Home, run: str, *, asked: bool = False) -> int:
    """Start the supervisor of `run` and return its pid once it holds the run's lock.

    It may be done before anyone looks, with `asked` above all: of a run that is over, for what waits in its inbox.
    Raises SupervisorDidNotStart. Started twice, the second process finds the lock held and ends.
    """
    paths = home.run(run)
    paths.logs.mkdir(exist_ok=True)
    log = paths.logs / "supervisor.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "aarctl.supervisor", "--home", str(home.root), "--run", run),
                *(["--asked"] if asked else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while not is_held(paths.lock):
        if process.poll() == 0:
            break
        if process.poll() is not None and not is_held(paths.lock):
            raise SupervisorDidNotStart(f"the supervisor of {run} ended at once: {_last_line(log)} (see {log})")
        if time.monotonic() > deadline:
            process.kill()
            raise SupervisorDidNotStart(f"the supervisor of {run} did not start in {START_TIMEOUT_S:.0f} s; see {log}")
        time.sleep(0.02)
    return process.pid


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
