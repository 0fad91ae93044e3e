"""Process trees as /proc shows them, and the few prctl calls that make them ours to end.

The one thing to know: a daemon that double-forks and calls setsid is re-parented to the nearest *subreaper*, so the
tree below a subreaper is complete whatever its members do. Invariant: nothing here signals a process that is not a
descendant of the root it was given.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from typing import NamedTuple

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_LIBC = ctypes.CDLL(None, use_errno=True)
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Row(NamedTuple):
    """One process: parent, state letter (R S D T Z ...), CPU seconds and resident bytes."""

    parent: int
    state: str
    cpu_s: float
    rss_bytes: int

    @property
    def dead(self) -> bool:
        """A zombie runs nothing and cannot be killed again."""
        return self.state in "ZXx"


def prctl(option: int, value: int) -> None:
    """One prctl call with one argument. Raises OSError when the kernel refuses."""
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


def table() -> dict[int, Row]:
    """Every process of this pid namespace that /proc shows now."""
    rows: dict[int, Row] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    # The name may hold spaces and brackets: the fields start after the last ')'.
                    part = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            cpu_s = (int(part[11]) + int(part[12])) / _TICKS
            state = part[0].decode()
            if state == "Z" and int(part[17]) > 1:  # only its first thread has ended
                state = _of_threads(name)
            rows[int(name)] = Row(int(part[1]), state, cpu_s, int(part[21]) * _PAGE)
    return rows


def _of_threads(pid: str) -> str:
    """The state of a process whose first thread has ended: that of a thread awake, else stopped, else dead."""
    states = set()
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
                states.add(file.read().rpartition(b")")[2].split()[0].decode())
    except OSError:
        pass  # a thread, or all of it, has just ended
    return min(states - {"Z", "X", "x"} or {"Z"}, key="RSDtT".find)


def below(roots: set[int], rows: dict[int, Row]) -> dict[int, Row]:
    """The living descendants of `roots`, without the roots."""
    children: dict[int, list[int]] = {}
    for pid, row in rows.items():
        children.setdefault(row.parent, []).append(pid)
    out: dict[int, Row] = {}
    todo = list(roots)
    while todo:
        for pid in children.get(todo.pop(), ()):
            if pid not in out and pid not in roots:
                out[pid] = rows[pid]
                todo.append(pid)
    return {pid: row for pid, row in out.items() if not row.dead}


def send(pids: set[int] | dict[int, Row], number: int) -> None:
    """Signal each process; one that has just gone is not an error."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def end_all_of_ours(look: Callable[[], dict[int, Row]] = table) -> None:
    """SIGKILL everything below this process, a subreaper, until nothing is left.

    A look that finds nobody proves nothing: who is born while /proc is listed may have a child and end before it is
    read. The kernel knows: orphans come to us, so without a child of ours there is nobody below.
    """
    while reap():
        send(below({os.getpid()}, look()), signal.SIGKILL)


def reap() -> bool:
    """Collect every child that has ended, so that none stays a zombie; False when there is no other child either."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
