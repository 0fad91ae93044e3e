"""Warm runners: importing torch once per sandbox, and forking it for each experiment (lab/runner.py).

The runner is a command in the sandbox like any other: what a researcher does to it concerns that researcher alone,
and a replication has a clean one. Where none answers, the same command line starts cold and does the same.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..sandbox.protocol import Sandbox

WORD = "aarctl-job"
"""argv[0] of an experiment that runs a method file; the rest are the arguments of lab/job.py."""

LIFETIME_S = 30 * 86_400.0  # as long as a keeper allows; after that, experiments start cold
SOCKET = ".warm.sock"  # relative to the workspace: a unix socket's path must be short

RUNNER = '"$PYTHONPATH/aarctl/lab/runner.py"'
SERVE = f'rm -f {SOCKET}; exec python {RUNNER} serve --socket {SOCKET} "--run=$AARCTL_RUN"'
# A runner that is still importing is worth a short wait: a cold start would import the same.
RUN = (
    f"i=0; while [ ! -S {SOCKET} ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done; "
    f'exec python -I -S {RUNNER} run --socket {SOCKET} -- "$@"'
)

COLD = f'exec python -I -S {RUNNER} run --socket /dev/null -- "$@"'  # nobody answers there


async def start(sandbox: Sandbox) -> None:
    """Start the runner of a new sandbox; jobs that come before it is warm wait for it a little."""
    # The id is new each time: the spool of an earlier sandbox on this workspace answers for the earlier runner.
    await sandbox.exec(f"warm-{time.time_ns()}", ["sh", "-c", SERVE], timeout_s=LIFETIME_S)


def command(argv: Sequence[str], *, warm: bool = True) -> list[str]:
    """What to execute for an experiment's argv; not `warm`: cold at once, as in a sandbox that has no runner."""
    return ["sh", "-c", RUN if warm else COLD, *argv] if argv[0] == WORD else list(argv)
