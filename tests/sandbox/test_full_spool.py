"""A spool on a disk that fills up under the keeper: it goes on, says what is lost, and every question has an end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import NoSpace, SandboxSpec

from .watch import marker, run

PRINT = "import os, time\nfor n in range(60):\n  os.write(1, b'x' * 7001)\n  time.sleep(.002)"
needs_mount = pytest.mark.skipif(
    os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0,
    reason="only root can mount a small disk",
)


@pytest.fixture
async def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[LiveSandbox]:
    spool = tmp_path / "spool"
    spool.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", request.param, "aarctl", str(spool)], check=True)
    try:
        made = await ProcessBackend().create(SandboxSpec(f"run-{marker()}", "r1", tmp_path / "w", spool))
        yield made
        await made.remove()
    finally:
        subprocess.run(["umount", str(spool)], check=True)


@needs_mount
@pytest.mark.parametrize(
    ("sandbox", "cap"), [("size=256k", 1 << 20), ("size=4m,nr_inodes=5", 1 << 17)], indirect=["sandbox"],
    ids=["a write that is cut short", "no room for one more file"],
)  # fmt: skip
async def test_output_that_finds_no_room_is_said_to_be_lost_and_readers_come_to_an_end(
    sandbox: LiveSandbox, cap: int
) -> None:
    one = await sandbox.exec("x", ["python", "-c", PRINT], timeout_s=60, output_cap=cap)
    async with asyncio.timeout(60):
        following = asyncio.create_task(one.output())
        result = await one.wait()
        assert result.exit_code == 0 and result.output_bytes == 60 * 7001
        assert result.truncated and result.error.startswith("output lost: No space left")
        assert len((await following).head) < result.output_bytes
    await sandbox.heartbeat()
    with contextlib.suppress(NoSpace):  # a folder may find room where a file does not
        assert (await run(sandbox, "sh", "-c", "exit 4"))[0].exit_code == 4
