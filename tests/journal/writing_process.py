"""A supervisor's writing, to be killed: nine producers, each printing the seq and post it was told is durable."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from aarctl.journal.events import ForumPosted
from aarctl.journal.store import Journal


async def main(run: Path) -> None:
    journal = await Journal.open(run, os.getpid())

    async def producer(who: str) -> None:
        while True:
            name = journal.next_id("p")
            journal.live(f"turn {who}", {"text": name})
            text = await journal.text(f"{name} " * (1500 if int(name[1:]) % 40 == 0 else 3))
            (record,) = await journal.record(
                ForumPosted(researcher=who, post=name, thread="t1", author=who, title="", text=text)
            )
            os.write(1, f"{record.seq} {name}\n".encode())

    await asyncio.gather(*(producer(f"r{number}") for number in range(9)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
