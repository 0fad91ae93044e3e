"""The proxy in real conversations: raw bytes on one side, a real HTTP server on the other, no sandbox in between."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from aarctl.recipe.destinations import parse
from aarctl.sandbox.egress import proxy
from aarctl.sandbox.egress.dial import Dialer, Outside
from aarctl.sandbox.egress.proxy import PATIENCE, Attempt, Patience

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Notes:
    """A book that keeps what it is told."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.ends: list[tuple[int, int, bool]] = []

    async def attempted(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)

    def ended(self, attempt: Attempt, *, up_bytes: int = 0, down_bytes: int = 0, failed: bool = False) -> None:
        self.ends.append((up_bytes, down_bytes, failed))


class Client:
    """What a command would do: bytes to the proxy, bytes from it."""

    def __init__(self, notes: Notes, dialer: Dialer, patience: Patience) -> None:
        self.notes, self.dialer, self.patience = notes, dialer, patience

    async def open(self) -> None:
        """Connect; the proxy serves this one connection."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await proxy.serve(Outside(reader, writer), self.dialer, self.notes, self.patience)
            self.served.set()

        self.served = asyncio.Event()
        self.server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.reader, self.writer = await asyncio.open_connection(*self.server.sockets[0].getsockname())

    async def say(self, data: bytes) -> bytes:
        """Send, hang up the sending side, and read to the end."""
        await self.open()
        self.writer.write(data)
        self.writer.write_eof()
        return await self.rest()

    async def rest(self) -> bytes:
        """Everything up to the proxy's hanging up."""
        async with asyncio.timeout(20):
            data = await self.reader.read()
            await self.served.wait()
        self.writer.close()
        self.server.close()
        return data


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that sends back what it got, after a word of its own."""
    writer.write(b"hello\n")
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write(b"bye\n")
    writer.close()


Serve = Callable[[Handler], Awaitable[int]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server on a free port of this machine."""
    servers = []

    async def start(handler: Handler) -> int:
        servers.append(await asyncio.start_server(handler, "127.0.0.1", 0))
        return int(servers[-1].sockets[0].getsockname()[1])

    yield start
    for server in servers:
        server.close()


