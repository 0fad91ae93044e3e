"""A link to a keeper in a container: one `exec` of its bridge program, over the engine's hijacked connection.

docker-py gives a blocking socket, plain or TLS; here two threads take turns on it, which serves both alike. Output
comes in frames of the engine's own (stream number, length), of which stream 1 is the keeper's and 2 its complaints.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import struct
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from aarctl.sandbox.docker.container import BRIDGE
from aarctl.sandbox.link import LAST_WORDS, READ_BYTES

if TYPE_CHECKING:
    from docker import DockerClient

HEADER = struct.Struct(">BxxxI")
STDERR = 2
MAX_STDERR_BYTES = 4096
TRY_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class ExecLink:
    """One exec of the bridge in a container."""

    def __init__(self, sock: socket.socket, held: Any) -> None:
        self._socket, self._held = sock, held  # the response closes its socket when it is collected
        sock.setblocking(False)
        self._turn = threading.Lock()  # TLS state is one for both directions
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="keeper")
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
        loop = asyncio.get_running_loop()
        while True:
            if data := self._keepers():
                return data
            try:
                piece = await loop.run_in_executor(self._threads, self._receive)
            except RuntimeError:  # closed meanwhile
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

    def _receive(self) -> bytes:
        while True:
            try:
                with self._turn:
                    return self._socket.recv(READ_BYTES)
            except TRY_AGAIN:
                self._wait(write=False)
            except OSError:
                return b""

    async def send(self, data: bytes) -> None:
        """See Link.send."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._write, data)
        except RuntimeError as error:  # closed meanwhile
            raise ConnectionError(str(error)) from None

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                with self._turn:
                    view = view[self._socket.send(view) :]
            except TRY_AGAIN:
                self._wait(write=True)

    def _wait(self, *, write: bool) -> None:
        poll = select.poll()  # select() knows no file numbers above 1023
        try:
            poll.register(self._socket, select.POLLOUT if write else select.POLLIN)
        except ValueError as error:  # closed meanwhile: its number is gone
            raise ConnectionError(str(error)) from None
        poll.poll()

    async def close(self) -> None:
        """See Link.close. Shut down first: closing alone leaves the engine's end open."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # gone already
        self._threads.shutdown(wait=False)
        self._held.close()
        self._socket.close()

    def last_words(self) -> str:
        """See Link.last_words."""
        return " / ".join(self._words)
