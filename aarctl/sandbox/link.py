"""A link: two byte streams to a keeper, whoever carries them. Here, the standard input and output of a child process.

Invariant: read() returns b"" once the other end is gone and for ever after; closing twice is fine.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

READ_BYTES = 1 << 18
LAST_WORDS = 20  # lines of standard error kept
CLOSE_PATIENCE_S = 15.0  # a keeper that is killed sooner leaves to others what it was ending


class Link(Protocol):
    """What a bridge needs of its carrier."""

    async def read(self) -> bytes:
        """The next bytes from the keeper; b"" at the end."""

    async def send(self, data: bytes) -> None:
        """Give bytes to the keeper, waiting while it is slow. Raises OSError when it is gone."""

    async def close(self) -> None:
        """Hang up."""

    def last_words(self) -> str:
        """The end of what the keeper's side printed as errors, in one line; empty when nothing."""


class ProcessLink:
    """A keeper that is a child of this process and ends with it."""

    def __init__(self, process: asyncio.subprocess.Process, label: str) -> None:
        assert process.stdin and process.stdout and process.stderr
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._listening = asyncio.create_task(self._listen(process.stderr), name=f"link {label} stderr")

    def __repr__(self) -> str:
        return f"ProcessLink(pid {self._process.pid})"

    @classmethod
    async def start(cls, argv: Sequence[str], label: str, files: Sequence[int] = ()) -> ProcessLink:
        """Start a keeper with an empty environment. It ends with this process, and with the thread of this loop."""
        pipe = asyncio.subprocess.PIPE
        spawn = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *argv, stdin=pipe, stdout=pipe, stderr=pipe, env={}, cwd="/", limit=READ_BYTES,
                start_new_session=True, pass_fds=files,
            )
        )  # fmt: skip
        try:
            # asyncio leaves a half-spawned process with open pipes when it is cancelled: let it finish first.
            return cls(await asyncio.shield(spawn), label)
        except asyncio.CancelledError:
            await cls(await spawn, label).close()
            raise

    async def read(self) -> bytes:
        """See Link.read."""
        return await self._stdout.read(READ_BYTES)

    async def send(self, data: bytes) -> None:
        """See Link.send."""
        self._stdin.write(data)
        await self._stdin.drain()

    async def close(self) -> None:
        """End the keeper: by closing its input, then by force. Safe to call twice and when it is already gone."""
        self._stdin.close()
        try:
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        finally:
            if self._process.returncode is None:
                self._process.kill()  # cancelled while waiting: leave nothing behind
        await self._listening

    def last_words(self) -> str:
        """See Link.last_words."""
        return " / ".join(self._words)

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        buffer = b""
        while data := await stderr.read(READ_BYTES):
            *lines, buffer = (buffer + data)[-READ_BYTES:].split(b"\n")
            self._words.extend(line.decode(errors="replace")[:500] for line in lines if line.strip())
