"""The way out of a run's sandboxes: one proxy for each that has one, its attempts journaled, refused ones flagged.

The first attempt of a kind is durable before anything leaves; repeats are counted into one event a minute (tally.py). A
refused kind raises one flag for its researcher, and not again after a restart. A replication never gets a way out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..journal.errors import JournalError
from ..journal.events import EgressAttempted, FlagRaised
from ..journal.store import Journal
from ..recipe.destinations import parse
from ..sandbox.egress import proxy
from ..sandbox.egress.dial import Dialer
from ..sandbox.egress.proxy import Attempt
from ..sandbox.egress.relay import Stream
from ..sandbox.egress.rules import shown
from ..sandbox.egress.tally import KINDS_MAX, Row, Tally
from ..sandbox.protocol import Sandbox, SandboxError

DETECTOR = "egress"
CONNECTIONS_MAX = 64  # of one sandbox at once; more wait
BETWEEN_S = 0.02  # one connection of a sandbox and the next
COUNTED_EVERY_S = 60.0


class Egress:
    """Serves the proxies of one run."""

    def __init__(self, journal: Journal, allowed: Sequence[str]) -> None:
        self._journal, self._allowed = journal, tuple(allowed)
        self._dialer = Dialer([parse(entry) for entry in allowed])
        self._served: dict[str, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        return f"Egress({', '.join(self._allowed) or 'none'}; serving {sorted(self._served)})"

    def open(self, sandbox: Sandbox, researcher: str) -> None:
        """Serve a sandbox that has a way out until it ends or `close` is called; any other is left alone."""
        name = sandbox.spec.name
        if sandbox.spec.egress:
            book = _Book(self._journal, name, researcher)
            self._served[name] = asyncio.create_task(self._serve(sandbox, book), name=f"egress {name}")

    async def close(self, name: str) -> None:
        """End what is under way there, and write down what is counted."""
        task = self._served.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def stop(self) -> None:
        """Close all of them."""
        for name in list(self._served):
            await self.close(name)
        self._dialer.close()

    async def _serve(self, sandbox: Sandbox, book: _Book) -> None:
        room = asyncio.Semaphore(CONNECTIONS_MAX)
        tasks = {asyncio.create_task(book.keep())}
        try:
            async for stream in sandbox.connections():
                await room.acquire()
                task = asyncio.create_task(self._one(stream, book))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(lambda _: room.release())
                await asyncio.sleep(BETWEEN_S)  # a loop of attempts must not be the supervisor's whole work
        except (SandboxError, JournalError):
            pass  # it has ended, or the run has: whoever needs it next hears of it
        except Exception as error:  # noqa: BLE001  the task's root: without it the way out would end unseen
            await book.failed(error)
        finally:
            ending = list(tasks)
            for each in ending:
                each.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            book.write()

    async def _one(self, stream: Stream, book: _Book) -> None:
        try:
            await proxy.serve(stream, self._dialer, book)
        except (SandboxError, JournalError):
            pass
        except Exception as error:  # noqa: BLE001  a task's root: what one connection breaks is journaled, and is all
            await book.failed(error)


class _Book:
    """Writes one sandbox's attempts into the journal."""

    def __init__(self, journal: Journal, sandbox: str, researcher: str) -> None:
        self._journal, self._sandbox, self._researcher = journal, sandbox, researcher
        self._tally = Tally()

    async def attempted(self, attempt: Attempt) -> None:
        """See proxy.Book."""
        row = self._tally.attempted(attempt)
        if row is None:
            return
        (record,) = await self._journal.record(self._event(row))
        if not attempt.allowed:
            await self._flag(row.attempt, record.seq)

    def ended(self, attempt: Attempt, *, up_bytes: int = 0, down_bytes: int = 0, failed: bool = False) -> None:
        """See proxy.Book."""
        self._tally.ended(attempt, up_bytes=up_bytes, down_bytes=down_bytes, failed=failed)

    async def failed(self, error: Exception) -> None:
        """The proxy itself went wrong; nothing went out."""
        await self.attempted(Attempt("", 0, False, shown(f"the proxy failed: {type(error).__name__}: {error}")))

    async def keep(self) -> None:
        """Write down what is counted, again and again."""
        while True:
            await asyncio.sleep(COUNTED_EVERY_S)
            self.write()

    def write(self) -> None:
        """Write down what is counted and not written yet."""
        self._journal.note(*(self._event(row) for row in self._tally.rows()))

    def _event(self, row: Row) -> EgressAttempted:
        return EgressAttempted(
            researcher=self._researcher, sandbox=self._sandbox, host=row.attempt.host, port=row.attempt.port,
            allowed=row.attempt.allowed, reason=row.attempt.reason, attempts=row.attempts, failed=row.failed,
            up_bytes=row.up_bytes, down_bytes=row.down_bytes,
        )  # fmt: skip

    async def _flag(self, kind: Attempt, seq: int) -> None:
        """One flag for each refused kind; past KINDS_MAX of them, the events alone."""
        where = f"{kind.host}:{kind.port}" if kind.port else kind.host
        text = f"tried to leave its sandbox{' for ' if where else ''}{where}: {kind.reason}"
        flags = self._journal.state.flags.values()
        known = [one.text.head for one in flags if one.detector == DETECTOR and one.researcher == self._researcher]
        if text not in known and len(known) <= KINDS_MAX:
            flag = FlagRaised(
                researcher=self._researcher, flag=self._journal.next_id("f"), detector=DETECTOR,
                text=await self._journal.text(text), seqs=[seq],
            )  # fmt: skip
            await self._journal.record(flag)