def http(response: bytes, seen: list[bytes]) -> Handler:
    """A server that reads one request, keeps it, and answers with `response`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        seen.append(head + await reader.readexactly(length))
        writer.write(response)
        await writer.drain()
        writer.close()

    return handle


def client(*listed: str, patience: Patience = PATIENCE) -> Client:
    return Client(Notes(), Dialer([parse(entry) for entry in listed]), patience)


async def test_a_tunnel_carries_bytes_both_ways_and_ends_with_both_sides(serve: Serve) -> None:
    port = await serve(echo)
    one = client(f"127.0.0.1:{port}")
    said = await one.say(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + b"early\n")
    assert said.startswith(b"HTTP/1.1 200 ") and said.endswith(b"\r\n\r\nhello\nearly\nbye\n")
    assert one.notes.attempts == [Attempt("127.0.0.1", port, True, f"127.0.0.1:{port}")]
    assert one.notes.ends == [(6, 16, False)]


async def test_a_large_body_crosses_a_tunnel_whole(serve: Serve) -> None:
    port, data = await serve(echo), bytes(range(256)) * 20_000
    one = client(f"127.0.0.1:{port}")
    said = await one.say(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + data)
    assert said.partition(b"\r\n\r\n")[2] == b"hello\n" + data + b"bye\n"


async def test_a_plain_request_reaches_the_server_as_its_own_and_the_answer_comes_back(serve: Serve) -> None:
    seen: list[bytes] = []
    port = await serve(http(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Of: server\r\n\r\nhi", seen))
    one = client(f"127.0.0.1:{port}")
    said = await one.say(
        f"POST http://127.0.0.1:{port}/a?b=c HTTP/1.1\r\nHost: other.internal\r\nContent-Length: 3\r\n"
        "Proxy-Authorization: secret\r\nConnection: x-hop\r\nX-Hop: 1\r\nX-Kept: 2\r\n\r\nabc".encode()
    )
    assert said.startswith(b"HTTP/1.1 200 OK\r\n") and said.endswith(b"\r\n\r\nhi") and b"x-of: server" in said.lower()
    head, _, body = seen[0].lower().partition(b"\r\n\r\n")
    assert head.startswith(b"post /a?b=c http/1.1\r\n") and body == b"abc"
    assert f"host: 127.0.0.1:{port}".encode() in head and b"x-kept: 2" in head
    assert not [word for word in (b"other.internal", b"secret", b"x-hop") if word in head]


async def test_a_body_sent_piece_by_piece_is_asked_for_and_carried(serve: Serve) -> None:
    seen: list[bytes] = []
    port = await serve(http(b"HTTP/1.0 200 OK\r\n\r\nuntil the end", seen))
    one = client(f"127.0.0.1:{port}")
    await one.open()
    one.writer.write(
        f"PUT http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x\r\n"
        "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    assert (await one.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    one.writer.write(b"body")
    said = await one.rest()
    assert b"until the end" in said and seen[0].endswith(b"\r\n\r\nbody") and b"expect" not in seen[0].lower()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("CONNECT example.org:443", "not in the recipe's sandbox.egress"),
        ("CONNECT 127.0.0.1:1", "not in the recipe's sandbox.egress"),
        ("CONNECT LOCALHOST:9", "resolves to"),
        ("GET http://0x7f.1/", "not a host name or an address"),
        ("GET http://user@localhost:9/", "not a host name or an address"),
        ("GET http://[::ffff:127.0.0.1]:9/", "not in the recipe's sandbox.egress"),
    ],
)
async def test_what_is_not_allowed_is_refused_with_the_reason_and_written_down(target: str, reason: str) -> None:
    one = client("localhost:9", "allowed.org:443")
    said = await one.say(f"{target} HTTP/1.1\r\nHost: allowed.org\r\n\r\n".encode())
    assert said.startswith(b"HTTP/1.1 403 ") and reason.encode() in said and b"on record" in said
    assert [(each.allowed, each.reason.startswith(reason)) for each in one.notes.attempts] == [(False, True)]
    assert one.notes.ends == []


async def test_an_allowed_destination_that_does_not_answer_is_a_failure_and_no_refusal(serve: Serve) -> None:
    port = await serve(echo)
    one = client("no-such-name.invalid:80", f"127.0.0.1:{port}", "127.0.0.1:9")
    assert (await one.say(b"GET http://no-such-name.invalid/ HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 502")
    said = await one.say(b"CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 502 ") and b"127.0.0.1" in said
    assert [each.allowed for each in one.notes.attempts] == [True, True]
    assert one.notes.ends == [(0, 0, True)] * 2


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET https://example.org/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT example.org HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT example.org:99999 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://example.org:\xd9\xa3/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT " + b"a" * 40_000,
        b"GET http://a/ HTTP/1.1\r\n" + b"X-Y: \x1b[31m\r\n" * 5 + b"\r\n",
        b"GET http://a/ HTTP/1.1\r\nHost: x\r\n",
    ],
)
async def test_what_is_no_proxy_request_is_answered_so_and_written_down_without_control_codes(junk: bytes) -> None:
    one = client("a:80")
    assert (await one.say(junk)).startswith(b"HTTP/1.1 400 ")
    (attempt,) = one.notes.attempts
    assert (attempt.host, attempt.port, attempt.allowed) == ("", 0, False)
    assert attempt.reason.startswith("no proxy request: ") and attempt.reason.isascii() and attempt.reason.isprintable()
    assert len(attempt.reason) < 200


async def test_a_connection_that_asks_nothing_is_no_attempt() -> None:
    one = client("a:80")
    assert await one.say(b"") == b"" and one.notes.attempts == []


async def test_a_command_that_waits_with_its_head_is_cut_off() -> None:
    one = client("a:80", patience=Patience(head_s=0.05))
    await one.open()
    one.writer.write(b"CONNECT a:80 HTTP/1.1\r\n")
    assert b"no head in 0.05 s" in await one.rest()


async def test_a_silent_tunnel_is_cut_off(serve: Serve) -> None:
    port = await serve(echo)
    one = client(f"127.0.0.1:{port}", patience=Patience(idle_s=1.0))
    await one.open()
    one.writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (await one.rest()).endswith(b"hello\n")
    assert len(one.notes.ends) == 1


@pytest.mark.parametrize(
    "response", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000, b"HTTP/1.1 101 Up\r\n\r\n"]
)
async def test_a_server_that_speaks_no_http_costs_one_connection(serve: Serve, response: bytes) -> None:
    port = await serve(http(response, []))
    one = client(f"127.0.0.1:{port}")
    said = await one.say(f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert said.startswith(b"HTTP/1.1 502 ") and b"broke off" in said


async def test_an_answer_cut_short_does_not_pass_for_a_whole_one(serve: Serve) -> None:
    port = await serve(http(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", []))
    one = client(f"127.0.0.1:{port}")
    said = await one.say(f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert b"hello" in said and not said.endswith(b"0\r\n\r\n")


async def test_a_proxy_that_is_stopped_hangs_up_on_both_sides_and_still_says_what_moved(serve: Serve) -> None:
    hung_up = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        hung_up.set()
        writer.close()

    port, notes = await serve(watch), Notes()
    near, far = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=near)
    pipe = Outside(*await asyncio.open_connection(sock=far))
    serving = asyncio.create_task(proxy.serve(pipe, Dialer([parse(f"127.0.0.1:{port}")]), notes))
    writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + b"12345")
    await reader.readuntil(b"\r\n\r\n")
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    async with asyncio.timeout(20):
        await hung_up.wait()
        assert await reader.read() == b""
    assert len(notes.ends) == 1
    writer.close()
