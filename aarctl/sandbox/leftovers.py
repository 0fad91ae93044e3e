"""Sandbox processes of one home on this machine, found by what they say of themselves, and ended with their trees.

A process is a home's when its argv is a keeper's and names a folder below the home, or when its environment does (a
command of the `process` backend whose keeper was killed). The caller's own descendants are found, and never ended.
Not found: keepers in containers, which name no folder of this machine; their engine knows them.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import msgspec
import psutil

PATIENCE_S = 3.0
KEEPER = "/aarctl/sandbox/keeper.py"


class Process(msgspec.Struct, frozen=True):
    """One living process of a sandbox."""

    pid: int
    run: str
    name: str
    """The sandbox's."""
    backend: str
    """bubblewrap | process"""
    since: float
    """When it started, in seconds since 1970."""


def processes(home: Path) -> list[Process]:
    """Every living process of this home's sandboxes that tells so itself: keepers, their wrappers, lost commands."""
    return [entry for process in psutil.process_iter() if (entry := _read(home, process)) is not None]


def end(home: Path, runs: Collection[str]) -> int:
    """End the leftovers of some runs: TERM lets a keeper end its own tree, KILL follows. Returns how many it ended."""
    seen: set[int] = set()
    for number in ("terminate", "kill", "kill"):  # twice: a killed keeper may uncover its orphans
        found = [entry for entry in _strangers(home) if entry.run in runs]
        ending = []
        for entry in found:
            try:
                process = psutil.Process(entry.pid)
                if process.create_time() == entry.since:  # else the number has passed to another one
                    getattr(process, number)()
                    ending.append(process)
            except psutil.NoSuchProcess:
                continue
        seen |= {process.pid for process in ending}
        psutil.wait_procs(ending, timeout=PATIENCE_S)
    return len(seen)


def _strangers(home: Path) -> list[Process]:
    """Those that do not descend from the caller."""
    found = processes(home)
    me = psutil.Process()  # asked last: what was born during the search has its parents by now
    spared = {me.pid, *(child.pid for child in me.children(recursive=True))}
    return [entry for entry in found if entry.pid not in spared]


def _read(home: Path, process: psutil.Process) -> Process | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        argv, since = process.cmdline(), process.create_time()
        if any(argument.endswith(KEEPER) for argument in argv):
            run, name, ours = _option(argv, "--run"), _option(argv, "--name"), any(_below(home, one) for one in argv)
            backend = "bubblewrap" if argv[0].endswith("bwrap") else "process"
        else:
            env = process.environ()
            run, ours, backend = env.get("AARCTL_RUN", ""), _below(home, env.get("HOME", "")), "process"
            name = Path(env.get("HOME", "")).name
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None  # gone, or another user's: not ours to end
    return Process(process.pid, run, name, backend, since) if ours and run else None


def _option(argv: list[str], option: str) -> str:
    """What follows an option of the keeper's; empty when nothing does."""
    start = next(index for index, argument in enumerate(argv) if argument.endswith(KEEPER))
    tail = argv[start:]
    return tail[tail.index(option) + 1] if option in tail[:-1] else ""


def _below(home: Path, text: str) -> bool:
    return text.startswith(f"{home.resolve()}{os.sep}")
