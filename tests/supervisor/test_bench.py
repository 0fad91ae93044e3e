"""The sandboxes of a run: made when needed, taken over, made again, with devices for one experiment, and all ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aarctl.home import Home, RunPaths, TaskPaths
from aarctl.journal.events import (
    Event,
    FlagRaised,
    ResearcherCreated,
    SandboxCreated,
    SandboxLost,
    StudentRef,
    SubmissionReceived,
)
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import Experiment
from aarctl.journal.store import Journal
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.protocol import Backend, Busy
from aarctl.supervisor import warm
from aarctl.supervisor.bench import Sandboxes
from aarctl.supervisor.disk import DiskWatch
from aarctl.tools import code_storage
from tests.fakes.small_run import forget, make_run, small_recipe
from tests.sandbox.make import backend_named
from tests.sandbox.watch import marker, oldest, read_until, run

DEVICES = [path for path in ("/dev/fuse", "/dev/net/tun", "/dev/kmsg", "/dev/ttyS0") if os.path.exists(path)]
"""In the place of a card: what no sandbox has of itself."""


KILLER = """
import os
for n in range(20_000): open(f"f{n}", "w").close()
while True:
    for pid in os.listdir("/proc"):
        try:
            if pid.isdigit() and int(pid) != os.getpid() and b"serve" in open(f"/proc/{pid}/cmdline", "rb").read():
                os.kill(int(pid), 9)
        except OSError:
            pass
"""
"""Makes counting slow, and kills whoever counts."""


class Bench:
    """A run with no researchers' loops: its journal, and its sandboxes as each supervisor in turn has them."""

    def __init__(self, root: Path, kind: str) -> None:
        self.kind, self.home = kind, Home(root)
        self.paths: RunPaths = make_run(self.home, f"bench-{marker()}", small_recipe("sandbox.disk_gb=0.1"))
        self.task = TaskPaths(root / "task")
        self.task.public.mkdir(parents=True)
        self._journal: Journal | None = None

    @contextlib.asynccontextmanager
    async def supervisor(self, *, dies: bool = False) -> AsyncIterator[tuple[Sandboxes, Journal, Backend]]:
        """One supervisor's life. `dies`: it ends as if killed, ending nothing."""
        journal = await Journal.open(self.paths.root, os.getpid())
        backend = await backend_named(self.kind, self.home.id)
        recipe = small_recipe("sandbox.disk_gb=0.1")
        sandboxes = Sandboxes(self.paths, recipe, self.task, "code", backend, journal, self.home.id)
        try:
            await journal.record(ResearcherCreated(researcher="r1", mind="scripted", model="scripted", direction=""))
            yield sandboxes, journal, backend
        finally:
            if not dies:
                await sandboxes.close()
            await journal.close()

    def events(self, kind: type[Event]) -> list[Event]:
        """What the journal has of a kind."""
        with JournalReader(self.paths.root) as reader:
            return [record.event for record in reader.records() if isinstance(record.event, kind)]


