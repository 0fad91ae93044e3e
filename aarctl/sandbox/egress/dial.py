"""Looking names up and connecting, on this machine and for a sandbox: only where rules.py says so.

A connection is made to an address that was judged, never to a name again. Look-ups have threads of their own: a slow
name server, which an allowed domain may choose, must not delay anything else of the supervisor.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psutil

from aarctl.recipe.destinations import Destination, address_of, normal
from aarctl.sandbox.egress.rules import Decision, decide, shown

LOOKUPS = 4  # at once
LOOKUP_S = 10.0
CONNECT_S = 10.0  # for each address
READ_BYTES = 1 << 18


class Outside:
    """A connection to an allowed destination, its bytes counted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.up_bytes = self.down_bytes = 0

    def __repr__(self) -> str:
        return f"Outside({self._writer.get_extra_info('peername')}: {self.up_bytes} up, {self.down_bytes} down)"

    async def read(self) -> bytes:
        """The next bytes from there; b"" at the end. Raises OSError."""
        data = await self._reader.read(READ_BYTES)
        self.down_bytes += len(data)
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes, waiting while it is slow. Raises OSError."""
        self._writer.write(data)
        self.up_bytes += len(data)
        await self._writer.drain()

    async def end(self) -> None:
        """Nothing more is sent; it may still answer."""
        self._writer.write_eof()

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class Dialer:
    """Judges requests by a list of destinations, and connects the allowed ones."""

    def __init__(self, listed: Sequence[Destination]) -> None:
        self.listed = tuple(listed)
        self._threads = ThreadPoolExecutor(LOOKUPS, "egress look-up")

    def __repr__(self) -> str:
        return f"Dialer({', '.join(map(str, self.listed))})"

    async def judge(self, host: str, port: int) -> Decision:
        """Whether `host`:`port` may be reached. A name that is not listed is not looked up.

        An allowed name that cannot be looked up is allowed, without addresses.
        """
        first = decide(self.listed, host, port)
        if not first.allowed:
            return first
        name = normal(host) or host
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LOOKUP_S):
                found, own = await loop.run_in_executor(self._threads, _look_up, name, port)
        except OSError:  # no such name, or no answer in time
            return first
        return decide(self.listed, host, port, found, own)

    async def connect(self, decision: Decision, port: int) -> Outside:
        """A connection to the first of the judged addresses that answers. Raises OSError, in words."""
        said = "its name could not be looked up"
        for address in decision.addresses:
            try:
                async with asyncio.timeout(CONNECT_S):
                    return Outside(*await asyncio.open_connection(address, port, limit=READ_BYTES))
            except OSError as error:
                said = f"{address}: {os.strerror(error.errno) if error.errno else 'no answer in time'}"
        raise OSError(shown(said))

    def close(self) -> None:
        """Let go of the threads; a look-up under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(name: str, port: int) -> tuple[list[str], set[str]]:
    """What a host resolves to, in the resolver's order, and this machine's own addresses."""
    own = {entry.address for entries in psutil.net_if_addrs().values() for entry in entries}
    if address_of(name) is not None:
        return [name], own
    rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows)), own
