"""Two sandboxes of one run, the attacked and its neighbour, on a planted host; and how one attempt is made and judged.

While an attack runs the neighbour is asked again and again: each answer must come and be right. Afterwards the attacked
sandbox must answer too, or say that it is lost, and nothing of the attack may be left running on the host.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from aarctl.sandbox.docker.container import ROOM, workspace_volume
from aarctl.sandbox.live import LiveExec, LiveSandbox
from aarctl.sandbox.protocol import Backend, ExecResult, Limits, SandboxLost, SandboxSpec
from tests.sandbox.watch import read_until, run

from .attempt import READY, Attempt, Verdict
from .backends import HOME
from .host import Host

MB = 1 << 20
LIMITS = Limits(memory_bytes=256 * MB, pids=96, cpus=1.0, disk_bytes=64 * MB, file_bytes=16 * MB, tmp_bytes=16 * MB)
PATIENCE_S = 60.0
"""For anything that must come: a guard against hanging, not a measure of speed."""
PACE_S = 0.2
RESIDENT = """
import os, socket, sys, time
servers = [socket.socket(socket.AF_UNIX), socket.create_server(("127.0.0.1", 0))]
servers[0].bind("\\0" + sys.argv[1])
servers[0].listen()
for folder in ("/tmp", "/dev/shm"):
    with open(f"{folder}/{sys.argv[1]}", "w") as file:
        file.write(sys.argv[2])
print(servers[1].getsockname()[1], flush=True)
time.sleep(10**6)
"""
"""What the neighbour is busy with: it has the word in a file, its arguments, its environment and its memory."""


class Scene:
    """What an attempt's looks are given."""

    def __init__(self, arena: Arena, sandbox: LiveSandbox, one: LiveExec) -> None:
        self.arena, self.sandbox, self.one = arena, sandbox, one
        self.host, self.neighbour = arena.host, arena.neighbour
        self.said = ""
        """The program's output, once it has ended."""
        self.result: ExecResult | None = None
        """Its result, once it has ended; None where the sandbox was lost."""


