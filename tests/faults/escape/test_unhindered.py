"""The proof that the attempts are real: where nothing is isolated, each of these does succeed.

Run in sandboxes of the process backend, on things planted for it. What would harm the machine is not tried here.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from . import backends
from .arena import Arena
from .attempt import Attempt
from .host import Host
from .table import EVERY

pytestmark = [pytest.mark.escapes, pytest.mark.asyncio(loop_scope="module")]
MAY = ("user", "root") if os.geteuid() == 0 else ("user",)
TRIES = 3  # some win a race against the kernel or the keeper, and on a busy machine not at the first try
REAL = [pytest.param(a, id=f"{f}: {a.name}") for f, a in EVERY if a.unhindered in MAY]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_arena(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Arena]:
    """Two sandboxes without walls."""
    host = Host(Path(tmp_path_factory.mktemp("host"))).plant()
    made = Arena(backends.unisolated(), host, walls=False)
    await made.open()
    yield made
    await made.close()
    host.close()


@pytest.mark.parametrize("attempt", REAL)
async def test_without_walls_it_succeeds(open_arena: Arena, attempt: Attempt) -> None:
    for _ in range(TRIES):
        try:
            verdict = await open_arena.attack(attempt)
        finally:
            open_arena.host.mend()
        if verdict.won:
            return
    raise AssertionError(verdict.said)


async def test_the_backend_without_walls_does_not_claim_any(open_arena: Arena) -> None:
    assert not open_arena.backend.capabilities.isolated
