"""Writing a journal: the supervisor's side, one per run.

`record` returns when its events are durable; `note` only queues them, in order, to be durable with the next
commit. All that is queued while one commit runs goes into the next one (group commit), so nine researchers
share the disk's waits. The state is folded as rows commit: it never runs ahead of the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from . import checkpoints
from .blobs import Blobs, sync_folder
from .chain import GENESIS, link
from .chunks import chunk_of, weight
from .errors import JournalBroken, NoJournal, RunExists
from .events import Event, SupervisorStarted, Text
from .fold import apply
from .inbox import PENDING, InboxRow, understood
from .lock import RunLock
from .reader import JournalReader, Record
from .schema import SCHEMA
from .sealing import Sealed, plain, seal
from .state import RunState
from .writer import EventRow, Statement, Writer

__all__ = ["InboxRow", "Journal", "create"]

SAMPLES_KEPT_US = 6 * 3600 * 1_000_000  # older telemetry is thinned to what the events say
SIDE_WAITS_S = 0.05  # passing facts are written with the next events, at the latest so much later, all in one


class _Append(NamedTuple):
    """Events of one call, and who waits for them."""

    events: list[Sealed]
    waiting: asyncio.Future[list[Record]] | None


def create(run: Path) -> None:
    """Make an empty journal in the folder `run`; it appears whole or not at all. Raises RunExists."""
    path, making = run / "journal.db", run / "journal.new"
    making.unlink(missing_ok=True)
    db = sqlite3.connect(making)
    db.execute("pragma journal_mode = wal")  # from the start: a reader may be the first to open it
    db.executescript(SCHEMA)
    db.close()
    try:
        os.link(making, path)  # a rename would replace a journal that is there
    except FileExistsError:
        raise RunExists(f"run {run.name} has a journal; resume it, or choose another name") from None
    finally:
        making.unlink()
    sync_folder(run)


class Journal:
    """The only writer of a run's events. Make one with `await Journal.open(run, pid)`."""

    def __init__(self, db: Writer, lock: RunLock, run: Path, state: RunState, chain: bytes) -> None:
        self.state = state
        self.blobs = Blobs(run / "blobs")
        self.waits: Counter[str] = Counter()
        """Durable waits so far, per researcher: each `record` that names one counts."""
        self._db, self._lock, self._chain = db, lock, chain
        self._queue: deque[_Append] = deque()
        self._side: dict[str, Statement] = {}
        self._side_timer: asyncio.TimerHandle | None = None
        self._side_due = False
        self._work = asyncio.Event()
        self._tick = asyncio.Event()  # set and replaced at each commit
        self._given: Counter[str] = Counter(state.counters)
        self._broken: BaseException | None = None
        self._closing = False
        self._writer = asyncio.create_task(self._write(), name="journal writer")

    def __repr__(self) -> str:
        condition = "broken" if self._broken else "closed" if self._writer.done() else "open"
        return f"Journal({self.state.run!r}, {condition}, seq={self.state.seq}, queued={len(self._queue)})"

    @classmethod
    async def open(cls, run: Path, pid: int, opening: Event | None = None) -> Journal:
        """Take the run's lock, fold to the end and begin a new epoch. `opening` comes first in an empty journal.

        Raises NoJournal, RunIsHeld, JournalDamaged; JournalBroken when the first event cannot be written.
        """
        if not (run / "journal.db").exists():
            raise NoJournal(f"no run at {run}; `aarctl run RECIPE --name {run.name}` starts one")
        lock = RunLock(run / "supervisor.lock")
        try:
            with JournalReader(run) as reader:
                state, head = reader.state(), bytes.fromhex(reader.head())
            db = await Writer.open(run / "journal.db")
        except BaseException:
            lock.release()
            raise
        journal = cls(db, lock, run, state, head or GENESIS)
        try:
            first = (opening,) if opening is not None and not state.seq else ()
            await journal.record(*first, SupervisorStarted(epoch=state.epoch + 1, pid=pid))
        except BaseException:
            await journal.close()
            raise
        return journal

    # writing ---------------------------------------------------------------------------------------------

    async def record(self, *events: Event) -> list[Record]:
        """Append `events` in one transaction and wait until they are durable.

        Raises BadEvent before anything is queued, JournalBroken. A caller that is cancelled while it waits
        does not take them back: they are appended once all the same.
        """
        sealed = [seal(event) for event in events]
        if not sealed:
            return []
        waiting: asyncio.Future[list[Record]] = asyncio.get_running_loop().create_future()
        self._push(sealed, waiting)
        if events[0].researcher:
            self.waits[events[0].researcher] += 1
        return await waiting

    def note(self, *events: Event) -> None:
        """Append `events` in order without waiting; they are durable with the next commit.

        Raises BadEvent before anything is queued, JournalBroken.
        """
        self._push([seal(event) for event in events], None)

    def _push(self, events: list[Sealed], waiting: asyncio.Future[list[Record]] | None) -> None:
        self._check()
        if events:
            self._queue.append(_Append(events, waiting))
            self._work.set()

    def _check(self) -> None:
        if self._broken is not None:
            raise JournalBroken(f"the journal stopped: {self._broken}") from self._broken
        if self._closing:
            raise JournalBroken("the journal is closed; nothing more can be appended")

    def live(self, name: str, body: object) -> None:
        """Overwrite a passing fact, such as the text of an open turn. Never a durable wait."""
        query = """insert into live(name, at, body) values (?, ?, ?)
            on conflict(name) do update set at = excluded.at, body = excluded.body"""
        self._aside(f"live {name}", query, name, time.time_ns() // 1000, msgspec.json.encode(plain(body)))

    def sample(self, device: str, at: int, body: object) -> None:
        """Add one row of device telemetry, at microseconds UTC."""
        query = "insert into samples(at, device, body) values (?, ?, ?)"
        self._aside(f"sample {device} {at}", query, at, device, msgspec.json.encode(plain(body)))

    async def thin_samples(self) -> None:
        """Drop telemetry older than six hours."""
        self._aside("thin", "delete from samples where at < ?", time.time_ns() // 1000 - SAMPLES_KEPT_US)

    def _aside(self, what: str, query: str, *values: object) -> None:
        """Write this with the next events, or soon."""
        self._side[what] = (query, values)
        if self._side_timer is None:
            self._side_timer = asyncio.get_running_loop().call_later(SIDE_WAITS_S, self._side_is_due)

    def _side_is_due(self) -> None:
        self._side_due = True
        self._work.set()

    # reading ---------------------------------------------------------------------------------------------

    async def inbox(self) -> list[InboxRow]:
        """Rows that are not yet copied into the events, in order; one that makes no sense says why."""
        rows = await self._db.execute_fetchall(PENDING, (self.state.inbox,))
        return [understood(*row) for row in rows]

    def next_id(self, letter: str) -> str:
        """The next free id of a letter, such as "s12".

        Never given out twice in one supervisor's life, nor after a crash when an event that names it is
        durable: journal the intent before the id leaves the supervisor.
        """
        self._given[letter] = max(self._given[letter], self.state.counters.get(letter, 0)) + 1
        return f"{letter}{self._given[letter]}"

    async def text(self, text: str) -> Text:
        """`text` as a row keeps it; a long one is stored first, off the event loop. Raises BlobTooLarge."""
        if len(text) <= 1024:
            return self.blobs.keep(text)
        return await asyncio.to_thread(self.blobs.keep, text)

    async def changed(self, after: int) -> int:
        """Wait until something later than `after` has committed; return the state's seq.

        Raises JournalBroken when the journal ends first.
        """
        while self.state.seq <= after:
            if self._writer.done():
                self._check()
            await self._tick.wait()
        return self.state.seq

    # the writer ------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        batch: list[_Append] = []
        try:
            while await self._something():
                batch, self._queue = list(self._queue), deque()
                side = self._take_side()
                records = await self._commit([item for append in batch for item in append.events], side)
                taken = 0
                for events, waiting in batch:
                    if waiting is not None and not waiting.done():  # its task may have been cancelled
                        waiting.set_result(records[taken : taken + len(events)])
                    taken += len(events)
                self._announce()
        except BaseException as error:
            self._fail(error, batch)
            if not isinstance(error, Exception):
                raise
        finally:
            # Whoever waits for a change must hear that none will come, once this task is done.
            asyncio.get_running_loop().call_soon(self._announce)

    async def _something(self) -> bool:
        """Wait for work; False when there is none left and the journal is closing."""
        while not self._queue and not self._side_due:
            if self._closing:
                return bool(self._side)
            self._work.clear()
            await self._work.wait()
        return True

    def _take_side(self) -> list[Statement]:
        if self._side_timer is not None:
            self._side_timer.cancel()
        side, self._side, self._side_timer, self._side_due = list(self._side.values()), {}, None, False
        return side

    def _announce(self) -> None:
        tick, self._tick = self._tick, asyncio.Event()
        tick.set()

    async def _commit(self, events: list[Sealed], side: list[Statement]) -> list[Record]:
        """One transaction for all; the state moves only once it is on disk."""
        at = max(self.state.at, time.time_ns() // 1000)
        seq, chain = self.state.seq, self._chain
        rows: list[EventRow] = []
        records: list[Record] = []
        sizes: dict[tuple[int, str], tuple[int, int, int]] = {}
        for event, kind, body in events:
            seq += 1
            who = event.researcher
            chain = link(chain, seq, at, who, kind, body)
            rows.append((seq, at, who, kind, body, chain))
            records.append(Record(seq, at, who, event))
            count, lines, chars = sizes.get((chunk_of(seq), who), (0, 0, 0))
            more_lines, more_chars = weight(event)
            sizes[chunk_of(seq), who] = (count + 1, lines + more_lines, chars + more_chars)
        await self._db.append(rows, [(*key, *sums) for key, sums in sizes.items()], side)
        self._chain = chain
        for record in records:
            apply(self.state, record.seq, record.at, record.event)
            if record.seq % checkpoints.EVERY == 0:
                query = "insert or replace into checkpoints(seq, state) values (?, ?)"
                self._aside(f"checkpoint {record.seq}", query, record.seq, checkpoints.pack(self.state))
        return records

    def _fail(self, error: BaseException, batch: list[_Append]) -> None:
        self._broken = error
        for _, waiting in [*batch, *self._queue]:
            if waiting is not None and not waiting.done():
                waiting.set_exception(JournalBroken(f"the journal could not be written: {error!r}"))
        self._queue.clear()

    async def close(self) -> None:
        """Write what is queued, then let go of the file and the lock; a second call does nothing.

        Raises JournalBroken when what was noted last could not be written: nobody else would hear of it.
        """
        told = self._broken is not None or self._closing
        self._closing = True
        self._work.set()
        try:
            await asyncio.wait([self._writer])
        finally:
            with contextlib.suppress(sqlite3.Error, ValueError):
                await self._db.close()
            self._lock.release()
        if self._broken is not None and not told:
            raise JournalBroken(f"the last events could not be written: {self._broken!r}") from self._broken

    @property
    def counts(self) -> Mapping[str, int]:
        """Durable waits so far, per researcher."""
        return self.waits
