"""The Docker backend keeps the contract with a real engine, and its sandboxes outlive their supervisor."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.container import HOME
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.protocol import (
    Backend,
    BadRequest,
    Fenced,
    Frozen,
    Limits,
    NotFound,
    Sandbox,
    SandboxLost,
    SandboxSpec,
)

from ..contract import STUBBORN
from ..contract_life import PARENT, SandboxContract
from ..make import backend_named, ground
from ..watch import gone, living, marker, read_until, run, said


class TestDocker(SandboxContract):
    @pytest.fixture
    async def backend(self, docker_engine: Engine) -> AsyncIterator[DockerBackend]:
        home = f"t{marker()}"
        made = await backend_named("docker", home)
        yield made  # type: ignore[misc]
        assert await containers(docker_engine, home) == []
        await forget(docker_engine, home)
        await made.close()

    @pytest.fixture
    def spec(self, backend: DockerBackend, tmp_path: Path) -> SandboxSpec:
        plain = super().spec.__wrapped__(self, tmp_path)  # type: ignore[attr-defined]
        limits = Limits(memory_bytes=1 << 30, pids=1000, cpus=2.0)
        return msgspec.structs.replace(plain, home=backend.home, limits=limits)

    # where the contract differs: the researcher is another user than its watcher

    test_a_command_that_kills_its_watcher_loses_its_exit_code_and_still_ends = None

    async def test_a_command_may_not_kill_its_watcher_once_it_runs(self, sandbox: LiveSandbox) -> None:
        script = r"until grep -Eq '^Uid:(\s+0){4}' /proc/$PPID/status; do sleep .01; done; "
        script += "kill -9 $PPID || echo refused; exit 3"
        result, text = await run(sandbox, "sh", "-c", script)
        assert result.exit_code == 3 and text.endswith("refused\n")

    async def test_a_command_is_the_researcher_for_good(self, sandbox: LiveSandbox) -> None:
        code = "import os\nprint(os.getresuid(), os.getresgid(), os.getgroups())\nos.setuid(0)"
        _, text = await run(sandbox, "python", "-c", code)
        assert "(1000, 1000, 1000) (1000, 1000, 1000) []\n" in text and "PermissionError" in text
        assert (await run(sandbox, "grep", "-E", "Cap(Inh|Prm|Eff|Amb)", "/proc/self/status"))[1].count("0" * 16) == 4
        _, files = await run(sandbox, "ls", "/proc/self/fd")
        assert len(files.split()) == 4  # in, out, err, and the folder that ls reads

    # where the contract differs: sandboxes outlive their supervisor

    async def test_killing_the_supervisor_leaves_no_process(self, backend: Backend, tmp_path: Path) -> None:
        """It leaves them, frozen, to the next one."""
        mark = marker()
        await killed_parent(tmp_path, mark, STUBBORN.format(mark))
        second = await backend_named("docker", f"home-run-{mark}")
        sandbox = await second.attach(f"run-{mark}", "r1")
        try:
            assert (await sandbox.find("x")).attached and len(living(mark)) > 3
            assert (await (await sandbox.find("x")).kill()).killed
        finally:
            await sandbox.remove()
        assert living(mark) == []
        await forget(second.engine, f"home-run-{mark}")  # type: ignore[attr-defined]

    @pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.03, 0.06, 0.1, 0.2])
    async def test_killing_the_supervisor_while_it_creates_leaves_no_process(
        self, backend: Backend, tmp_path: Path, delay_s: float
    ) -> None:
        """What it leaves, the next create of that name replaces."""
        mark = marker()
        argv = [sys.executable, "-c", PARENT, "docker", f"run-{mark}", str(tmp_path), f"sleep {mark}"]
        parent = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
        assert parent.stdout is not None and await parent.stdout.readline() == b"creating\n"
        await asyncio.wait([asyncio.create_task(parent.wait())], timeout=delay_s)
        parent.kill()
        await parent.wait()
        home = f"home-run-{mark}"
        second = await backend_named("docker", home)
        spec = SandboxSpec(f"run-{mark}", "r1", tmp_path / "w", tmp_path / "s", home=home)
        sandbox = await taken_over(second, spec)
        assert (await run(sandbox, "echo", "hi"))[1] == "hi\n"
        await sandbox.remove()
        await gone(mark)
        await forget(second.engine, home)  # type: ignore[attr-defined]

    test_the_janitor_ends_only_what_is_the_runs_and_ownerless = None  # containers have rules of their own: test_janitor

    async def test_a_second_supervisor_takes_over_and_the_first_is_refused(
        self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        one = await sandbox.exec("x", ["sh", "-c", "echo begun; sleep 0.2; echo ended; exit 7"], timeout_s=20)
        await read_until(one, b"begun\n")
        second = await backend_named("docker", spec.home)
        again = await second.attach(spec.run, spec.name, epoch=2)  # type: ignore[call-arg]
        assert again.spec == spec
        found = await again.find("x")
        assert (await found.wait()).exit_code == 7 and await said(found) == "begun\nended\n"
        with pytest.raises(Fenced, match="epoch 2"):
            await sandbox.heartbeat()
        await second.close()

    async def test_work_freezes_when_nobody_has_spoken_and_goes_on_with_the_next_word(
        self, backend: Backend, spec: SandboxSpec
    ) -> None:
        sandbox = await backend.create(msgspec.structs.replace(spec, silence_s=0.3))
        one = await sandbox.exec("x", ["sh", "-c", "while :; do echo x >> work; sleep 0.01; done"], timeout_s=60)
        work = await ground(backend, spec) / "work"
        done = await stands_still(work)
        await sandbox.heartbeat()
        async with asyncio.timeout(30):
            while work.stat().st_size == done:
                await asyncio.sleep(0.01)
        await one.kill()
        await sandbox.remove()

    # what only the engine can do

    async def test_a_tree_that_signals_cannot_stop_is_paused_by_the_engine(
        self, sandbox: LiveSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = await sandbox.exec("x", ["sh", "-c", "while :; do sh -c :; done"], timeout_s=60)
        monkeypatch.setattr("aarctl.sandbox.live.FREEZE_PATIENCE_S", 0.0)
        await sandbox.freeze()
        assert not sandbox._running.is_set()  # type: ignore[attr-defined]
        await sandbox.heartbeat()
        with pytest.raises(Frozen, match="paused by the engine"):
            await sandbox.exec("y", ["true"], timeout_s=5)
        with pytest.raises(NotFound):
            await sandbox.ask("kill", exec="nobody", grace_s=0.0)
        assert not sandbox._running.is_set() or (await sandbox.stats()).frozen  # type: ignore[attr-defined]
        waiting = asyncio.create_task(one.wait())
        await sandbox.thaw()
        assert (await one.kill()) == await waiting

    async def test_memory_past_the_limit_ends_the_command_and_is_said(self, sandbox: LiveSandbox) -> None:
        result, _ = await run(sandbox, "python", "-c", "b = []\nwhile True: b.append(bytearray(b'x') * (1 << 24))")
        assert result.out_of_memory and result.signal == 9
        assert (await run(sandbox, "echo", "still here"))[1] == "still here\n"

    async def test_a_container_that_is_removed_under_us_is_lost_and_says_so(
        self, backend: DockerBackend, sandbox: LiveSandbox
    ) -> None:
        one = await sandbox.exec("x", ["sleep", "60"], timeout_s=90)
        await backend.engine.call(lambda client: client.api.remove_container(sandbox._container, force=True))  # type: ignore[attr-defined]
        with pytest.raises(SandboxLost, match="container"):
            await one.wait()

    async def test_wiping_forgets_workspace_and_spool_and_not_while_alive(
        self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        await sandbox.put("kept", b"1")
        with pytest.raises(BadRequest, match="is alive"):
            await backend.wipe(spec)
        await sandbox.remove()
        second = await backend.create(spec)
        assert await second.get("kept") == b"1"
        await second.remove()
        await backend.wipe(spec)
        await backend.wipe(spec)
        third = await backend.create(spec)
        with pytest.raises(NotFound):
            await third.get("kept")
        await third.remove()

    async def test_two_sandboxes_may_share_a_workspace(self, backend: Backend, spec: SandboxSpec) -> None:
        job = msgspec.structs.replace(spec, name="r1-job-0", spool=spec.spool.parent / "job")
        bench, slot = await asyncio.gather(backend.create(spec), backend.create(job))
        await bench.put("method.py", b"print('trained')")
        assert (await run(slot, "python", "method.py"))[1] == "trained\n"
        await asyncio.gather(bench.remove(), slot.remove())

    async def test_a_folder_closed_to_others_is_shown_as_a_copy(self, backend: Backend, spec: SandboxSpec) -> None:
        (spec.read_only["/task"] / "pool.jsonl").chmod(0o600)
        for _ in range(2):  # the second finds the copy
            sandbox = await backend.create(spec)
            assert (await run(sandbox, "cat", "/task/pool.jsonl"))[1] == "public\n"
            assert not (await run(sandbox, "touch", "/task/x"))[0].ok
            await sandbox.remove()


async def taken_over(backend: Backend, spec: SandboxSpec) -> Sandbox:
    """What lives, or a new one; or what lives after all, for the engine ends what a killed client asked it for."""
    try:
        return await backend.attach(spec.run, spec.name)
    except NotFound:
        pass
    try:
        return await backend.create(spec)
    except BadRequest:
        return await backend.attach(spec.run, spec.name)


async def stands_still(file: Path) -> int:
    """How large a file is that was written to, once nobody does any more. Raises TimeoutError."""
    seen = [0, 0, 0]
    async with asyncio.timeout(30):
        while not 0 < seen[0] == seen[1] == seen[2]:
            await asyncio.sleep(0.1)
            seen = [*seen[1:], file.stat().st_size if file.exists() else 0]
    return seen[-1]


async def killed_parent(home: Path, mark: str, script: str) -> None:
    """A supervisor that starts a sandbox and a command in it, and is then killed."""
    argv = [sys.executable, "-c", PARENT, "docker", f"run-{mark}", str(home), script]
    parent = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
    assert parent.stdout is not None and await parent.stdout.readuntil(b"ready\n")
    parent.kill()
    await parent.wait()


async def containers(engine: Engine, home: str) -> list[str]:
    """Names of every container of a home, dead ones too."""
    filters = {"label": f"{HOME}={home}"}
    found = await engine.call(lambda client: client.api.containers(all=True, filters=filters))
    return [name for one in found for name in one["Names"]]


async def forget(engine: Engine, home: str) -> None:
    """Remove the volumes of a test's home."""
    filters = {"label": f"{HOME}={home}"}
    found = await engine.call(lambda client: client.api.volumes(filters=filters))
    for one in found["Volumes"] or ():
        await engine.call(lambda client, name=one["Name"]: client.api.remove_volume(name))  # type: ignore[misc]
