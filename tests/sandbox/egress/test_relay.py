"""Connections from a sandbox, with a real keeper and real bridges that break: no byte is lost or repeated."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from aarctl.sandbox.backend import KEEPER, PACKAGES
from aarctl.sandbox.bridge import Bridge
from aarctl.sandbox.egress.relay import Stream, connections, environment
from aarctl.sandbox.inside.egress import BUFFER_BYTES, MAX_STREAMS
from aarctl.sandbox.link import ProcessLink
from aarctl.sandbox.protocol import BadRequest, NotFound, SandboxError

PYTHON = [sys.executable, "-I", "-S", str(KEEPER)]


class Inside:
    """A keeper on a socket, the bridge to it, and the way to cut that bridge."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.path = port, str(folder / "socket")
        self.links: list[ProcessLink] = []
        self.folder = folder

    async def start(self, *more: str) -> Inside:
        """Start the keeper and greet it."""
        places = ["--workspace", str(self.folder / "w"), "--spool", str(self.folder / "s"), "--listen", self.path]
        (self.folder / "w").mkdir()
        packages = ["--packages", str(PACKAGES)]
        argv = [*PYTHON, "serve", "--run", "relay", "--name", "r1", *places, *packages, *more]
        self.keeper = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.DEVNULL)
        self.bridge = Bridge(await self._link(), "relay/r1", again=self._link)
        await self.bridge.ready()
        return self

    async def _link(self) -> ProcessLink:
        self.links.append(
            await ProcessLink.start([*PYTHON, "bridge", "--listen", self.path, "--packages", str(PACKAGES)], "test")
        )
        return self.links[-1]

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """See LiveSandbox.ask."""
        return await self.bridge.request(op, **fields)

    def cut(self) -> None:
        """Kill the process that carries the bridge."""
        if self.links[-1]._process.returncode is None:
            self.links[-1]._process.kill()

    async def stop(self) -> None:
        """End all of it."""
        await self.bridge.close()
        self.keeper.terminate()
        await self.keeper.wait()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """What a command does."""
        return await asyncio.open_connection("127.0.0.1", self.port)


