"""Runs for the room's tests: the synthetic story, written once per moment, copied for tests that act on it."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aarctl.journal.lock import RunLock
from aarctl.journal.reader import JournalReader
from tests.fakes.journals import write
from tests.tui.pilot import Tell, Told

os.environ.pop("NO_COLOR", None)  # the looks under test are chosen by the tests


@pytest.fixture(scope="session")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def get(until: str) -> Path:
        if until not in made:
            made[until] = tmp_path_factory.mktemp("told") / "demo"
            with ThreadPoolExecutor(1) as thread:  # a loop of its own: tests may be running in one
                thread.submit(write, made[until], until).result()
        return made[until]

    return get


@pytest.fixture
def told(_written: Callable[[str], Path], tmp_path: Path) -> Iterator[Tell]:
    """The run as it stands at a moment of the story; its supervisor seems alive unless it is over or dead."""
    locks: list[RunLock] = []

    def get(until: str, *, alive: bool = True) -> Told:
        run = tmp_path / until.replace(" ", "-") / "demo"
        shutil.copytree(_written(until), run)
        if alive and until != "finished":
            locks.append(RunLock(run / "supervisor.lock"))
        with JournalReader(run) as reader:
            return Told(run, reader.state().at)

    yield get
    for lock in locks:
        lock.release()