class Arena:
    """One backend's sandboxes on one host. `walls` is False for the backend that has none."""

    def __init__(self, backend: Backend, host: Host, *, walls: bool = True) -> None:
        self.backend, self.host, self.walls = backend, host, walls
        self.resident = f"resident-{secrets.token_hex(4)}"
        self._target: LiveSandbox | None = None
        self._count = 0

    def __repr__(self) -> str:
        return f"Arena({self.backend.name}, {self._count} attempts made)"

    def spec(self, name: str) -> SandboxSpec:
        """How both are made."""
        limits = LIMITS if self.walls else Limits()
        return SandboxSpec(
            self.host.run, name, self.host.work / name, self.host.spools / name, {"/task": self.host.task},
            limits=limits, home=HOME,
        )  # fmt: skip

    async def open(self) -> None:
        """Make both, and let the neighbour work."""
        self.neighbour: LiveSandbox = await self.backend.create(self.spec("r2"))  # type: ignore[assignment]
        word = self.host.secret("the neighbour")
        await self.neighbour.put("mine", word.encode(), mode=0o600)
        self._resident = await self.neighbour.exec(
            "resident", ["python", "-c", RESIDENT, self.resident, word], timeout_s=86400.0, env={"MINE": word}
        )
        self.port = int(await read_until(self._resident, b"\n"))
        await self.target()

    async def close(self) -> None:
        """Remove both, with all they kept."""
        for name, live in (("r1", self._target), ("r2", self.neighbour)):
            if live is not None:
                await live.remove()
            await self.backend.wipe(self.spec(name))

    async def target(self) -> LiveSandbox:
        """The attacked sandbox: the same for all attempts, as long as they leave it whole."""
        if self._target is None:
            self._target = await self.backend.create(self.spec("r1"))  # type: ignore[assignment]
        return self._target

    def forget(self) -> None:
        """The attacked sandbox was removed by an attempt's own looks; the next one starts on its workspace."""
        self._target = None

    async def renew(self) -> None:
        """A fresh one for the next attempt."""
        if self._target is not None:
            await self._target.remove()
            self._target = None
        await self.backend.wipe(self.spec("r1"))

    async def attack(self, attempt: Attempt) -> Verdict:
        """Make one attempt. AssertionError when the neighbour suffers, or when what goes on answers wrongly."""
        try:
            return await self._attack(attempt)
        except BaseException:
            await self.renew()  # the next attempt must not meet what this one left
            raise

    async def _attack(self, attempt: Attempt) -> Verdict:
        self._count += 1
        self.host.servers.contacts.clear()
        mark = f"mark-{secrets.token_hex(8)}"
        sandbox = await self.target()
        begun = await sandbox.exec(
            f"attempt-{self._count}-{mark[-4:]}", ["python", "-c", attempt.source, mark], timeout_s=attempt.limit_s,
            env={"PLACES": json.dumps(self._places()), "MARK": mark}, output_cap=4 * MB,
        )  # fmt: skip
        scene, won, lost = Scene(self, sandbox, begun), list[str](), ""
        async with self._neighbour_answers():
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._fight(attempt, scene, won)
            except SandboxLost as error:
                lost = str(error)
            if attempt.prize is not None and (prize := await attempt.prize(scene)):
                won.append(prize)
        won += [line for line in scene.said.splitlines() if line.startswith("WON ")]
        won += [f"read {place}" for place, word in self.host.canaries.items() if word in scene.said]
        won += self.host.broken()
        won += [f"reached {contact}" for contact in self.host.servers.contacts]
        if lost:
            await self.renew()
        else:
            lost = await self._settle()
        left = await left_behind(mark) if self.walls else ()
        tried = attempt.tried(scene.said) or bool(lost)
        return Verdict(tuple(won), tried, lost, tuple(left), scene.said[-4000:])

    async def _fight(self, attempt: Attempt, scene: Scene, won: list[str]) -> None:
        if attempt.during is not None:
            await read_until(scene.one, READY.encode() + b"\n")
            try:
                if prize := await attempt.during(scene):
                    won.append(prize)
            finally:
                scene.result = await scene.one.kill(grace_s=0.0)
        scene.result = await scene.one.wait()
        scene.said = (await scene.one.output()).text()

    @contextlib.asynccontextmanager
    async def _neighbour_answers(self) -> AsyncIterator[None]:
        """Ask the neighbour all the while, and once more at the end."""
        over = asyncio.Event()

        async def ask() -> None:
            last = False
            while not last:
                last = over.is_set()
                word = secrets.token_hex(8)
                async with asyncio.timeout(PATIENCE_S):
                    await self.neighbour.heartbeat()
                    result, said = await run(self.neighbour, "sh", "-c", f"echo {word} | cat", timeout_s=PATIENCE_S)
                assert (result.exit_code, said) == (0, f"{word}\n"), f"the neighbour said {said!r}: {result}"
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PACE_S):
                        await over.wait()
            assert (await self.neighbour.stats()).running == 1, "the neighbour's own work has ended"

        async with asyncio.TaskGroup() as group:
            group.create_task(ask())
            try:
                yield
            finally:
                over.set()

    async def _settle(self) -> str:
        """Tidy the attacked sandbox up and see that it is well; why it is lost, else empty."""
        rooms = "find /tmp /dev/shm -xdev -mindepth 1 -delete 2> /dev/null; " if self.walls else ""
        try:
            async with asyncio.timeout(PATIENCE_S):
                sandbox = await self.target()
                await sandbox.thaw()
                await sandbox.kill_all(0.0)
                tidy, said = await run(sandbox, "sh", "-c", f"{rooms}find . -mindepth 1 -delete", timeout_s=PATIENCE_S)
                assert tidy.ok, f"the attacked sandbox is broken, but not lost: {tidy} {said[-500:]}"
                result, said = await run(sandbox, "sh", "-c", "echo well", timeout_s=PATIENCE_S)
                stats = await sandbox.stats()
            assert (result.exit_code, said) == (0, "well\n"), f"the attacked sandbox said {said!r}: {result}"
            assert (stats.processes, stats.running) == (0, 0), f"something still runs in it: {stats}"
        except SandboxLost as error:
            await self.renew()
            return str(error)
        return ""

    def _places(self) -> dict[str, object]:
        """What the attacker knows: the host's places, the neighbour's, its own limits."""
        volume = f"/var/lib/docker/volumes/{workspace_volume(self.spec('r2'))}/_data"
        limits = self.spec("r1").limits
        return {
            **self.host.places(),
            "neighbour": [str(self.host.work / "r2"), volume, "/workspace/../r2"], "resident": self.resident,
            "port": self.port, "spools": [str(self.host.spools), f"{ROOM}/spool", "/spool"], "room": ROOM,
            "pids": limits.pids, "memory": limits.memory_bytes, "file": limits.file_bytes, "tmp": limits.tmp_bytes,
            "space": limits.disk_bytes, "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            "only": [] if self.walls else [self.host.processes[name].pid for name in ("keyholder", "victim")],
            "cgroup": "cgroup" in self.backend.capabilities.limits, "walls": self.walls,
        }  # fmt: skip


async def left_behind(mark: str) -> list[str]:
    """The host's processes that carry a mark, once they have had the time to go."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S / 6):
            while bearing(mark):
                await asyncio.sleep(0.02)
    return bearing(mark)


def bearing(mark: str) -> list[str]:
    """Living processes with the mark in their arguments or environment; of those whose first thread has ended, too."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            for task in (process, *_rest(process)):
                text = (task / "cmdline").read_bytes()
                with contextlib.suppress(OSError):  # another user's, or none left
                    text += (task / "environ").read_bytes()
                if mark.encode() in text:
                    found.append(f"{process.name}: {text[-200:]!r}")
                    break
    return found


def _rest(process: Path) -> list[Path]:
    """The other threads of a process whose first one is a zombie: only they still have arguments to show."""
    state = (process / "stat").read_bytes().rpartition(b")")[2].split()[0]
    return [task for task in (process / "task").iterdir() if task.name != process.name] if state == b"Z" else []
