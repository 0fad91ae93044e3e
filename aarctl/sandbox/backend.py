"""What every backend with a keeper on stdio shares: start it, greet it, remember it, find its processes.

A subclass says how its keeper is started and what commands find there; see process.py for the smallest one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgpack
import psutil

from aarctl.sandbox import keeper
from aarctl.sandbox.bridge import Bridge
from aarctl.sandbox.egress import relay
from aarctl.sandbox.link import ProcessLink
from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.protocol import (
    BadRequest,
    CannotStart,
    Capabilities,
    NotFound,
    Owned,
    SandboxError,
    SandboxSpec,
)

START_PATIENCE_S = 60.0  # only a keeper that hangs takes so long, not one on a busy machine
KEEPER = Path(keeper.__file__)
PACKAGES = Path(msgpack.__file__).parents[1]
PYTHON = [sys.executable, "-I", "-S"]


class KeeperBackend:
    """Makes sandboxes whose keeper is a child of this process and dies with it."""

    name = ""
    image = ""
    capabilities: Capabilities

    def __init__(self) -> None:
        self._live: dict[tuple[str, str], LiveSandbox] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._live)} alive)"

    def command_line(self, spec: SandboxSpec) -> tuple[list[str], Sequence[int]]:
        """argv that starts the keeper, and the open files it inherits (closed here after the start)."""
        raise NotImplementedError

    def environment(self, spec: SandboxSpec) -> dict[str, str]:
        """What every command of this sandbox finds in its environment."""
        raise NotImplementedError

    async def create(self, spec: SandboxSpec) -> LiveSandbox:
        """See Backend.create."""
        key = (spec.run, spec.name)
        if key in self._live:
            raise BadRequest(f"sandbox {spec.run}/{spec.name} is alive; attach to it, or remove it first")
        for folder in (spec.workspace, spec.spool):
            folder.mkdir(parents=True, exist_ok=True)
        for inside, source in spec.read_only.items():
            if not inside.startswith("/") or not source.exists():
                raise BadRequest(f"read_only[{inside!r}] = {source}: must be an absolute path inside, and exist here")
        spec.spool.chmod(0o700)
        argv, files = self.command_line(spec)
        label = f"sandbox {spec.run}/{spec.name}"
        try:
            link = await ProcessLink.start(argv, label, files)
        except OSError as error:
            raise CannotStart(f"{self.name}: cannot run {argv[0]}: {error.strerror}; install it") from None
        finally:
            for fd in files:
                os.close(fd)
        bridge = Bridge(link, label, epoch=spec.epoch)
        try:
            async with asyncio.timeout(START_PATIENCE_S):
                await bridge.ready()
        except (SandboxError, TimeoutError) as error:
            await asyncio.shield(bridge.close())
            said = bridge.last_words() or str(error) or f"no answer in {START_PATIENCE_S:g} s"
            raise CannotStart(f"{self.name}: the sandbox {spec.run}/{spec.name} did not start: {said}") from None
        except BaseException:
            await asyncio.shield(bridge.close())  # cancelled half-way: leave nothing behind
            raise
        live = self._live[key] = self.sandbox(spec, bridge, lambda: self._forget(key))
        return live

    def sandbox(self, spec: SandboxSpec, bridge: Bridge, removed: Callable[[], None]) -> LiveSandbox:
        """The live sandbox behind a bridge that works."""
        return LiveSandbox(spec, self.capabilities, bridge, self.environment(spec), removed)

    def _forget(self, key: tuple[str, str]) -> None:
        self._live.pop(key, None)

    async def attach(self, run: str, name: str, *, epoch: int = 0) -> LiveSandbox:
        """See Backend.attach. Only this process's own: these sandboxes die with their supervisor."""
        live = self._live.get((run, name))
        if live is None:
            raise NotFound(f"no live sandbox {run}/{name}; create it again with the same workspace and spool")
        return live

    async def list_owned(self, run: str) -> list[Owned]:
        """See Backend.list_owned."""
        return owned(run)

    async def clear(self, run: str) -> None:
        """See Backend.clear. All of the run's are this process's own."""
        for (owner, _), live in list(self._live.items()):
            if owner == run:
                await live.remove()

    async def wipe(self, spec: SandboxSpec) -> None:
        """See Backend.wipe."""
        if (spec.run, spec.name) in self._live:
            raise BadRequest(f"sandbox {spec.run}/{spec.name} is alive; remove it first")
        for folder in (spec.workspace, spec.spool):
            await asyncio.to_thread(shutil.rmtree, folder, True)

    async def close(self) -> None:
        """See Backend.close."""


def keeper_options(spec: SandboxSpec, workspace: str, spool: str) -> list[str]:
    """The keeper's own arguments; the paths are those that the keeper sees."""
    out = ["serve", "--run", spec.run, "--name", spec.name, "--workspace", workspace, "--spool", spool]
    out += ["--packages", str(PACKAGES), "--silence-s", f"{spec.silence_s:g}"]
    out += relay.keeper_options(spec.egress)
    limits = {"pids": spec.limits.pids, "memory-bytes": spec.limits.memory_bytes, "file-bytes": spec.limits.file_bytes}
    return out + [text for name, value in limits.items() if value is not None for text in (f"--{name}", str(value))]


def owned(run: str) -> list[Owned]:
    """Keepers, yards and their wrappers of one run on this machine, read from their argv."""
    out = []
    for process in psutil.process_iter(["cmdline"]):
        argv: list[str] = process.info["cmdline"] or []
        tail = argv[next((i for i, a in enumerate(argv) if a.endswith("/aarctl/sandbox/keeper.py")), len(argv)) :]
        if "--run" in tail[:-1] and tail[tail.index("--run") + 1] == run and "--name" in tail[:-1]:
            out.append(Owned(run, tail[tail.index("--name") + 1], process.pid))
    return out
