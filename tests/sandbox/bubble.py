"""Whether bubblewrap and cgroups work here, asked once. What needs them is skipped where not, and loudly."""

from __future__ import annotations

import asyncio

import pytest

from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.cgroups import find
from aarctl.sandbox.probe import probe
from aarctl.sandbox.protocol import SandboxError


def _unusable() -> str:
    try:
        asyncio.run(probe(BubblewrapBackend()))
    except SandboxError as error:
        return f"BUBBLEWRAP DOES NOT RUN HERE, ITS PROMISES ARE UNTESTED: {str(error)[-300:]}"
    return ""


UNUSABLE = _unusable()
PLACE = find()
needs_bubblewrap = pytest.mark.skipif(bool(UNUSABLE), reason=UNUSABLE)
needs_groups = pytest.mark.skipif(PLACE is None, reason="NO CGROUP CAN BE MADE HERE: limits by cgroup are untested")
