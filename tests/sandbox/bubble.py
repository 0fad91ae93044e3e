"""Whether bubblewrap and cgroups work here, asked once. What needs them is skipped where not, and loudly."""

from __future__ import annotations

import asyncio

import pytest

from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.cgroups import find
from aarctl.sandbox.probe import probe
from aarctl.sandbox.protocol import SandboxError

TRIES = 4
"""Of a probe. Where bubblewrap cannot run each says so at once; where the machine is busy one may take too long, and
would cost a worker of pytest all that it should test."""


def _unusable() -> str:
    for _ in range(TRIES):
        try:
            asyncio.run(probe(BubblewrapBackend()))
        except SandboxError as error:
            why = str(error)
        else:
            return ""
    return f"BUBBLEWRAP DOES NOT RUN HERE, ITS PROMISES ARE UNTESTED: {why[-300:]}"


UNUSABLE = _unusable()
PLACE = find()
needs_bubblewrap = pytest.mark.skipif(bool(UNUSABLE), reason=UNUSABLE)
needs_groups = pytest.mark.skipif(PLACE is None, reason="NO CGROUP CAN BE MADE HERE: limits by cgroup are untested")
