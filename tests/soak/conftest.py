"""How long the soak is: short by default; `make soak` has TURNS turns of each of nine researchers, 300 by itself."""

from __future__ import annotations

import os

import pytest

from aarctl.sandbox.choose import pick
from aarctl.sandbox.protocol import SandboxError

TURNS = int(os.environ.get("AARCTL_SOAK_TURNS", "300"))
LONG = TURNS * 20 // 3
"""Of the one researcher of many chapters: 2,000 where the others have 300."""


def short_or(turns: int, short: int) -> pytest.MarkDecorator:
    """The test at two sizes: `short` in `make test`, `turns` in `make soak`."""
    return pytest.mark.parametrize("turns", [short, pytest.param(turns, marks=pytest.mark.soak)])


async def backend() -> str:
    """Where the fleet's commands run: behind real walls where bubblewrap works."""
    try:
        await (await pick("bubblewrap")).backend.close()
    except SandboxError:
        return "process"
    return "bubblewrap"
