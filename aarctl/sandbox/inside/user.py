"""Becoming the researcher's user: how a root keeper's children give up everything before they touch its work.

Invariant: after `become` the process has no capability, no supplementary group and no way back.
"""

from __future__ import annotations

import os

from aarctl.sandbox.inside import trees


def become(user: int | None) -> None:
    """Turn this process into `user` (uid and gid) for good. None: it is that user already."""
    trees.prctl(trees.PR_SET_NO_NEW_PRIVS, 1)
    if user is None:
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
