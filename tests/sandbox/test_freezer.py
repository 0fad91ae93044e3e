"""Trees that do all they can not to be stopped are stopped, in a pid namespace of their own, and lose to a kill; and
a command that starts late into a freeze is stopped like the others.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
from pathlib import Path

import msgspec
import psutil
import pytest

from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.inside import trees
from aarctl.sandbox.inside.freezer import PATIENCE_S, Freezer
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import Limits, SandboxSpec

from .bubble import needs_bubblewrap
from .watch import marker, read_until, run

PREPARE = """
import mmap, os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
count = mmap.mmap(os.open("/workspace/count", os.O_RDWR), 8)
def tick():
    count[:] = (int.from_bytes(count[:], "big") + 1).to_bytes(8, "big")
"""
"""The start of a hostile program whose every step shows in a file."""

TREES = {
    "a chain of processes, each ending as its child begins": """
if os.fork() == 0:
    while True:
        tick()
        if os.fork():
            os._exit(0)
while True:
    signal.pause()
""",
    "a storm that forks as often as it may": """
while True:
    try:
        os.fork()
    except OSError:
        pass
    tick()
""",
    "processes that wake one another without end": """
for _ in range(5):
    if os.fork() == 0:
        break
while True:
    os.kill(-1, signal.SIGCONT)
    tick()
""",
    "parents that wait for children without end": """
import subprocess, threading
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
def spawn():
    while True:
        subprocess.run(["/bin/true"])
        tick()
for _ in range(4):
    threading.Thread(target=spawn).start()
""",
}

STORM = """
import os
while True:
    try:
        os.fork()
    except OSError:
        os.write(1, b"full")
        break
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


@pytest.fixture
def spec(tmp_path: Path) -> SandboxSpec:
    return SandboxSpec(f"run-{marker()}", "r1", tmp_path / "r1", tmp_path / "spool", limits=Limits(pids=60))


@needs_bubblewrap
@pytest.mark.parametrize("name", TREES)
async def test_a_hostile_tree_is_frozen_whole_and_goes_on_and_is_killed(spec: SandboxSpec, name: str) -> None:
    sandbox = await BubblewrapBackend().create(spec)
    count = spec.workspace / "count"
    count.write_bytes(bytes(8))
    try:
        one = await sandbox.exec("hostile", ["python", "-S", "-c", PREPARE + TREES[name]], timeout_s=60)
        while count.read_bytes() < (40).to_bytes(8, "big"):
            await sandbox.heartbeat()
        await sandbox.freeze()  # raises TimedOut where it cannot
        counts = set()
        for _ in range(50):
            counts.add(count.read_bytes())
            await sandbox.heartbeat()
        assert len(counts) == 1
        await sandbox.thaw()
        while count.read_bytes() in counts:
            await sandbox.heartbeat()
        assert (await one.kill(grace_s=0)).killed
        assert (await sandbox.stats()).processes == 0
    finally:
        await sandbox.remove()


@needs_bubblewrap
async def test_a_fork_storm_leaves_a_sandbox_that_answers_and_works_again(spec: SandboxSpec) -> None:
    sandbox = await BubblewrapBackend().create(msgspec.structs.replace(spec, limits=Limits(pids=40)))
    try:
        storm = await sandbox.exec("storm", ["python", "-S", "-c", STORM], timeout_s=60)
        await read_until(storm, b"full")
        for _ in range(5):
            result, _ = await run(sandbox, "true")
            assert result.ok or "no process" in result.error or "unknown" in result.error, result
        assert (await storm.kill(grace_s=0)).killed
        assert (await run(sandbox, "echo", "hi"))[1] == "hi\n"
    finally:
        await sandbox.remove()


async def test_a_command_that_starts_after_the_freeze_is_stopped_as_it_starts(spec: SandboxSpec) -> None:
    sandbox = await ProcessBackend().create(spec)
    try:
        first = await sandbox.exec("first", ["sh", "-c", "echo $PPID; sleep 600"], timeout_s=60)
        shepherd = psutil.Process(int(await read_until(first, b"\n")))  # now no shepherd waits
        yard = shepherd.parent()
        assert yard is not None
        yard.suspend()  # it has lost its core: the next shepherd is late
        late = await sandbox.exec("late", ["sleep", "600"], timeout_s=60)
        await sandbox.freeze()
        yard.resume()
        async with asyncio.timeout(30):
            while [one.status() for shepherd in yard.children() for one in shepherd.children()] != ["stopped"] * 2:
                await asyncio.sleep(0.01)
        await sandbox.thaw()
        assert (await late.kill()).signal == signal.SIGTERM
    finally:
        await sandbox.remove()


def test_a_command_that_is_stopped_before_its_program_is_not_waited_for() -> None:
    shepherd = subprocess.Popen(["sh", "-c", "read go; sleep 600 & wait"], stdin=subprocess.PIPE)
    freezer = Freezer(lambda: trees.below({shepherd.pid}, trees.table()))
    try:
        freezer.begin(0.0)
        assert not any(freezer.step(PATIENCE_S / 2, {shepherd.pid}) for _ in range(9))
        assert shepherd.stdin is not None
        shepherd.stdin.close()
        while not freezer.step(PATIENCE_S / 2, {shepherd.pid}):
            pass
        assert [one.status() for one in psutil.Process(shepherd.pid).children()] == ["stopped"]
    finally:
        trees.send(trees.below({shepherd.pid}, trees.table()), signal.SIGKILL)
        shepherd.kill()
        shepherd.wait()
