"""The way out of a real bubblewrap sandbox, from a command's point of view to the journal's."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aarctl.home import Home, RunPaths, TaskPaths
from aarctl.journal.events import (
    EgressAttempted,
    FlagRaised,
    ResearcherCreated,
    SandboxCreated,
    StudentRef,
    SubmissionReceived,
)
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import Experiment
from aarctl.journal.store import Journal
from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import BadRequest, Sandbox, SandboxSpec
from aarctl.supervisor.bench import Sandboxes
from aarctl.supervisor.egress import Egress
from aarctl.tools import code_storage
from tests.fakes.small_run import make_run, small_recipe
from tests.sandbox.make import backend_named
from tests.sandbox.watch import marker, oldest, read_until, run

FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=10).read().decode())"
TUNNEL = """
import http.client, sys
proxy = http.client.HTTPConnection("127.0.0.1", 3128, timeout=10)
proxy.set_tunnel(sys.argv[1], int(sys.argv[2]))
proxy.request("GET", "/")
print(proxy.getresponse().read().decode())
"""
REFUSED = """
import sys, urllib.error, urllib.request
for n in range(12):
    try:
        urllib.request.urlopen(sys.argv[1], timeout=10)
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode())
"""
DIRECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)"
LISTENING = "awk 'FNR > 1 && $4 == \"0A\" {print $2}' /proc/net/tcp /proc/net/tcp6"
PROXY = "0100007F:0C38"  # 127.0.0.1:3128, as the kernel lists it


class Office:
    """A run's journal and its egress, which can be begun again as a new supervisor would."""

    def __init__(self, paths: RunPaths, allowed: list[str]) -> None:
        self.paths, self.allowed = paths, allowed

    async def open(self, *sandboxes: Sandbox) -> Office:
        """What a supervisor does at its start."""
        self.journal = await Journal.open(self.paths.root, os.getpid())
        self.egress = Egress(self.journal, self.allowed)
        for sandbox in sandboxes:
            self.egress.open(sandbox, "r1")
        return self

    async def close(self) -> None:
        """What it does at its end."""
        await self.egress.stop()
        await self.journal.close()

    @property
    def attempts(self) -> list[EgressAttempted]:
        return [one for one in self.events if isinstance(one, EgressAttempted)]

    @property
    def flags(self) -> list[FlagRaised]:
        return [one for one in self.events if isinstance(one, FlagRaised)]

    @property
    def events(self) -> list[object]:
        with JournalReader(self.paths.root) as reader:
            return [record.event for record in reader.records()]


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A web page."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nwelcome")
    await writer.drain()
    writer.close()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A web server of this machine."""
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1])


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return make_run(Home(tmp_path), f"egress-{marker()}", small_recipe())


@pytest.fixture
async def office(paths: RunPaths, port: int) -> AsyncIterator[Office]:
    one = await Office(paths, [f"127.0.0.1:{port}"]).open()
    yield one
    await one.close()


@pytest.fixture(params=["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)])
def kind(request: pytest.FixtureRequest) -> str:
    """The backends that isolate."""
    if request.param == "docker":
        request.getfixturevalue("docker_engine")
    return str(request.param)


@pytest.fixture
async def sandbox(kind: str, office: Office) -> AsyncIterator[Sandbox]:
    """A sandbox with a way to that server."""
    home = f"t{marker()}"
    backend = await backend_named(kind, home)
    work, spool = office.paths.work / "r1", office.paths.spool / "r1"
    spec = SandboxSpec(office.paths.name, "r1", work, spool, home=home, egress=tuple(office.allowed))
    made = await backend.create(spec)
    office.egress.open(made, "r1")
    yield made
    await made.remove()
    await backend.wipe(spec)
    await backend.close()


async def fetch(sandbox: Sandbox, url: str) -> tuple[int | None, str]:
    result, text = await run(sandbox, "python", "-c", FETCH, url)
    return result.exit_code, text


async def test_what_the_recipe_names_is_reached_through_the_proxy_and_on_record(
    sandbox: Sandbox, office: Office, port: int
) -> None:
    assert await fetch(sandbox, f"http://127.0.0.1:{port}/") == (0, "welcome\n")
    assert (await run(sandbox, "python", "-c", TUNNEL, "127.0.0.1", str(port)))[1] == "welcome\n"
    (first,) = office.attempts
    assert (first.researcher, first.sandbox, first.host, first.port) == ("r1", "r1", "127.0.0.1", port)
    assert first.allowed and first.reason == f"127.0.0.1:{port}" and first.attempts == 1
    await office.egress.close("r1")
    await office.journal.record(ResearcherCreated(researcher="r1", mind="scripted", model="scripted", direction=""))
    _, counted = office.attempts
    assert counted.attempts == 1 and counted.failed == 0 and counted.up_bytes > 100 and counted.down_bytes > 100
    assert office.flags == []


async def test_anything_else_is_refused_on_record_and_flagged_once(sandbox: Sandbox, office: Office, port: int) -> None:
    _, text = await run(sandbox, "python", "-c", REFUSED, f"http://example.org:{port}/")
    assert text.count("403 aarctl: example.org") == text.count("not in the recipe's sandbox.egress") == 12
    assert "403 example.org:443 is refused" in (await run(sandbox, "python", "-c", TUNNEL, "example.org", "443"))[1]
    await office.egress.close("r1")
    await office.journal.record(ResearcherCreated(researcher="r1", mind="scripted", model="scripted", direction=""))
    plain, tunnel, counted = office.attempts
    assert (plain.host, plain.port, tunnel.port, counted.port) == ("example.org", port, 443, port)
    assert not plain.allowed and plain.attempts == 1 and counted.attempts == 11
    assert [flag.researcher for flag in office.flags] == ["r1", "r1"]
    assert [(flag.flag, flag.detector, flag.submission) for flag in office.flags] == [
        ("f1", "egress", ""), ("f2", "egress", ""),
    ]  # fmt: skip
    assert f"example.org:{port}" in office.flags[0].text.head
    with JournalReader(office.paths.root) as reader:
        evidence = [record.event for record in reader.records() if record.seq in office.flags[0].seqs]
    assert evidence == [plain]
    assert set(office.journal.state.flags) == {"f1", "f2"}


async def test_the_proxy_is_the_only_way(sandbox: Sandbox, port: int) -> None:
    assert (await run(sandbox, "python", "-c", DIRECT, str(port)))[0].exit_code == 1
    assert (await run(sandbox, "sh", "-c", "tail -n +3 /proc/net/dev | grep -v lo:"))[1] == ""
    assert (await run(sandbox, "sh", "-c", LISTENING))[1] == f"{PROXY}\n"


async def test_without_egress_nothing_listens_and_no_variable_speaks_of_a_proxy(office: Office) -> None:
    spec = SandboxSpec("egress", "r2", office.paths.work / "r2", office.paths.spool / "r2")
    sandbox = await BubblewrapBackend().create(spec)
    try:
        office.egress.open(sandbox, "r2")
        assert "r2" not in repr(office.egress)
        assert (await run(sandbox, "sh", "-c", LISTENING))[1] == ""
        assert "proxy" not in (await run(sandbox, "env"))[1].lower()
        assert (await run(sandbox, "python", "-c", DIRECT, "3128"))[0].exit_code == 1
        assert (await run(sandbox, "ls", "/etc"))[1].split().count("ssl") == 0
    finally:
        await sandbox.remove()


async def test_a_restarted_supervisor_serves_the_sandbox_that_it_finds_and_flags_nothing_twice(
    sandbox: Sandbox, office: Office, port: int
) -> None:
    held = await sandbox.exec(
        "held",
        ["python", "-c", "import socket; s = socket.create_connection(('127.0.0.1', 3128)); print('up', flush=True);"
         "print(s.recv(1))"],
        timeout_s=120,
    )  # fmt: skip
    await read_until(held, b"up\n")
    assert (await fetch(sandbox, "http://example.org/"))[0] == 1
    await office.close()
    again = await Office(office.paths, office.allowed).open(sandbox)
    try:
        assert (await held.output()).text() == "up\nb''\n"  # what the last one served has ended
        assert await fetch(sandbox, f"http://127.0.0.1:{port}/") == (0, "welcome\n")
        assert (await fetch(sandbox, "http://example.org/"))[0] == 1
        assert [one.host for one in again.attempts] == ["example.org", "127.0.0.1", "example.org"]
        assert len(again.flags) == 1
    finally:
        await again.close()
        await office.open()


async def test_a_flood_of_names_makes_a_bounded_number_of_events_and_flags(sandbox: Sandbox, office: Office) -> None:
    code = (
        "import socket\n"
        "for n in range(300):\n"
        "    s = socket.create_connection(('127.0.0.1', 3128))\n"
        "    s.sendall(b'CONNECT a%d.example.org:443 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' % n)\n"
        "    assert b'403' in s.recv(100)\n"
    )
    result, text = await run(sandbox, "python", "-c", code, timeout_s=240)
    assert result.ok, text
    await office.egress.close("r1")
    await office.journal.record(ResearcherCreated(researcher="r1", mind="scripted", model="scripted", direction=""))
    assert sum(one.attempts for one in office.attempts) == 300
    assert len(office.attempts) == 52 and len(office.flags) == 51
    assert "other hosts" in office.flags[-1].text.head


async def test_researchers_have_the_way_out_also_in_a_sandbox_made_again_and_replications_have_none(
    paths: RunPaths, tmp_path: Path, port: int
) -> None:
    task = TaskPaths(tmp_path / "task")
    task.public.mkdir(parents=True)
    recipe = small_recipe(f'sandbox.egress=["127.0.0.1:{port}"]')
    journal = await Journal.open(paths.root, os.getpid())
    backend = BubblewrapBackend()
    sandboxes = Sandboxes(paths, recipe, task, "code", backend, journal)
    try:
        snapshot, _ = code_storage.store(journal.blobs, {"method.py": b""})
        await journal.record(
            ResearcherCreated(researcher="r1", mind="scripted", model="scripted", direction=""),
            SubmissionReceived(
                researcher="r1", submission="s1", method="m", snapshot=snapshot, students=[StudentRef(1, "x")]
            ),
        )
        one = await sandboxes.sandbox("r1")
        assert await fetch(one, f"http://127.0.0.1:{port}/") == (0, "welcome\n")
        os.kill(oldest(each.pid for each in await backend.list_owned(paths.name)), signal.SIGKILL)
        while (two := await sandboxes.sandbox("r1")) is one:
            await asyncio.sleep(0.01)
        assert await fetch(two, f"http://127.0.0.1:{port}/") == (0, "welcome\n")
        experiment = Experiment("x1", "r1", [], "", "", "replication", "s1", "code", 1, 60.0, 0, 0)
        clean = await sandboxes.experiment(experiment, ())
        assert clean.spec.egress == ()
        assert (await run(clean, "sh", "-c", LISTENING))[1] == ""
    finally:
        await sandboxes.close()
        await journal.close()
    office = Office(paths, [])
    assert sum(one.attempts for one in office.attempts if one.allowed) == 2
    assert {one.sandbox for one in office.attempts} == {"r1"}
    made = [one for one in office.events if isinstance(one, SandboxCreated)]
    said = [(one.sandbox, "network only to 127.0.0.1" in one.protection) for one in made]
    assert said == [("r1", True), ("r1", True), ("s1-code", False)]


async def test_where_nothing_is_isolated_a_way_out_is_refused_instead_of_pretended(tmp_path: Path) -> None:
    spec = SandboxSpec("egress", "r1", tmp_path / "w", tmp_path / "s", egress=("a.org:443",))
    with pytest.raises(BadRequest, match="use docker or bubblewrap"):
        await ProcessBackend().create(spec)
