"""What the tests of this room watch with: marked processes on the machine, output up to a word."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from aarctl.sandbox.protocol import Exec, ExecResult, Sandbox

_NUMBERS = itertools.count(1)


def marker() -> str:
    """A number of seconds that no other process on this machine sleeps for."""
    return f"{random.SystemRandom().randrange(10**8, 10**9)}{next(_NUMBERS)}"


def living(mark: str) -> list[str]:
    """The argv of every process on the machine that mentions the mark, zombies not counted."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if mark.encode() in text and path.parent.name != str(os.getpid()):
            found.append(text.replace(b"\0", b" ").decode(errors="replace"))
    return found


async def gone(mark: str, within_s: float = 30.0) -> None:
    """Return once nothing carries the mark. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while living(mark):
            await asyncio.sleep(0.01)


def oldest(pids: Iterable[int]) -> int:
    """The process that was there first: of a sandbox its keeper. The smallest number need not be: numbers wrap."""
    return min(pids, key=lambda pid: psutil.Process(pid).create_time())


async def run(sandbox: Sandbox, *argv: str, **options: Any) -> tuple[ExecResult, str]:
    """Run a command to its end: its result and what it said."""
    one = await sandbox.exec(f"run-{next(_NUMBERS)}", argv, **{"timeout_s": 60.0, **options})
    return await one.wait(), await said(one)


async def said(one: Exec) -> str:
    """All its output, once it has ended."""
    return (await one.output()).text()


async def read_until(one: Exec, word: bytes, offset: int = 0) -> bytes:
    """The output from `offset` up to and with the first `word`."""
    seen = b""
    async with asyncio.timeout(60):
        async for chunk in one.stream(offset):
            seen += chunk.data
            if word in seen:
                return seen[: seen.index(word) + len(word)]
    raise AssertionError(f"{word!r} never came: {seen[-500:]!r}")
