"""kill -9 of a writing process, at random moments, again and again on one run."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from aarctl.journal.lock import is_held
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal
from aarctl.journal.verify import verify

TRIALS = 6


def killed_after(run: Path, lines: int) -> list[tuple[int, str]]:
    """What a writer acknowledged until it was killed, some time after its `lines`-th acknowledgement."""
    command = [sys.executable, "-m", "tests.journal.writing_process", str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout is not None
        read = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        read += writer.stdout.readlines()
    return [(int(seq), name) for seq, name in (line.split() for line in read if line.endswith("\n"))]


async def test_kill_9_loses_no_acknowledged_event_and_the_next_supervisor_goes_on(run: Path) -> None:
    chance, acknowledged = random.Random(20261121), {}
    for epoch in range(1, TRIALS + 1):
        told = killed_after(run, chance.randrange(1, 120))
        assert told
        assert not acknowledged.keys() & dict(told).keys()
        acknowledged |= dict(told)
        assert not is_held(run / "supervisor.lock")
        found = verify(run)
        assert found.events >= max(acknowledged)
        with JournalReader(run) as reader:
            written = {record.seq: record.event.post for record in reader.records(kinds=("forum.posted",))}
            assert acknowledged.items() <= written.items()
            assert len(set(written.values())) == len(written)  # no id twice
            assert reader.state().epoch == epoch
            assert reader.state() == reader.advance(reader.state(0))
    journal = await Journal.open(run, pid=1)
    assert journal.state.epoch == TRIALS + 1
    await journal.close()
    assert verify(run).events == journal.state.seq
