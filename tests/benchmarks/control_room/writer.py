"""A supervisor's stand-in: appends to a run at a steady rate, and says when each event was committed.

`python -m tests.benchmarks.control_room.writer RUN EVENTS_PER_SECOND [SECONDS]` prints `SEQ NANOSECONDS` for every
event that can be told on a screen, by the monotonic clock that all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from aarctl.journal.events import encode
from aarctl.journal.store import Journal

from .history import EVENT_US, Fleet

LIVE_EVERY = 10  # events between two writes of the open turn
TOGETHER = 500  # events a second from which on a turn is one commit


async def append(run: Path, rate: float, seconds: float) -> None:
    """Turn by turn, each event a commit of its own, never behind its time for long; where it is fast, each turn one."""
    journal = await Journal.open(run, pid=1)
    fleet = Fleet(journal.state.seq + 1)
    begun, done = time.monotonic(), 0
    try:
        for turn in fleet.turns():
            for events in [turn] if rate > TOGETHER else [[event] for event in turn]:
                if (wait := begun + done / rate - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                journal.state.at += EVENT_US * len(events)
                for record in await journal.record(*events):
                    if b"@%d " % record.seq in encode(record.event):
                        print(record.seq, time.monotonic_ns(), flush=True)
                done += len(events)
                if done % LIVE_EVERY == 0:
                    journal.live(f"turn {turn[0].researcher}", {"text": f"it writes word {done}"})
            fleet.seq = journal.state.seq + 1
            if time.monotonic() - begun > seconds:
                break
    finally:
        await journal.close()


if __name__ == "__main__":
    asyncio.run(append(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 1e9))
