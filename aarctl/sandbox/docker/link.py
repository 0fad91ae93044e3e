"""A link to a keeper in a container: one `exec` of its bridge program, over the engine's hijacked connection.

docker-py gives the socket, plain or TLS; both are tried first and waited for when they would block. Output comes in
frames of the engine's own (stream number, length), of which stream 1 is the keeper's and 2 its complaints.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from aarctl.sandbox.docker.container import BRIDGE
from aarctl.sandbox.link import LAST_WORDS, READ_BYTES

if TYPE_CHECKING:
    from docker import DockerClient

T = TypeVar("T")
HEADER = struct.Struct(">BxxxI")
STDERR = 2
MAX_STDERR_BYTES = 4096


class ExecLink:
    """One exec of the bridge in a container."""

    def __init__(self, sock: socket.socket, held: Any) -> None:
        self._socket, self._held = sock, held  # the response closes its socket when it is collected
        sock.setblocking(False)
        self._closed = False
        self._sending = asyncio.Lock()  # frames of two requests must not mix
        self._waiters: dict[bool, set[asyncio.Future[None]]] = {False: set(), True: set()}  # to read, to write
        self._buffer = bytearray()
        self._words: deque[str] = deque(maxlen=LAST_WORDS)

    def __repr__(self) -> str:
        return f"ExecLink({self._socket!r})"

    @classmethod
    def open(cls, client: DockerClient, container: str) -> ExecLink:
        """Start the bridge in a running container. Blocks; raises what docker-py raises."""
        made = client.api.exec_create(container, BRIDGE, stdin=True, stdout=True, stderr=True, user="0:0")
        held = client.api.exec_start(made["Id"], socket=True)
        return cls(getattr(held, "_sock", held), held)

    async def read(self) -> bytes:
        """See Link.read."""
        while True:
            if data := self._keepers():
                return data
            try:
                piece = await self._when_ready(lambda: self._socket.recv(READ_BYTES), write=False)
            except OSError:
                return b""
            if not piece:
                return b""
            self._buffer += piece

    def _keepers(self) -> bytes:
        """What the whole frames of the buffer hold of stream 1."""
        out = bytearray()
        while len(self._buffer) >= HEADER.size:
            stream, size = HEADER.unpack_from(self._buffer)
            end = HEADER.size + size
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            if stream == STDERR:
                lines = body[:MAX_STDERR_BYTES].decode(errors="replace").splitlines()
                self._words.extend(line[:500] for line in lines if line.strip())
            else:
                out += body
        return bytes(out)

    async def send(self, data: bytes) -> None:
        """See Link.send."""
        left = memoryview(data)
        async with self._sending:
            while left:
                left = left[await self._when_ready(lambda: self._socket.send(left), write=True) :]  # noqa: B023

    async def _when_ready(self, work: Callable[[], T], *, write: bool) -> T:
        """`work()`, as soon as the socket lets it. TLS may have to write in order to read, and the other way round."""
        while not self._closed:
            try:
                return work()
            except BlockingIOError:
                await self._ready(write=write)
            except ssl.SSLWantReadError:
                await self._ready(write=False)
            except ssl.SSLWantWriteError:
                await self._ready(write=True)
        raise ConnectionError("the link is closed")

    async def _ready(self, *, write: bool) -> None:
        loop, fd, waiters = asyncio.get_running_loop(), self._socket.fileno(), self._waiters[write]
        waiter: asyncio.Future[None] = loop.create_future()
        add, remove = (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
        waiters.add(waiter)
        add(fd, _settle, waiters)
        try:
            await waiter
        finally:
            waiters.discard(waiter)
            if not waiters:
                remove(fd)

    async def close(self) -> None:
        """See Link.close. Shut down first: closing alone leaves the engine's end open."""
        if self._closed:
            return
        self._closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # gone already
        for waiters in self._waiters.values():
            _settle(waiters)
        await asyncio.sleep(0)  # who waited lets go of the socket's number before it is another's
        self._held.close()
        self._socket.close()

    def last_words(self) -> str:
        """See Link.last_words."""
        return " / ".join(self._words)


def _settle(waiters: set[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
