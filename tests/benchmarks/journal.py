"""What the journal costs: fold, opening through a checkpoint, group commit, verification. Prints; asserts nothing.

python -m tests.benchmarks.journal [--events 1000000] [--seconds 4]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from aarctl.journal import checkpoints
from aarctl.journal.chain import GENESIS, link
from aarctl.journal.chunks import chunk_of
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
from aarctl.journal.schema import INSERT_EVENT
from aarctl.journal.state import RunState
from aarctl.journal.store import Journal, create
from aarctl.journal.verify import verify

PRODUCERS = 9
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


def one_commit_per_event(folder: Path, seconds: float) -> float:
    """Events a second of nine producers on one connection that commit each event by itself, synchronous=FULL."""
    folder.mkdir()
    create(folder)
    db = sqlite3.connect(folder / "journal.db", isolation_level=None, check_same_thread=False)
    db.execute("pragma synchronous = full")
    event = ToolCompleted(researcher="r1", call="c", turn=1, tool="t", ok=True, output=TEXT)
    turn, count, stop = threading.Lock(), 0, time.monotonic() + seconds

    def produce() -> None:
        nonlocal count
        while time.monotonic() < stop:
            with turn:
                count += 1
                db.execute(INSERT_EVENT, (count, count, "r1", "tool.completed", encode(event), GENESIS))

    producers = [threading.Thread(target=produce) for _ in range(PRODUCERS)]
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.join()
    db.close()
    return count / seconds


async def group_commit(folder: Path, seconds: float) -> tuple[float, float]:
    """(events a second, p95 wait in ms) of nine producers that each wait for every event of theirs."""
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
            await journal.record(
                ToolCompleted(researcher=name, call=f"{number}", turn=number, tool="t", ok=True, output=TEXT)
            )
            waits.append(time.monotonic() - began)

    await asyncio.gather(*(produce(f"r{n}") for n in range(1, PRODUCERS + 1)))
    await journal.close()
    return len(waits) / seconds, statistics.quantiles(waits, n=20)[-1] * 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=4.0)
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
        pairs = []
        for trial in range(3):
            single = one_commit_per_event(folder / f"single{trial}", options.seconds)
            group, p95 = asyncio.run(group_commit(folder / f"group{trial}", options.seconds))
            pairs.append(group / single)
            print(
                f"{PRODUCERS} producers: commit per event {single:8.0f}/s   group {group:8.0f}/s   p95 wait {p95:.1f} ms"
            )
        print(f"group commit against one per event: {min(pairs):.1f}x to {max(pairs):.1f}x")


if __name__ == "__main__":
    main()
