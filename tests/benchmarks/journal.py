"""What the journal costs: fold, opening through a checkpoint, group commit, verification. Prints; asserts nothing.

python -m tests.benchmarks.journal [--events 1000000] [--seconds 1.5]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from aarctl.journal import checkpoints
from aarctl.journal.chain import GENESIS, link
from aarctl.journal.chunks import chunk_of, weight
from aarctl.journal.events import (
    BudgetSettled,
    Event,
    ExperimentFinished,
    ExperimentLeased,
    ExperimentQueued,
    Interval,
    ModelCompleted,
    ModelRequested,
    RunOpened,
    SubmissionReceived,
    SubmissionScored,
    ToolCompleted,
    ToolRequested,
    encode,
    head_of,
    kind_of,
)
from aarctl.journal.fold import apply
from aarctl.journal.reader import JournalReader
from aarctl.journal.schema import ADD_CHUNK, INSERT_EVENT, WRITER_PRAGMAS
from aarctl.journal.sealing import seal
from aarctl.journal.state import RunState
from aarctl.journal.store import Journal, create
from aarctl.journal.verify import verify

PRODUCERS = 9
TRIALS = 5
TEXT = head_of("some output of a command\n" * 8)


def synthetic(count: int) -> Iterator[Event]:
    """A plausible history of nine researchers: mostly calls and tools, some experiments, few submissions."""
    yield RunOpened(run="bench", aarctl="0", recipe=head_of(""))
    for number in range(1, count):
        who, turn, step = f"r{number // 10 % 9 + 1}", number // 90 + 1, number % 10
        call = f"{who}-{turn}"
        match step:
            case 0:
                yield ModelRequested(researcher=who, call=call, turn=turn, model="bench")
            case 1:
                yield ModelCompleted(researcher=who, call=call, turn=turn, content=TEXT, stop="tool_use", said="so")
            case 2 | 4:
                yield ToolRequested(researcher=who, call=f"{call}-{step}", turn=turn, tool="shell", args=TEXT)
            case 3 | 5:
                yield ToolCompleted(
                    researcher=who, call=f"{call}-{step - 1}", turn=turn, tool="shell", ok=True, output=TEXT
                )
            case 6:
                yield ExperimentQueued(researcher=who, experiment=f"x{number}", argv=["true"], out="", title="t")
            case 7:
                yield ExperimentLeased(researcher=who, experiment=f"x{number - 1}", slot="cpu0")
            case 8:
                yield ExperimentFinished(
                    researcher=who, experiment=f"x{number - 2}", outcome="done", exit_code=0, tail=TEXT, device_s=1.0
                )
            case _ if number % 5000 == 9:
                yield SubmissionReceived(researcher=who, submission=f"s{number}", method="m", snapshot="0", students=[])
            case _ if number % 5000 == 19:
                interval = Interval(0.4, 0.3, 0.5)
                yield SubmissionScored(
                    researcher=who, submission=f"s{number - 10}", domain="code", released=interval, exact=interval
                )
            case _:
                yield BudgetSettled(researcher=who, turn=turn, active_us=1000)


def write(run: Path, count: int) -> None:
    """The synthetic history, as the store would have left it, without waiting for the disk."""
    create(run)
    db = sqlite3.connect(run / "journal.db", isolation_level=None)
    db.execute("pragma synchronous = off")
    db.execute("begin")
    state, chain = RunState(), GENESIS
    sizes: dict[tuple[int, str], int] = {}
    for seq, event in enumerate(synthetic(count), 1):
        at, kind, body = seq * 1000, kind_of(event), encode(event)
        chain = link(chain, seq, at, event.researcher, kind, body)
        db.execute(INSERT_EVENT, (seq, at, event.researcher, kind, body, chain))
        apply(state, seq, at, event)
        key = (chunk_of(seq), event.researcher)
        sizes[key] = sizes.get(key, 0) + 1
        if seq % checkpoints.EVERY == 0:
            db.execute("insert into checkpoints values (?, ?)", (seq, checkpoints.pack(state)))
    db.executemany("insert into chunks values (?, ?, ?, 10, 300)", [(*key, n) for key, n in sizes.items()])
    db.execute("commit")
    db.close()


def event(researcher: str, number: int) -> Event:
    """What the commit benchmarks append: 500 bytes."""
    return ToolCompleted(researcher=researcher, call=f"{number}", turn=number, tool="t", ok=True, output=TEXT)


def one_commit_per_event(folder: Path, seconds: float) -> float:
    """Events a second of plain sqlite3 doing the store's work, each event in a commit of its own, synchronous=FULL.

    One thread without an event loop: the fastest that "one commit per event" can be here.
    """
    folder.mkdir()
    create(folder)
    db = sqlite3.connect(folder / "journal.db", isolation_level=None)
    for pragma in WRITER_PRAGMAS:
        db.execute(pragma)
    count, chain, stop = 0, GENESIS, time.monotonic() + seconds
    while time.monotonic() < stop:
        count += 1
        who = f"r{count % PRODUCERS + 1}"
        sealed = seal(event(who, count))
        chain = link(chain, count, count, who, sealed.kind, sealed.body)
        db.execute("begin immediate")
        db.execute(INSERT_EVENT, (count, count, who, sealed.kind, sealed.body, chain))
        db.execute(ADD_CHUNK, (chunk_of(count), who, 1, *weight(sealed.event)))
        db.execute("commit")
    db.close()
    return count / seconds


async def through_the_store(folder: Path, producers: int, seconds: float) -> tuple[float, float]:
    """(events a second, p95 wait in ms) of producers that each wait for every event of theirs.

    One producer is one commit per event through the store; more of them share commits.
    """
    folder.mkdir()
    create(folder)
    journal = await Journal.open(folder, os.getpid())
    waits: list[float] = []
    stop = time.monotonic() + seconds

    async def produce(name: str) -> None:
        number = 0
        while time.monotonic() < stop:
            number += 1
            began = time.monotonic()
            await journal.record(event(name, number))
            waits.append(time.monotonic() - began)

    await asyncio.gather(*(produce(f"r{n}") for n in range(1, producers + 1)))
    await journal.close()
    return len(waits) / seconds, statistics.quantiles(waits, n=20)[-1] * 1e3


def commits(folder: Path, seconds: float) -> None:
    """Both ways in turn, several times: disks drift, so only ratios of neighbours mean something."""
    plain, solo, group, p95 = [], [], [], []
    for trial in range(TRIALS):
        plain.append(one_commit_per_event(folder / f"plain{trial}", seconds))
        solo.append(asyncio.run(through_the_store(folder / f"solo{trial}", 1, seconds))[0])
        rate, wait = asyncio.run(through_the_store(folder / f"group{trial}", PRODUCERS, seconds))
        group.append(rate)
        p95.append(wait)
    print(f"one commit per event, sqlite3  {spread(plain, '8.0f')} /s")
    print(f"one commit per event, store    {spread(solo, '8.0f')} /s")
    print(f"group commit, {PRODUCERS} producers      {spread(group, '8.0f')} /s   p95 wait {spread(p95, '.1f')} ms")
    print(f"  against one per event, sqlite3 {spread([g / o for g, o in zip(group, plain, strict=True)], '6.1f')} x")
    print(f"  against one per event, store   {spread([g / o for g, o in zip(group, solo, strict=True)], '6.1f')} x")


WRITE_SLOWLY = """
import asyncio, sys
from pathlib import Path
from aarctl.journal.store import Journal
from tests.benchmarks.journal import event

