"""The proxy that a sandbox's HTTP_PROXY names: HTTP CONNECT and plain HTTP, one request a connection.

It runs in the supervisor and reads what hostile commands write, so every head, wait and number of connections is
bounded, and nothing that they send ends more than their own connection. Whether a request may go out is rules.py's to
say; the book hears of every one before a byte leaves, and of what became of it.
Not protected here: what is inside a CONNECT. It is the command's own TLS, and may name another site of the same server.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from typing import Any, Protocol

import h11
import msgspec

from aarctl.recipe.destinations import normal
from aarctl.sandbox.egress.dial import Dialer
from aarctl.sandbox.egress.rules import shown
from aarctl.sandbox.protocol import SandboxError

HEAD_BYTES = 32 << 10
USAGE = "this port is a proxy: send CONNECT host:port, or GET http://host/path"

HOP_BY_HOP = frozenset(
    b"connection expect host keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"upgrade".split()
)
"""Headers that end at a proxy. How a body is framed is h11's to say again."""


class Patience(msgspec.Struct, frozen=True):
    """How long a connection is waited for."""

    head_s: float = 30.0
    """From its beginning to the whole head of its request."""
    idle_s: float = 300.0
    """Without a byte in either direction."""


PATIENCE = Patience()


class Attempt(msgspec.Struct, frozen=True):
    """A command tried to reach something. Host and port are empty where it did not say what."""

    host: str
    port: int
    allowed: bool
    reason: str


class Book(Protocol):
    """Where attempts are written down."""

    async def attempted(self, attempt: Attempt) -> None:
        """Before anything leaves, or is refused."""

    def ended(self, attempt: Attempt, *, up_bytes: int = 0, down_bytes: int = 0, failed: bool = False) -> None:
        """An allowed one is over; `failed`: there was no connection."""


class Pipe(Protocol):
    """A connection, to either side."""

    async def read(self) -> bytes:
        """The next bytes; b"" at the end."""

    async def write(self, data: bytes) -> None:
        """Send bytes, waiting while the other side is slow."""

    async def end(self) -> None:
        """Nothing more is sent."""

    async def close(self) -> None:
        """Hang up."""


