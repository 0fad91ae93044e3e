"""A person's own command for each thing that wants attention: an argv without a shell, the thing as JSON on stdin.

It gets TIMEOUT_S and is then ended with all that it has started. One runs at a time, in order, off the screen; what
it prints goes nowhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence

import msgspec

TIMEOUT_S = 10.0
WAITING = 32  # things in line; more are dropped, as a command that slow helps nobody


async def tell(argv: Sequence[str], event: Mapping[str, object], timeout_s: float = TIMEOUT_S) -> str:
    """Run the command once; returns why it did not do what it was for, as a sentence, or nothing."""
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=pipe, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except (OSError, ValueError) as error:
        return f"attention.command {argv[0]!r} cannot be started: {error}"
    try:
        await asyncio.wait_for(process.communicate(msgspec.json.encode(event) + b"\n"), timeout_s)
    except TimeoutError:
        return f"attention.command {argv[0]!r} was ended after {timeout_s:g} s"
    except (BrokenPipeError, ConnectionResetError):
        await process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    return f"attention.command {argv[0]!r} ended with exit code {process.returncode}" if process.returncode else ""


class Hook:
    """The command of one room; without an argv it does nothing."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)
        self._line: asyncio.Queue[Mapping[str, object]] = asyncio.Queue(WAITING)
        self._task: asyncio.Task[None] | None = None
        self.trouble = ""
        """What went wrong last."""

    def add(self, event: Mapping[str, object]) -> None:
        """Have the command told, in its turn."""
        if not self._argv or self._line.full():
            return
        self._line.put_nowait(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while not self._line.empty():
            self.trouble = await tell(self._argv, self._line.get_nowait()) or self.trouble

    async def close(self) -> None:
        """End it now."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