async def write():
    journal = await Journal.open(Path(sys.argv[1]), 1)
    for number in range(int(sys.argv[2])):
        await journal.record(event("r1", number))
        await asyncio.sleep(0.005)
    await journal.close()

asyncio.run(write())
"""


def tail(folder: Path, seconds: float) -> None:
    """From the stamp of an event in one process to a reader in another having it; it asks every millisecond."""
    folder.mkdir()
    create(folder)
    count, late = int(seconds * 180), []
    command = [sys.executable, "-c", WRITE_SLOWLY, str(folder), str(count)]
    with JournalReader(folder) as reader, subprocess.Popen(command, cwd=Path(__file__).parents[2]) as writer:
        began = time.perf_counter()
        for _ in range(10_000):
            reader.data_version()
        asking = (time.perf_counter() - began) / 10_000 * 1e6
        seen, version = 0, -1
        while seen <= count and writer.poll() is None:
            if (now := reader.data_version()) != version:
                version = now
                for record in reader.records(after=seen):
                    seen = record.seq
                    late.append(time.time_ns() / 1e6 - record.at / 1e3)
            time.sleep(0.001)
    print(
        f"tail by data_version           {statistics.median(late):8.1f} ms   "
        f"p95 {statistics.quantiles(late, n=20)[-1]:.1f}; asking costs {asking:.1f} us"
    )


def spread(values: list[float], form: str) -> str:
    """Median (least to most)."""
    low, high = format(min(values), form).strip(), format(max(values), form).strip()
    return f"{statistics.median(values):{form}} ({low} to {high})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aarctl-bench-") as name:
        folder = Path(name)
        run = folder / "run"
        run.mkdir()
        write(run, options.events - 1)  # the longest way from a checkpoint
        count, size = options.events - 1, (run / "journal.db").stat().st_size
        print(f"journal of {count:,} events, {size / 1e6:,.0f} MB")
        with JournalReader(run) as reader:
            began = time.perf_counter()
            reader.advance(RunState())
            took = time.perf_counter() - began
        print(f"fold from the start            {took:8.2f} s    {took / count * 1e6:.2f} us an event")
        opened = []
        for _ in range(5):
            began = time.perf_counter()
            with JournalReader(run) as reader:
                reader.state()
            opened.append((time.perf_counter() - began) * 1e3)
        print(
            f"open at the end, checkpoint    {statistics.median(opened):8.1f} ms   "
            f"{min(opened):.1f} to {max(opened):.1f}; {took * 1e3 / statistics.median(opened):,.0f}x the fold"
        )
        began = time.perf_counter()
        verify(run)
        print(f"verify                         {time.perf_counter() - began:8.2f} s")
        tail(folder / "tail", options.seconds)
        commits(folder, options.seconds)


if __name__ == "__main__":
    main()
