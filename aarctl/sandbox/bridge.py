"""The supervisor's end of a keeper's stdio: requests by id, any number at once, each with its own time limit.

When the keeper's output ends, every waiting and every later request raises SandboxLost with the keeper's last words.
A cancelled request is forgotten here and answered to nobody; the keeper does what it was asked.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from aarctl.sandbox.inside import wire
from aarctl.sandbox.protocol import BadRequest, SandboxLost, TimedOut, error_from

READ_BYTES = 1 << 18
LAST_WORDS = 20  # lines of standard error kept
DEFAULT_LIMIT_S = 30.0
CLOSE_PATIENCE_S = 5.0


class Bridge:
    """A running keeper process and the requests under way."""

    def __init__(self, process: asyncio.subprocess.Process, label: str) -> None:
        assert process.stdin and process.stdout and process.stderr
        self.process, self.label = process, label
        self._stdin = process.stdin
        self._waiting: dict[int, asyncio.Future[wire.Message]] = {}
        self._next = 0
        self._lost: str | None = None
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._tasks = [
            asyncio.create_task(self._read(process.stdout), name=f"bridge {label}"),
            asyncio.create_task(self._listen(process.stderr), name=f"bridge {label} stderr"),
        ]

    def __repr__(self) -> str:
        state = self._lost or "open"
        return f"Bridge({self.label}: {len(self._waiting)} requests waiting, {state})"

    @classmethod
    async def start(cls, argv: list[str], label: str, files: Sequence[int] = ()) -> Bridge:
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

    async def request(self, op: str, *, limit_s: float = DEFAULT_LIMIT_S, **fields: Any) -> wire.Message:
        """One answer. Raises the keeper's refusal as its error, TimedOut, or SandboxLost."""
        if self._lost is not None:
            raise SandboxLost(f"{self.label}: {self._lost}")
        self._next += 1
        number = self._next
        try:
            frame = wire.pack({"v": wire.VERSION, "id": number, "op": op, **fields})
        except wire.Refused as refusal:
            raise BadRequest(f"{self.label}: {refusal}") from None
        future: asyncio.Future[wire.Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            async with asyncio.timeout(limit_s):
                self._stdin.write(frame)
                await self._stdin.drain()
                answer = await future
        except TimeoutError:
            raise TimedOut(f"{self.label}: no answer to {op} in {limit_s:g} s; ask again or remove it") from None
        except OSError:
            raise SandboxLost(f"{self.label}: the keeper's input is closed") from None
        finally:
            self._waiting.pop(number, None)
        if not answer["ok"]:
            raise error_from(answer)
        return answer

    async def close(self) -> None:
        """End the keeper: by closing its input, then by force. Safe to call twice and when it is already gone."""
        self._lost = self._lost or "the sandbox was removed"
        self._stdin.close()
        try:
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        finally:
            if self.process.returncode is None:
                self.process.kill()  # cancelled while waiting: leave nothing behind
        await asyncio.gather(*self._tasks)

    def last_words(self) -> str:
        """The end of the keeper's standard error, for a message to a person."""
        return " / ".join(self._words)

    async def _read(self, stdout: asyncio.StreamReader) -> None:
        frames = wire.Frames()
        while data := await stdout.read(READ_BYTES):
            for answer in frames.feed(data):
                if isinstance(answer, dict):
                    future = self._waiting.pop(answer.get("id") or 0, None)
                    if future is not None and not future.done():
                        future.set_result(answer)
        self._lose("its keeper has ended")

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        buffer = b""
        while data := await stderr.read(READ_BYTES):
            *lines, buffer = (buffer + data)[-READ_BYTES:].split(b"\n")
            self._words.extend(line.decode(errors="replace")[:500] for line in lines if line.strip())

    def _lose(self, why: str) -> None:
        words = f" ({self.last_words()})" if self._words else ""
        self._lost = self._lost or f"{why}{words}; create the sandbox again with the same workspace and spool"
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(SandboxLost(f"{self.label}: {self._lost}"))
