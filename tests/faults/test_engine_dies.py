"""Sandboxes whose engine is killed and started again, whose disk fills up, whose keeper runs out of memory.

Each time: the right answer or a typed error, an exit code only where the kernel gave one, and nothing left over. The
engine is one of our own (daemon.py), so that no other container on the machine is touched.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.container import HOME, spool_volume
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.docker.sandbox import DockerSandbox
from aarctl.sandbox.images import base_tag
from aarctl.sandbox.protocol import (
    CannotStart,
    Frozen,
    Limits,
    NoSpace,
    NotFound,
    SandboxError,
    SandboxLost,
    SandboxSpec,
)

from ..engine import without_docker
from ..sandbox.make import ground
from ..sandbox.watch import gone, living, marker, read_until, run, said
from .daemon import Daemon, lacking

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("engine")]
HOME_ID = "faults"
SMALL_MIB = 64
HOG = "echo up; until [ -e go ]; do sleep .01; done; cat /dev/zero > /tmp/full"
"""Fills memory that is nobody's own, so that the largest process is the one to go."""


@pytest.fixture(scope="module")
def image(docker_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small image as a file, for other engines."""
    if why := lacking():
        without_docker(why)
    path = tmp_path_factory.mktemp("image") / "base.tar"
    with path.open("wb") as file:
        asyncio.run(docker_engine.call(lambda client: file.writelines(client.images.get(base_tag()).save(named=True))))
    return path


@pytest.fixture(scope="module")
def daemon(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    yield from _daemon(tmp_path_factory, image, 0)


@pytest.fixture(scope="module")
def small_daemon(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Its volumes lie on a small disk."""
    yield from _daemon(tmp_path_factory, image, SMALL_MIB)


def _daemon(folders: pytest.TempPathFactory, image: Path, volumes_mib: int) -> Iterator[Daemon]:
    one = Daemon(folders.mktemp("d"), volumes_mib)
    try:
        one.start(live_restore=False)
        one.load(image)
        yield one
    finally:
        one.clean()


@pytest.fixture
async def backend(daemon: Daemon) -> AsyncIterator[DockerBackend]:
    made = await connect(daemon)
    yield made
    assert await leftovers(made.engine, "containers") == []
    for volume in await leftovers(made.engine, "volumes"):
        await made.engine.call(lambda client, volume=volume: client.api.remove_volume(volume))  # type: ignore[misc]
    await made.close()


async def connect(daemon: Daemon) -> DockerBackend:
    engine = await Engine.connect(daemon.host)
    return await DockerBackend.start(engine, base_tag(), HOME_ID)


async def leftovers(engine: Engine, kind: str) -> list[str]:
    """Names of all containers, volumes or networks that are not the engine's own."""
    if kind == "containers":
        return [one["Id"] for one in await engine.call(lambda client: client.api.containers(all=True))]
    if kind == "networks":
        return [n for n in await engine.call(lambda client: [x.name for x in client.networks.list()])
                if n not in ("bridge", "host", "none")]  # fmt: skip
    found = await engine.call(lambda client: client.api.volumes(filters={"label": f"{HOME}={HOME_ID}"}))
    return [one["Name"] for one in found["Volumes"] or ()]


def a_spec(tmp_path: Path, **more: object) -> SandboxSpec:
    limits = Limits(memory_bytes=512 << 20, pids=500)
    return SandboxSpec(f"run-{marker()}", "r1", tmp_path / "w", tmp_path / "s", home=HOME_ID, limits=limits, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_command_outlives_an_engine_that_lets_its_containers_live(
    daemon: Daemon, backend: DockerBackend, tmp_path: Path, number: signal.Signals
) -> None:
    daemon.restart(signal.SIGTERM, live_restore=True)
    sandbox = await backend.create(a_spec(tmp_path))
    one = await sandbox.exec("x", ["sh", "-c", "echo begun; sleep 2; echo ended; exit 7"], timeout_s=60)
    await read_until(one, b"begun\n")
    waiting = asyncio.create_task(one.wait())
    daemon.end(number)
    await asyncio.sleep(0.3)  # away for a while
    daemon.start(live_restore=True)
    result = await waiting
    assert (result.exit_code, result.error) == (7, "") and await said(one) == "begun\nended\n"
    assert (await run(sandbox, "echo", "hi"))[1] == "hi\n"
    await sandbox.remove()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_command_that_died_with_its_engine_is_lost_and_no_exit_code_is_invented(
    daemon: Daemon, backend: DockerBackend, tmp_path: Path, number: signal.Signals
) -> None:
    daemon.restart(signal.SIGTERM, live_restore=False)
    spec = a_spec(tmp_path)
    sandbox = await backend.create(spec)
    done = await (await sandbox.exec("done", ["sh", "-c", "echo kept; exit 3"], timeout_s=20)).wait()
    one = await sandbox.exec("x", ["sh", "-c", "echo begun; sleep 60"], timeout_s=90)
    await read_until(one, b"begun\n")
    waiting = asyncio.create_task(one.wait())
    daemon.restart(number, live_restore=False)
    with pytest.raises(SandboxLost, match="container"):
        await waiting
    await sandbox.remove()
    with pytest.raises(NotFound):
        await backend.attach(spec.run, spec.name)
    second = await backend.create(spec)
    assert await (await second.find("done")).wait() == done
    lost = await (await second.find("x")).wait()
    assert (lost.exit_code, lost.signal) == (None, None) and "unknown" in lost.error
    await second.remove()


async def test_an_engine_that_dies_while_it_makes_a_sandbox_leaves_nothing_that_a_second_try_does_not_clear(
    daemon: Daemon, backend: DockerBackend, tmp_path: Path
) -> None:
    for delay_s in (0.005, 0.03, 0.06, 0.1, 0.15):
        spec = a_spec(tmp_path / str(delay_s))
        making = asyncio.create_task(backend.create(spec))
        await asyncio.wait([making], timeout=delay_s)
        daemon.end(signal.SIGKILL)
        daemon.start(live_restore=False)
        try:
            await (await making).remove()
        except SandboxError:
            pass  # typed, whatever it was
        again = await created(backend, spec)
        assert (await run(again, "echo", "hi"))[1] == "hi\n"
        await again.remove()
        await gone(spec.run)
    assert await leftovers(backend.engine, "networks") == []


async def test_a_volume_that_an_engine_left_without_its_folder_is_made_again(
    daemon: Daemon, backend: DockerBackend, tmp_path: Path
) -> None:
    spec = a_spec(tmp_path)
    await (await backend.create(spec)).remove()
    daemon.end(signal.SIGKILL)
    shutil.rmtree(daemon.folder / "data" / "volumes" / spool_volume(spec) / "_data")
    daemon.start(live_restore=False)
    again = await created(backend, spec)
    assert (await run(again, "echo", "hi"))[1] == "hi\n"
    await again.remove()


async def created(backend: DockerBackend, spec: SandboxSpec) -> DockerSandbox:
    """The sandbox, once an engine that comes back has ended what it had half started before."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await backend.create(spec)
            except CannotStart as error:
                if "is in use; remove the other sandbox" not in str(error):
                    raise


async def test_a_frozen_sandbox_stays_frozen_over_a_restart_of_its_engine(
    daemon: Daemon, backend: DockerBackend, tmp_path: Path
) -> None:
    daemon.restart(signal.SIGTERM, live_restore=True)
    spec = a_spec(tmp_path)
    sandbox = await backend.create(spec)
    one = await sandbox.exec("x", ["sh", "-c", "while :; do echo x >> work; done"], timeout_s=60)
    work = await ground(backend, spec) / "work"  # looked at from here: a keeper that the engine has paused says nothing
    async with asyncio.timeout(60):
        while not work.exists():
            await asyncio.sleep(0.01)
    await sandbox.freeze()
    done = work.stat().st_size
    daemon.restart(signal.SIGKILL, live_restore=True)
    assert await says_it_is_frozen(sandbox) and work.stat().st_size == done
    await sandbox.thaw()
    assert (await one.kill()).killed
    await sandbox.remove()


async def says_it_is_frozen(sandbox: DockerSandbox) -> bool:
    """By its keeper; or by refusing, where signals did not stop it all and the engine's pause has the keeper too."""
    try:
        return (await sandbox.stats()).frozen
    except Frozen:
        return True


async def test_a_keeper_that_runs_out_of_memory_is_lost_and_says_why(backend: DockerBackend, tmp_path: Path) -> None:
    spec = a_spec(tmp_path)
    sandbox = await backend.create(spec)
    (keeper,) = await backend.list_owned(spec.run)
    one = await sandbox.exec("x", ["sh", "-c", HOG], timeout_s=60)
    await read_until(one, b"up\n")
    Path(f"/proc/{keeper.pid}/oom_score_adj").write_text("1000")  # so that the kernel takes it first
    await sandbox.put("go", b"")
    with pytest.raises(SandboxLost, match="out of memory"):
        await one.wait()
    await sandbox.remove()
    second = await backend.create(spec)
    lost = await (await second.find("x")).wait()
    assert (lost.exit_code, lost.signal) == (None, None) and "unknown" in lost.error
    await second.remove()


async def test_a_supervisor_killed_in_the_middle_of_a_freeze_leaves_a_sandbox_that_can_be_used(
    backend: DockerBackend, tmp_path: Path
) -> None:
    for _ in range(int(os.environ.get("AARCTL_FAULT_TRIALS", "20")) // 2):
        spec = a_spec(tmp_path)
        sandbox = await backend.create(spec)
        mark = marker()
        await sandbox.exec("x", ["sh", "-c", f"while :; do :; done & sleep {mark} & wait"], timeout_s=60)
        freezing = asyncio.create_task(sandbox.freeze())
        await asyncio.sleep(0)
        await sandbox.bridge._link.close()  # all that its death is to the keeper
        freezing.cancel()
        second = await connect_again(backend)
        taken = await second.attach(spec.run, spec.name, epoch=2)
        await taken.thaw()
        assert (await run(taken, "echo", "hi"))[1] == "hi\n"
        assert (await (await taken.find("x")).kill()).killed and living(mark) == []
        await taken.remove()
        await sandbox.bridge.close()


async def connect_again(backend: DockerBackend) -> DockerBackend:
    """A second supervisor's backend on the same engine."""
    return await DockerBackend.start(backend.engine, backend.image, HOME_ID)


async def test_a_full_disk_is_said_and_loses_no_result(small_daemon: Daemon, tmp_path: Path) -> None:
    backend = await connect(small_daemon)
    spec = a_spec(tmp_path)
    sandbox: DockerSandbox = await backend.create(spec)
    result, text = await run(sandbox, "sh", "-c", "head -c 900000000 /dev/zero > big; echo $?")
    assert result.exit_code == 0 and ("No space left" in text or result.error.startswith("output lost: No space left"))
    with pytest.raises(NoSpace, match="free space"):
        await sandbox.put("more", b"x" * (1 << 20))
    result, _ = await run(sandbox, "sh", "-c", "echo there; exit 4")
    assert result.exit_code == 4 and result.truncated and result.error.startswith("output lost: No space left")
    assert (await run(sandbox, "rm", "big"))[0].ok
    result, text = await run(sandbox, "sh", "-c", "echo there; exit 4")
    assert (result.exit_code, text) == (4, "there\n")
    await sandbox.remove()
    await backend.wipe(spec)
    assert await leftovers(backend.engine, "containers") == []
    await backend.close()
