"""What a bubblewrap sandbox in a control group of its own has over one without: limits on all of it together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import msgspec
import pytest

from aarctl.sandbox.bubblewrap import BubblewrapBackend, BubblewrapSandbox
from aarctl.sandbox.inside import memory
from aarctl.sandbox.protocol import BadRequest, Limits, SandboxLost, SandboxSpec

from .bubble import PLACE, needs_bubblewrap, needs_groups
from .watch import marker, run

BOMB = """
import os, time
for _ in range(9):
    if os.fork() == 0:
        break
x = b"x" * (60 << 20)
time.sleep(600)
"""
"""Ten processes that together take too much memory, and each alone does not."""

CROWD = """
head -c 10000000 /dev/zero > /tmp/a; head -c 10000000 /dev/zero > /dev/shm/a
for n in $(seq 50); do sh -c 'x=$(head -c 2000000 /dev/zero | tr "\\0" a); sleep 600' & sleep .05; done
wait
"""
"""Small ones, which together take too much, and come one by one: all at once they would hold up this machine, too."""


@needs_bubblewrap
@needs_groups
class TestGroups:
    @pytest.fixture
    def spec(self, tmp_path: Path) -> SandboxSpec:
        work = tmp_path / "work"
        limits = Limits(memory_bytes=256 << 20, pids=100, cpus=1.0)
        return SandboxSpec(f"run-{marker()}", "r1", work / "r1", work / "spool", limits=limits, home="groups00")

    def groups(self, spec: SandboxSpec) -> list[str]:
        assert PLACE
        return [path.name for parent in PLACE.parents.values() for path in parent.glob(f"*-{spec.run}.{spec.name}.*")]

    async def test_a_memory_bomb_ends_and_is_named_and_a_neighbour_does_not_notice(self, spec: SandboxSpec) -> None:
        backend = BubblewrapBackend()
        assert backend.capabilities.limits.startswith("cgroup")
        place = spec.workspace.parent
        second = msgspec.structs.replace(spec, name="r2", workspace=place / "r2", spool=place / "spool2")
        sandbox, other = await backend.create(spec), await backend.create(second)
        try:
            beside = await other.exec("beside", ["sh", "-c", "echo up; cat"], timeout_s=60, stdin=b"")
            one = await sandbox.exec("bomb", ["python", "-S", "-c", BOMB], timeout_s=60)
            while not (await run(sandbox, "true"))[0].out_of_memory:
                if not (await sandbox.stats()).running:
                    break  # it was itself taken between two of ours
            assert (await one.kill()).out_of_memory
            after, _ = await run(sandbox, "true")
            assert after.ok and not after.out_of_memory
            assert (await beside.wait()).ok and not (await beside.wait()).out_of_memory
        finally:
            await sandbox.remove()
            await other.remove()
        assert self.groups(spec) == self.groups(second) == []

    async def test_one_process_past_the_limit_is_ended_by_the_kernel(self, spec: SandboxSpec) -> None:
        sandbox = await BubblewrapBackend().create(spec)
        try:
            result, _ = await run(sandbox, "python", "-c", "b'x' * (512 << 20)")
            assert (result.exit_code, result.signal, result.out_of_memory) == (None, signal.SIGKILL, True)
        finally:
            await sandbox.remove()

    async def test_a_crowd_of_processes_smaller_than_the_yard_is_taken_before_the_yard(self, spec: SandboxSpec) -> None:
        limits = Limits(memory_bytes=64 << 20, pids=2_000, cpus=1.0)  # memory is to end first
        sandbox = await BubblewrapBackend().create(msgspec.structs.replace(spec, limits=limits))
        assert isinstance(sandbox, BubblewrapSandbox) and sandbox.group
        try:
            one = await sandbox.exec("crowd", ["sh", "-c", CROWD], timeout_s=60)
            while not memory.kills(str(sandbox.group.oom_file)):
                await asyncio.sleep(0.01)
            assert (await one.kill(grace_s=0)).out_of_memory
            after, text = await run(sandbox, "echo", "still here")
            assert text == "still here\n" and not after.out_of_memory
        finally:
            await sandbox.remove()

    async def test_files_in_memory_cannot_take_all_of_it(self, spec: SandboxSpec) -> None:
        sandbox = await BubblewrapBackend().create(spec)
        try:
            fill = "head -c 300000000 /dev/zero > /tmp/a; head -c 300000000 /dev/zero > /dev/shm/a; ls"
            result, text = await run(sandbox, "sh", "-c", fill)
            assert "No space" in text and not result.out_of_memory
            assert (await run(sandbox, "python", "-S", "-c", "b'x' * (64 << 20)"))[0].ok
        finally:
            await sandbox.remove()

    async def test_the_counter_is_the_keepers_alone(self, spec: SandboxSpec) -> None:
        sandbox = await BubblewrapBackend().create(spec)
        try:
            for place in ("/run/aarctl/oom", "/sys/fs/cgroup"):
                assert "No such file" in (await run(sandbox, "cat", place))[1]
        finally:
            await sandbox.remove()

    async def test_a_sandbox_that_does_not_start_leaves_no_group(self, spec: SandboxSpec) -> None:
        with pytest.raises(BadRequest):
            await BubblewrapBackend().create(msgspec.structs.replace(spec, devices=("/dev/no-such",)))
        assert self.groups(spec) == []

    async def test_a_lost_sandbox_leaves_no_group_once_removed(self, spec: SandboxSpec) -> None:
        backend = BubblewrapBackend()
        sandbox = await backend.create(spec)
        for entry in await backend.list_owned(spec.run):
            with contextlib.suppress(ProcessLookupError):  # it went with the one before
                os.kill(entry.pid, signal.SIGKILL)
        with pytest.raises(SandboxLost):
            await asyncio.gather(*(run(sandbox, "sleep", "20") for _ in range(2)))
        await sandbox.remove()
        assert self.groups(spec) == []
