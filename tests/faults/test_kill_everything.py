"""kill -9 of every process of a run at a random moment; then `aarctl run --resume` finishes it; nothing is twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from aarctl.home import Home
from aarctl.journal.events import Event, ForumPosted, ReplicationFinished, SubmissionReceived, SubmissionScored
from aarctl.journal.reader import JournalReader
from aarctl.journal.verify import verify
from aarctl.supervisor.launch import launch
from tests.fakes.small_run import build_task, forget, make_run, nobody_left, processes_of, small_recipe

from .conftest import SEED, TRIALS

pytestmark = pytest.mark.faults
LATEST_S = 30.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that has the small task."""
    home = Home(tmp_path_factory.mktemp("home"))
    build_task(home, small_recipe())
    yield home
    forget(home)


def kill_all(run: str) -> int:
    """SIGKILL to every process of the run, until there is none; how many there were."""
    killed = 0
    while found := processes_of(run):
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                continue
    return killed


@pytest.mark.parametrize("trial", range(TRIALS))
def test_a_killed_run_finishes_when_it_is_resumed(home: Home, trial: int) -> None:
    rng = random.Random(f"{SEED}/{trial}")
    name = f"killed-{trial}"
    paths = make_run(home, name, small_recipe())
    launch(home, name)
    kills = []
    for _ in range(1 + trial % 2):  # every second trial is killed once more, while it recovers
        after_s = rng.uniform(0.2, LATEST_S if not kills else 8.0)
        time.sleep(after_s)
        with JournalReader(paths.root) as reader:
            acknowledged = reader.last_seq()
        kills.append((round(after_s, 1), kill_all(name), acknowledged))
        with JournalReader(paths.root) as reader:
            assert reader.last_seq() >= acknowledged  # nothing that was durable is lost
        if not kills[1:] and trial % 2:
            launch(home, name)
    print(f"trial {trial}: killed after {kills}", flush=True)
    resumed = subprocess.run(
        [sys.executable, "-m", "aarctl.cli", "run", "--resume", name, "--headless"],
        env={**os.environ, "AARCTL_HOME": str(home.root)}, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stdout[-1500:] + resumed.stderr[-1500:]
    check(paths.root)
    assert nobody_left(name)


def check(run: Path) -> None:
    """Finished, sound, complete, and nothing twice."""
    verify(run)
    with JournalReader(run) as reader:
        state = reader.state()
        events = [record.event for record in reader.records()]
    assert state.status == "finished", state.note
    assert {one.researcher for one in state.submissions.values()} == {"r1", "r2", "r3"}
    assert all(one.replication == "replicated" for one in state.submissions.values())
    for kind, key in (
        (SubmissionReceived, "submission"), (SubmissionScored, "submission"), (ReplicationFinished, "submission"),
        (ForumPosted, "title"),
    ):  # fmt: skip
        assert twice(events, kind, key) == []


def twice(events: list[Event], kind: type[Event], key: str) -> list[str]:
    """Values of `key` that more than one event of `kind` has; titles count per author."""
    seen = Counter(f"{event.researcher} {getattr(event, key)}" for event in events if isinstance(event, kind))
    return [value for value, count in seen.items() if count > 1]