class Talk:
    """An HTTP/1.1 conversation on a pipe."""

    def __init__(self, pipe: Pipe, role: type[h11.CLIENT] | type[h11.SERVER]) -> None:
        self.pipe = pipe
        self.http = h11.Connection(role, max_incomplete_event_size=HEAD_BYTES)

    def __repr__(self) -> str:
        return f"Talk({self.http.our_role}: {self.http.states})"

    async def next(self) -> h11.Event:
        """What the other side says next. Raises h11.RemoteProtocolError, OSError."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            self.http.receive_data(await self.pipe.read())
        if isinstance(event, type):
            raise h11.RemoteProtocolError("more than one request on a connection")
        return event

    async def send(self, event: h11.Event) -> None:
        """Say something. Raises OSError, and h11.LocalProtocolError where it does not fit."""
        if data := self.http.send(event):
            await self.pipe.write(data)


class _Wanted(msgspec.Struct, frozen=True):
    """The target of a request."""

    host: str
    port: int
    path: str
    """Empty for CONNECT."""

    @property
    def authority(self) -> str:
        return self.host if self.port == 80 else f"{self.host}:{self.port}"


async def serve(inside: Pipe, dialer: Dialer, book: Book, patience: Patience = PATIENCE) -> None:
    """One connection from inside, to its end. What goes wrong with it is answered to it, and is no error here."""
    client = Talk(inside, h11.SERVER)
    try:
        asked = await _head(client, book, patience.head_s)
        if asked is not None:
            await _grant(client, *asked, dialer, book, patience.idle_s)
    except (h11.ProtocolError, OSError):
        pass  # it hung up, or broke off in the middle
    finally:
        with contextlib.suppress(SandboxError):
            await inside.close()


async def _head(client: Talk, book: Book, patience_s: float) -> tuple[h11.Request, _Wanted] | None:
    """What is asked for; None when nothing is, or nothing that makes sense, which has then been answered."""
    try:
        async with asyncio.timeout(patience_s):
            request = await client.next()
            if not isinstance(request, h11.Request):
                return None  # opened and closed again
            wanted = _target(request)
            while not wanted.path and not isinstance(await client.next(), h11.EndOfMessage):
                pass  # a CONNECT has no body that matters
        return request, wanted
    except (h11.RemoteProtocolError, ValueError, TimeoutError) as error:
        why = shown(str(error) or f"no head in {patience_s:g} s")
        await book.attempted(Attempt("", 0, False, f"no proxy request: {why}"))
        await _answer(client, 400, f"{why}; {USAGE}")
        return None


def _target(request: h11.Request) -> _Wanted:
    """Whom a request is for. Raises ValueError."""
    target = request.target.decode("ascii")
    if request.method == b"CONNECT":
        authority, path = target, ""
    elif target[:7].lower() == "http://":
        authority, _, path = target[7:].partition("/")
        authority, path = authority if ":" in authority.rpartition("]")[2] else f"{authority}:80", f"/{path}"
    else:
        raise ValueError(f"{shown(request.method.decode('ascii'))} of {target!r}")
    host, colon, port = authority.rpartition(":")
    if not colon or not (port.isdecimal() and len(port) <= 5 and 1 <= int(port) <= 65_535):
        raise ValueError(f"no port in {authority!r}")
    return _Wanted(host, int(port), path)


async def _grant(
    client: Talk, request: h11.Request, wanted: _Wanted, dialer: Dialer, book: Book, idle_s: float
) -> None:
    """Judge a request, write it down, and carry it out or refuse it."""
    decision = await dialer.judge(wanted.host, wanted.port)
    host = shown(normal(wanted.host) or wanted.host)
    attempt = Attempt(host, wanted.port, decision.allowed, decision.reason)
    await book.attempted(attempt)
    if not attempt.allowed:
        await _answer(client, 403, f"{host}:{wanted.port} is refused: {attempt.reason}. This is on record")
        return
    try:
        outside = await dialer.connect(decision, wanted.port)
    except OSError as error:
        book.ended(attempt, failed=True)
        await _answer(client, 502, f"{host}:{wanted.port} cannot be reached: {error}")
        return
    try:
        async with asyncio.timeout(idle_s) as idle:
            awake = _Awake(outside, idle, idle_s)
            if wanted.path:
                await _forward(client, request, wanted, Talk(awake, h11.CLIENT))
            else:
                await _tunnel(client, awake)
    except (h11.RemoteProtocolError, OSError) as error:
        if client.http.our_state is not h11.SEND_RESPONSE:
            raise
        await _answer(client, 502, f"{host}:{wanted.port} broke off: {shown(str(error))}")
    finally:
        book.ended(attempt, up_bytes=outside.up_bytes, down_bytes=outside.down_bytes)
        await outside.close()


class _Awake:
    """A pipe whose every byte puts an idle limit off."""

    def __init__(self, pipe: Pipe, idle: asyncio.Timeout, idle_s: float) -> None:
        self._pipe, self._idle, self._idle_s = pipe, idle, idle_s
        self.end, self.close = pipe.end, pipe.close

    async def read(self) -> bytes:
        """See Pipe.read."""
        data = await self._pipe.read()
        self._put_off()
        return data

    async def write(self, data: bytes) -> None:
        """See Pipe.write."""
        await self._pipe.write(data)
        self._put_off()

    def _put_off(self) -> None:
        if not self._idle.expired():
            self._idle.reschedule(asyncio.get_running_loop().time() + self._idle_s)


async def _tunnel(client: Talk, outside: Pipe) -> None:
    """Bytes both ways until both sides have ended."""
    await client.send(h11.Response(status_code=200, headers=[], reason=b"Connection established"))
    if early := client.http.trailing_data[0]:
        await outside.write(early)
    await _both(_copy(client.pipe, outside), _copy(outside, client.pipe))


async def _copy(source: Pipe, sink: Pipe) -> None:
    while data := await source.read():
        await sink.write(data)
    await sink.end()


async def _forward(client: Talk, request: h11.Request, wanted: _Wanted, server: Talk) -> None:
    """One plain request there and its response back. The server is told the host that was judged, no other."""
    headers = [(b"host", wanted.authority.encode()), (b"connection", b"close"), *_end_to_end(request.headers)]
    await server.send(h11.Request(method=request.method, target=wanted.path, headers=headers))

    async def up() -> None:
        while isinstance(event := await client.next(), h11.Data):
            await server.send(h11.Data(data=event.data))
        await server.send(h11.EndOfMessage())

    async def down() -> None:
        while isinstance(response := await server.next(), h11.InformationalResponse):
            pass
        if not isinstance(response, h11.Response):
            raise h11.RemoteProtocolError("the connection was closed")
        headers = [*_end_to_end(response.headers), (b"connection", b"close")]
        await client.send(h11.Response(status_code=response.status_code, headers=headers, reason=response.reason))
        while isinstance(event := await server.next(), h11.Data):
            await client.send(h11.Data(data=event.data))
        await client.send(h11.EndOfMessage())

    await _both(up(), down(), last=1)


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers that are the other side's business."""
    named = {name.strip().lower() for key, value in headers if key == b"connection" for name in value.split(b",")}
    return [(key, value) for key, value in headers if key not in HOP_BY_HOP and key not in named]


async def _both(*ways: Coroutine[Any, Any, None], last: int | None = None) -> None:
    """Run both until they are done, the first fails, or number `last` is done; then neither runs."""
    tasks = [asyncio.create_task(way) for way in ways]
    pending = set(tasks)
    try:
        while pending and not (last is not None and tasks[last].done()):
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _answer(client: Talk, status: int, text: str) -> None:
    """A response of our own, and the end. The text is its reason too: of a failed CONNECT, programs show no more."""
    body = f"aarctl: {text}\n".encode()
    headers = [
        ("content-type", "text/plain"), ("content-length", str(len(body))), ("connection", "close"),
    ]  # fmt: skip
    await client.send(h11.Response(status_code=status, headers=headers, reason=text.encode()))
    if client.http.our_state is h11.SEND_BODY:
        await client.send(h11.Data(data=body))
        await client.send(h11.EndOfMessage())