@pytest.fixture(params=["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "docker":
        request.getfixturevalue("docker_engine")
    one = Bench(tmp_path, request.param)
    yield one
    forget(one.home)


def experiment(purpose: str = "research", submission: str = "") -> Experiment:
    return Experiment("x1", "r1", ["true"], "", "", purpose, submission, "code", 1, 60.0, 0, 0)


async def test_what_is_journaled_is_what_the_sandbox_really_gives(bench: Bench) -> None:
    async with bench.supervisor() as (sandboxes, _, backend):
        assert await sandboxes.sandbox("r1") is await sandboxes.sandbox("r1")
    (made,) = bench.events(SandboxCreated)
    assert isinstance(made, SandboxCreated)
    assert (made.backend, made.isolated, made.purpose, made.attached) == (bench.kind, True, "research", False)
    assert "no network, no host files" in made.protection and made.image == backend.image


async def test_a_sandbox_that_is_lost_is_made_again_on_the_same_workspace(bench: Bench) -> None:
    async with bench.supervisor() as (sandboxes, _, backend):
        one = await sandboxes.sandbox("r1")
        await one.put("kept", b"1")
        os.kill(oldest(each.pid for each in await backend.list_owned(bench.paths.name)), signal.SIGKILL)
        async with asyncio.timeout(30):
            while (two := await sandboxes.sandbox("r1")) is one:
                await asyncio.sleep(0.01)
        assert await two.get("kept") == b"1"
    assert [event.sandbox for event in bench.events(SandboxLost) if isinstance(event, SandboxLost)] == ["r1"]


async def test_a_sandbox_that_two_find_lost_at_once_is_lost_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "process")
    async with bench.supervisor() as (sandboxes, _, backend):
        one = await sandboxes.sandbox("r1")
        keeper = oldest(each.pid for each in await backend.list_owned(bench.paths.name))
        os.kill(keeper, signal.SIGSTOP)  # slow to answer, while the heartbeat and a tool ask it
        asking: list[asyncio.Task[object]] = []
        for ask in (sandboxes.heartbeat(), sandboxes.sandbox("r1")):
            asking.append(asyncio.create_task(ask))
            while len(one.bridge._waiting) < len(asking):  # type: ignore[attr-defined]
                await asyncio.sleep(0.01)
        os.kill(keeper, signal.SIGKILL)
        await asyncio.gather(*asking)
        assert await sandboxes.sandbox("r1") is not one
    assert len(bench.events(SandboxLost)) == 1 and len(bench.events(SandboxCreated)) == 2


async def test_a_sandbox_is_made_again_only_when_the_lost_one_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, "process")
    async with bench.supervisor() as (sandboxes, journal, backend):
        one = await sandboxes.sandbox("r1")
        remove, removing, slow = one.remove, asyncio.Event(), asyncio.Event()

        async def slowly() -> None:
            removing.set()
            await slow.wait()
            await remove()

        monkeypatch.setattr(one, "remove", slowly)
        os.kill(oldest(each.pid for each in await backend.list_owned(bench.paths.name)), signal.SIGKILL)

        async def beat() -> None:
            while not removing.is_set():  # until it has found out
                await sandboxes.heartbeat()

        beating = asyncio.create_task(beat())
        await removing.wait()
        asked = asyncio.create_task(sandboxes.sandbox("r1"))
        await asyncio.sleep(0.05)
        slow.set()
        await asyncio.gather(asked, beating)
        assert journal.state.researchers["r1"].sandbox == "r1"
    with JournalReader(bench.paths.root) as reader:
        kinds = [type(each.event) for each in reader.records()]
    assert [kind for kind in kinds if kind in (SandboxCreated, SandboxLost)] == [
        SandboxCreated, SandboxLost, SandboxCreated,
    ]  # fmt: skip


async def test_a_replication_finds_the_method_and_nothing_else_and_leaves_nothing(bench: Bench) -> None:
    async with bench.supervisor() as (sandboxes, journal, _):
        snapshot, _ = code_storage.store(journal.blobs, {"method.py": b"print(7)", "more/one.py": b""})
        await journal.record(
            SubmissionReceived(
                researcher="r1", submission="s1", method="m", snapshot=snapshot, students=[StudentRef(1, "x")]
            )
        )
        replication = experiment("replication", "s1")
        clean = await sandboxes.experiment(replication, ())
        files = [entry.path for entry in (await clean.snapshot(exclude=[".warm.sock"])).files]
        assert files == ["method/method.py", "method/more/one.py"]
        await clean.put("student", b"1")
        await sandboxes.forget("s1", "code")
        again = await sandboxes.experiment(replication, ())
        assert "student" not in [entry.path for entry in (await again.snapshot()).files]


async def test_a_replication_that_was_cut_off_while_it_was_laid_out_is_laid_out_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench.supervisor() as (sandboxes, journal, _):
        snapshot, _ = code_storage.store(journal.blobs, {"method.py": b"print(7)"})
        await journal.record(
            SubmissionReceived(
                researcher="r1", submission="s1", method="m", snapshot=snapshot, students=[StudentRef(1, "x")]
            )
        )
        with monkeypatch.context() as patch:
            patch.setattr(code_storage, "load", lambda *_: (_ for _ in ()).throw(Busy("for a moment")))
            with pytest.raises(Busy):
                await sandboxes.experiment(experiment("replication", "s1"), ())
        clean = await sandboxes.experiment(experiment("replication", "s1"), ())
        assert await clean.get("method/method.py") == b"print(7)"


async def test_a_count_that_a_command_kills_is_taken_for_a_full_disk(docker_engine: Engine, tmp_path: Path) -> None:
    """Of bubblewrap's commands none sees who counts."""
    bench = Bench(tmp_path, "docker")
    async with bench.supervisor() as (sandboxes, journal, _):
        sandbox = await sandboxes.sandbox("r1")
        await sandbox.exec("x", ["python", "-c", KILLER], timeout_s=60)
        watch = DiskWatch(journal, sandboxes)
        async with asyncio.timeout(30):
            while not journal.state.flags:
                await watch.look(sandbox)
        assert (await (await sandbox.find("x")).wait()).killed
        (flag,) = journal.state.flags.values()
    assert "cannot be measured (the file work was killed" in flag.text.head
    await asyncio.to_thread(forget, bench.home)


