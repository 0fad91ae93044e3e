"""The janitor: ends what an earlier supervisor of one run left behind, and nothing else.

A process is the run's when its argv is a keeper's with this run's name and it uses a folder below this home, or when
its environment says so (a command of the `process` backend whose keeper was killed). Called before a run makes its
sandboxes, under the run's lock; the caller's own descendants are never touched.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from aarctl.sandbox.backend import owned

PATIENCE_S = 3.0


def leftovers(home: Path, run: str) -> list[psutil.Process]:
    """Living processes of this run and home that do not descend from the caller."""
    keepers = {entry.pid for entry in owned(run)}
    out = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.pid in keepers:
                ours = any(_below(home, argument) for argument in process.cmdline())
            else:
                env = process.environ()
                ours = env.get("AARCTL_RUN") == run and _below(home, env.get("HOME", ""))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # gone, or another user's: not ours to end
        if ours:
            out.append(process)
    me = psutil.Process()  # asked last: what was born during the search has its parents by now
    spared = {me.pid, *(child.pid for child in me.children(recursive=True))}
    return [process for process in out if process.pid not in spared]


def prune(home: Path, run: str) -> int:
    """End the leftovers: TERM lets a keeper end its own tree, KILL follows. Returns how many there were."""
    seen: set[int] = set()
    for number in ("terminate", "kill", "kill"):  # twice: a killed keeper may uncover its orphans
        found = leftovers(home, run)
        seen |= {process.pid for process in found}
        for process in found:
            try:
                getattr(process, number)()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(found, timeout=PATIENCE_S)
    return len(seen)


def _below(home: Path, text: str) -> bool:
    return text.startswith(f"{home.resolve()}{os.sep}")
