"""Restarting a run whose supervisor is dead: `aarctl run --resume RUN --detach`, as a process of its own.

The control room reaches the supervisor through the command line alone, as a person would. The child leads its own
session, so it outlives the room and its terminal.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from ..drawing.lines import cut
from ..person.preferences import home_of

TIMEOUT_S = 90.0  # loading, settling what was half done, taking the lock


async def restart(run: Path) -> str:
    """Start a supervisor for `run`; returns what to tell the person."""
    home = home_of(run)
    if home is None:
        return f"{run} lies in no home, so nothing can supervise it; move it to HOME/runs/{run.name}"
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aarctl.cli", "run", "--resume", run.name, "--detach",
        stdin=nowhere, stdout=nowhere, stderr=pipe, start_new_session=True,
        env={**os.environ, "AARCTL_HOME": str(home)},
    )  # fmt: skip
    try:
        _, said = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    except TimeoutError:
        return f"the supervisor of {run.name} has not started in {TIMEOUT_S:.0f} s; {run}/logs may say why"
    lines = said.decode("utf-8", "replace").strip().splitlines()
    if process.returncode:
        return cut(lines[-1] if lines else f"it ended with exit code {process.returncode}", 400)
    return f"{run.name} has a supervisor again"