@contextlib.contextmanager
def port_held() -> Iterator[int]:
    """A port that nobody else gets: it is bound here, and not listened on, which leaves it to the keeper's server."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as that server does
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    with port_held() as port:
        one = await Inside(tmp_path, port).start("--egress", str(port))
        yield one
        async with asyncio.timeout(60):
            await one.stop()


@pytest.fixture
async def served(inside: Inside) -> AsyncIterator[AsyncIterator[Stream]]:
    """The connections of one session, in order."""
    streams = connections(inside)
    yield streams
    await streams.aclose()  # type: ignore[attr-defined]


async def everything(stream: Stream) -> bytes:
    """All that a command sends."""
    data = bytearray()
    while piece := await stream.read():
        data += piece
    return bytes(data)


async def test_bytes_cross_both_ways_and_each_way_ends_by_itself(inside: Inside, served: AsyncIterator[Stream]) -> None:
    reader, writer = await inside.connect()
    writer.write(b"question")
    stream = await anext(served)
    assert await stream.read() == b"question"
    await stream.write(b"answer")
    await stream.end()
    assert await reader.read() == b"answer"
    writer.write(b" and more")
    writer.write_eof()
    assert await everything(stream) == b" and more" and await stream.read() == b""
    await stream.close()
    await stream.close()
    writer.close()


async def test_a_bridge_that_breaks_again_and_again_loses_and_repeats_nothing(
    inside: Inside, served: AsyncIterator[Stream]
) -> None:
    dice = random.Random(3)
    up, down = dice.randbytes(9_000_001), dice.randbytes(7_000_003)
    reader, writer = await inside.connect()
    stream = await anext(served)

    async def command() -> bytes:
        async def send() -> None:
            writer.write(up)
            await writer.drain()
            writer.write_eof()

        sending = asyncio.create_task(send())
        data = await reader.read()
        await sending
        return data

    async def receive() -> bytes:
        data, pieces = bytearray(), 0
        while piece := await stream.read():
            data, pieces = data + piece, pieces + 1
            if pieces % 12 == 0:
                inside.cut()
        return bytes(data)

    async def give() -> None:
        for at in range(0, len(down), 1 << 20):
            await stream.write(down[at : at + (1 << 20)])
            inside.cut()
        await stream.end()

    async with asyncio.timeout(120):
        seen, arrived, _ = await asyncio.gather(command(), receive(), give())
    assert seen == down and arrived == up and len(inside.links) > 5
    writer.close()


async def test_a_command_that_does_not_read_is_waited_for_and_holds_nobody_up(
    inside: Inside, served: AsyncIterator[Stream]
) -> None:
    reader, writer = await inside.connect()
    slow = await anext(served)
    data = os.urandom(BUFFER_BYTES * 40)
    writing = asyncio.create_task(slow.write(data, last=True))
    other_reader, other_writer = await inside.connect()
    quick = await anext(served)
    await quick.write(b"quick", last=True)
    assert await other_reader.read() == b"quick"
    assert not writing.done()
    assert await reader.read() == data
    await writing
    for each in (writer, other_writer):
        each.close()


async def test_a_flood_that_nobody_reads_is_held_back_and_not_kept(
    inside: Inside, served: AsyncIterator[Stream]
) -> None:
    _, writer = await inside.connect()
    stream = await anext(served)
    process = psutil.Process(inside.keeper.pid)
    before, flood = process.memory_info().rss, bytes(64 << 20)
    writer.write(flood)
    await stream.read()
    await inside.ask("heartbeat")
    assert process.memory_info().rss - before < 16 << 20
    assert writer.transport.get_write_buffer_size() > 32 << 20
    writer.transport.abort()


async def test_a_command_that_is_gone_ends_its_own_connection_only(
    inside: Inside, served: AsyncIterator[Stream]
) -> None:
    _, writer = await inside.connect()
    stream = await anext(served)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()
    assert await stream.read() == b""
    with pytest.raises(ConnectionResetError, match="closed the connection"):
        await stream.write(bytes(BUFFER_BYTES * 40))
    await stream.close()
    reader, writer = await inside.connect()
    await (await anext(served)).write(b"next", last=True)
    assert await reader.read() == b"next"
    writer.close()


async def test_what_was_given_before_the_close_is_still_read(inside: Inside, served: AsyncIterator[Stream]) -> None:
    reader, writer = await inside.connect()
    stream = await anext(served)
    data = os.urandom(BUFFER_BYTES)
    await stream.write(data)
    await stream.close()
    assert await reader.read() == data
    with pytest.raises(ConnectionResetError):
        await stream.write(b"late")
    writer.close()


async def test_more_connections_than_there_is_room_for_wait_for_their_turn(
    inside: Inside, served: AsyncIterator[Stream]
) -> None:
    clients = [await inside.connect() for _ in range(MAX_STREAMS + 5)]
    streams = [await anext(served) for _ in range(MAX_STREAMS)]
    beyond = asyncio.create_task(anext(served))  # type: ignore[arg-type]
    await inside.ask("heartbeat")
    assert not beyond.done()
    await streams[0].close()
    await (await beyond).write(b"your turn", last=True)
    assert await clients[MAX_STREAMS][0].read() == b"your turn"
    for _, writer in clients:
        writer.close()


async def test_commands_that_never_read_their_end_make_place_for_others(
    inside: Inside, served: AsyncIterator[Stream]
) -> None:
    clients = [await inside.connect() for _ in range(MAX_STREAMS)]
    for _ in clients:
        stream = await anext(served)
        giving = asyncio.create_task(stream.write(bytes(BUFFER_BYTES * 40)))
        await stream.close()
        with pytest.raises(ConnectionResetError):
            await giving
    reader, writer = await inside.connect()
    await (await anext(served)).write(b"place", last=True)
    assert await reader.read() == b"place"
    for _, each in [*clients, (reader, writer)]:
        each.close()


async def test_a_new_supervisor_begins_with_no_connection_of_the_one_before(inside: Inside) -> None:
    first, second = connections(inside), connections(inside)
    old_reader, old_writer = await inside.connect()
    old = await anext(first)
    await old.write(b"begun")
    assert await old_reader.readexactly(5) == b"begun"
    new = asyncio.create_task(anext(second))  # type: ignore[arg-type]
    assert await old_reader.read() == b""
    with pytest.raises(ConnectionResetError):
        await old.write(b"late")
    assert await old.read() == b""
    reader, writer = await inside.connect()
    await (await new).write(b"hello", last=True)
    assert await reader.read() == b"hello"
    for each in (old_writer, writer):
        each.close()


@pytest.mark.parametrize(
    ("op", "fields", "said"),
    [
        ("egress_accept", {"session": 1, "after": 0}, "'session'"),
        ("egress_accept", {"session": "s", "after": -1}, "'after'"),
        ("egress_accept", {"session": "s", "after": float("nan")}, "'after'"),
        ("egress_read", {"stream": 1, "offset": 5}, "offset 5, there are 0 to 0"),
        ("egress_read", {"stream": 1, "offset": True}, "'offset'"),
        ("egress_send", {"stream": 1, "offset": 1, "data": b"", "last": False}, "the next one is 0"),
        ("egress_send", {"stream": 1, "offset": 0, "data": "text", "last": False}, "'data'"),
        ("egress_send", {"stream": 1, "offset": 0, "data": b"", "last": 1}, "'last'"),
        ("egress_close", {"stream": "1"}, "'stream'"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_and_harms_nothing(
    inside: Inside, served: AsyncIterator[Stream], op: str, fields: dict[str, Any], said: str
) -> None:
    reader, writer = await inside.connect()
    stream = await anext(served)
    with pytest.raises(BadRequest) as caught:
        await inside.ask(op, **{"session": stream._session, **fields})
    assert said in str(caught.value)
    await stream.write(b"unharmed", last=True)
    assert await reader.read() == b"unharmed"
    writer.close()


async def test_a_connection_of_another_session_or_number_is_not_found(
    inside: Inside, served: AsyncIterator[Stream]
) -> None:
    _, writer = await inside.connect()
    stream = await anext(served)
    for session, number in (("other", 1), (stream._session, 2)):
        with pytest.raises(NotFound, match="is gone"):
            await inside.ask("egress_read", session=session, stream=number, offset=0)
    await inside.ask("egress_close", session="other", stream=1)
    writer.write(b"still here")
    assert await stream.read() == b"still here"
    writer.close()


async def test_without_a_way_out_nothing_listens_and_the_questions_are_refused(tmp_path: Path) -> None:
    one = await Inside(tmp_path, 0).start()
    try:
        assert psutil.Process(one.keeper.pid).net_connections("inet") == []
        with pytest.raises(SandboxError, match="has no way out"):
            await anext(connections(one))
    finally:
        await one.stop()


async def test_a_port_that_is_taken_ends_the_keeper_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        argv = [*PYTHON, "serve", "--run", "x", "--name", "x", "--workspace", str(tmp_path), "--egress", port]
        argv += ["--spool", str(tmp_path / "s"), "--packages", str(PACKAGES)]
        done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and f"the way out needs 127.0.0.1:{port}" in done.stderr


def test_commands_find_the_proxy_by_the_variables_that_programs_know() -> None:
    assert environment(()) == {}
    found = environment(["pypi.org:443"])
    assert found["https_proxy"] == found["HTTPS_PROXY"] == found["http_proxy"] == "http://127.0.0.1:3128"
    assert found["no_proxy"] == found["NO_PROXY"] == "localhost,127.0.0.1,::1"
    assert environment(["127.0.0.1:80", "[::1]:80"])["NO_PROXY"] == "localhost"