@pytest.mark.skipif(not DEVICES, reason="no device here that a sandbox could be given")
async def test_devices_are_seen_by_one_experiment_alone_on_the_researchers_workspace(bench: Bench) -> None:
    device = DEVICES[0]
    async with bench.supervisor() as (sandboxes, _, _backend):
        beside = await sandboxes.sandbox("r1")
        await beside.put("method.py", b"print('trained')")
        job = await sandboxes.experiment(experiment(), (device,))
        assert (await run(job, "python", "method.py"))[1] == "trained\n"
        assert [(await run(one, "test", "-c", device))[0].exit_code for one in (job, beside)] == [0, 1]
        await sandboxes.done(experiment())
        assert [one.spec.name for one in sandboxes.standing] == ["r1"]
    assert [e.purpose for e in bench.events(SandboxCreated) if isinstance(e, SandboxCreated)] == ["research", "job"]


async def test_a_job_without_a_runner_is_the_labs_and_not_what_a_workspace_calls_so(bench: Bench) -> None:
    async with bench.supervisor() as (sandboxes, _, _backend):
        sandbox = await sandboxes.sandbox("r1")
        await sandbox.put("aarctl.py", b"print('ours'); raise SystemExit(0)")
        result, text = await run(sandbox, *warm.command([warm.WORD, "no-such-method.py"], warm=False))
        assert result.exit_code and "ours" not in text


async def test_the_next_supervisor_takes_over_what_lives_and_what_runs_in_it(bench: Bench) -> None:
    async with bench.supervisor(dies=True) as (sandboxes, _, _backend):
        first = await sandboxes.sandbox("r1")
        command = "echo begun; until [ -e go ]; do sleep .01; done; exit 5"
        one = await first.exec("x1.1", ["sh", "-c", command], timeout_s=60)
        await read_until(one, b"begun\n")
        if bench.kind == "bubblewrap":
            await first.remove()  # it ends with its supervisor, which here goes on living
    async with bench.supervisor() as (sandboxes, _, _backend):
        second = await sandboxes.sandbox("r1")
        found = await second.find("x1.1")
        await second.put("go", b"")
        result = await found.wait()
        if bench.kind == "docker":
            assert result.exit_code == 5
        else:
            assert result.exit_code is None and "unknown" in result.error
    made = [event.attached for event in bench.events(SandboxCreated) if isinstance(event, SandboxCreated)]
    assert made == [False, bench.kind == "docker"]
    assert len(bench.events(SandboxLost)) == (bench.kind != "docker")


async def test_the_end_of_a_run_ends_also_what_nobody_needed_again(bench: Bench) -> None:
    async with bench.supervisor(dies=True) as (sandboxes, _, backend):
        await sandboxes.sandbox("r1")
        if bench.kind == "bubblewrap":
            await backend.clear(bench.paths.name)
    async with bench.supervisor():
        pass
    again = await backend_named(bench.kind, bench.home.id)
    assert await again.list_owned(bench.paths.name) == []
    await again.close()


async def test_a_workspace_past_its_limit_has_its_commands_ended_and_one_flag_raised(bench: Bench) -> None:
    async with bench.supervisor() as (sandboxes, journal, _):
        sandbox = await sandboxes.sandbox("r1")
        watch = DiskWatch(journal, sandboxes)
        await watch.look(sandbox)
        assert journal.state.flags == {}
        fill = "head -c 120000000 /dev/zero > a; echo full; sleep 60"
        one = await sandbox.exec("x", ["sh", "-c", fill], timeout_s=90)
        await read_until(one, b"full\n")
        for _ in range(2):
            await watch.look(sandbox)
        assert (await one.wait()).killed
        assert (await run(sandbox, "rm", "a"))[0].ok
        await watch.look(sandbox)
        assert (await run(sandbox, "sh", "-c", "mkdir b; chmod 000 b; sleep 0"))[0].ok
        await watch.look(sandbox)
        flags = [flag.text.head for flag in journal.state.flags.values()]
    assert len(flags) == 2 and "more than disk_gb = 0.1" in flags[0] and "cannot be measured (/b" in flags[1]
    assert all(flag.researcher == "r1" for flag in bench.events(FlagRaised))
