"""Becoming the researcher's user: how a root keeper's children give up everything before they touch its work.

Invariant: after `become`, and in a program started under `acting_as`, there is no capability, no supplementary group
and no way back: execve makes the saved ids the effective ones (credentials(7)).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from aarctl.sandbox.inside import trees


def become(user: int | None) -> None:
    """Turn this process into `user` (uid and gid) for good. None: it is that user already."""
    trees.prctl(trees.PR_SET_NO_NEW_PRIVS, 1)
    if user is None:
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


@contextmanager
def acting_as(user: int | None) -> Iterator[None]:
    """Start programs as `user` without a copy of this process first, which would cost more than they do.

    vfork keeps ids, and execve settles them. Meanwhile a command of that user could kill this process, as it always can
    where all have one uid.
    """
    if user is None:
        yield
        return
    os.setgroups([])
    os.setresgid(user, user, 0)
    os.setresuid(user, user, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        trees.prctl(trees.PR_SET_PDEATHSIG, signal.SIGKILL)  # the kernel forgets it with every change of ids
