"""Freezing by signals: everything below the shepherds is stopped, and later only what we stopped goes on.

A process may wake another that was just stopped, so a freeze is done when two looks in a row find nobody awake.
A look at /proc can miss who forks and ends faster than it reads. Where the keeper is process 1, with a pid namespace of
its own, it stops everybody in one call: while that call lasts nobody can be born, and who has a signal pending cannot
fork. The others (shepherds, yard) go on at once. Where it is not, a fork storm without a pause may escape.
Shepherds, yard and keeper are not kept stopped: they still answer, and can still kill.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from aarctl.sandbox.inside import trees

PATIENCE_S = 3.0  # for a shepherd that does not come to start its command: slow, or stopped by another command
QUIET_LOOKS = 2

Tree = Callable[[], dict[int, trees.Row]]


class Freezer:
    """Whether work is frozen, since when, and whom we stopped."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._alone = os.getpid() == 1
        self.since: float | None = None
        self._quiet = 0
        self._before: set[int] = set()  # stopped, but not by us
        self._stopped: set[int] = set()

    def __repr__(self) -> str:
        state = "thawed" if self.since is None else "frozen" if self.settled else "freezing"
        return f"Freezer({state}, {len(self._stopped)} stopped)"

    @property
    def on(self) -> bool:
        """Frozen, or becoming so."""
        return self.since is not None

    @property
    def settled(self) -> bool:
        """Frozen, and nobody is left awake."""
        return self.since is not None and self._quiet >= QUIET_LOOKS

    @property
    def stopped(self) -> int:
        """How many processes we stopped."""
        return len(self._stopped)

    def begin(self, now: float) -> None:
        """Start to freeze; already frozen is fine."""
        if self.since is None:
            self.since, self._quiet, self._stopped = now, 0, set()
            self._before = {pid for pid, row in self._tree().items() if row.state in "Tt"}

    def again(self) -> None:
        """Somebody may have come in: look again."""
        self._quiet = 0

    def step(self, now: float, starting: set[int]) -> bool:
        """Stop who is awake; True once nobody is.

        `starting` are the shepherds (0: not known yet) of commands that have not said that they started. Such a command
        is let in first; it is in once its shepherd has a child, and stopped there, before its program, it says nothing.
        """
        assert self.since is not None
        if self._alone:
            self._stop_everybody()
        rows = self._tree()
        awake = {pid: row for pid, row in rows.items() if row.state not in "Tt"}
        trees.send(awake, signal.SIGSTOP)
        self._stopped |= rows.keys() - self._before | awake.keys()
        late = now - self.since > PATIENCE_S
        all_in = starting <= {row.parent for row in rows.values()}
        # In D nothing of a program runs, and the stop it has been sent comes first when it leaves: so it is with the
        # parent of a vfork, which waits there for a child that we have stopped.
        quiet = (late or all_in) and all(row.state == "D" for row in awake.values())
        self._quiet = self._quiet + 1 if quiet else 0
        return self.settled

    def _stop_everybody(self) -> None:
        try:
            os.kill(-1, signal.SIGSTOP)
        except (ProcessLookupError, PermissionError):
            return
        work = self._tree()
        trees.send(trees.table().keys() - work.keys() - {os.getpid()}, signal.SIGCONT)

    def end(self, now: float) -> float:
        """Thaw; returns for how many seconds it was frozen, which no time limit counts."""
        if self.since is None:
            return 0.0
        spent = now - self.since
        # A pid may have been reused: only what still is below a shepherd is woken.
        trees.send(self._stopped & self._tree().keys(), signal.SIGCONT)
        self.since, self._stopped = None, set()
        return spent
