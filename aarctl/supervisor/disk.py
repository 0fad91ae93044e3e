"""The disk watch: ends the commands of a sandbox whose workspace grows past its limit, and flags it.

Only where the backend has no quota of its own. Nothing is deleted: the researcher, or a person, makes room; until then
whatever is started is ended again at the next look. A folder that its owner has closed counts as past the limit, or
hiding would pay. A disk that is nearly full is everybody's end, so then each running sandbox is past its limit.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ..journal.events import FlagRaised
from ..journal.store import Journal
from ..sandbox.protocol import Fenced, Sandbox, SandboxError, SandboxLost, Stats, TimedOut, Usage
from .bench import Sandboxes

DETECTOR = "disk"
EVERY_S = 15.0
LOW_BYTES = 1 << 30


class DiskWatch:
    """Looks at the workspaces of one run."""

    def __init__(self, journal: Journal, sandboxes: Sandboxes) -> None:
        self._journal, self._sandboxes = journal, sandboxes
        self._flagged: set[str] = set()

    def __repr__(self) -> str:
        return f"DiskWatch(over={sorted(self._flagged)})"

    async def serve(self, every_s: float = EVERY_S) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(every_s)
            await asyncio.gather(*(self.look(sandbox) for sandbox in self._sandboxes.standing))

    async def look(self, sandbox: Sandbox) -> None:
        """One sandbox, once."""
        limit = sandbox.spec.limits.disk_bytes
        try:
            stats = await sandbox.stats()
            if stats.frozen or limit is None or sandbox.capabilities.quota:
                return
            why = over(await self._usage(sandbox), stats, limit)
            if why:
                with suppress(TimedOut):  # some are still ending
                    await sandbox.kill_all()
        except SandboxError:
            return  # gone, or its engine is away: the next look, or the next who needs it, sees
        name = sandbox.spec.name
        if not why:
            self._flagged.discard(name)
        elif name not in self._flagged:
            self._flagged.add(name)
            await self._flag(name, f"{name}: {why}; its commands were ended, and are until there is room")

    async def _usage(self, sandbox: Sandbox) -> Usage:
        """What it holds. Who counts is a process of the commands' user, so a count that was killed hides something."""
        try:
            return await sandbox.usage()
        except (SandboxLost, Fenced, TimedOut):
            raise
        except SandboxError as error:
            return Usage(0, (str(error),))

    async def _flag(self, name: str, text: str) -> None:
        researcher = name if name in self._journal.state.researchers else ""
        await self._journal.record(
            FlagRaised(
                researcher=researcher, flag=self._journal.next_id("f"), detector=DETECTOR,
                text=await self._journal.text(text), seqs=[],
            )
        )  # fmt: skip


def over(usage: Usage, stats: Stats, limit_bytes: int) -> str:
    """Why a workspace is past its limit, in words; empty when it is not. Pure."""
    if usage.bytes > limit_bytes:
        return f"its workspace holds {usage.bytes / 2**30:.1f} GiB, more than disk_gb = {limit_bytes / 2**30:g} allows"
    if usage.closed:
        return f"part of its workspace cannot be measured ({'; '.join(usage.closed)})"
    if stats.disk_free_bytes < LOW_BYTES and stats.running:
        return f"the disk below it has {stats.disk_free_bytes / 2**30:.1f} GiB left"
    return ""
