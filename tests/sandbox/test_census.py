"""Who answers for a run's sandboxes, asked of the run itself; containers are counted in docker/test_janitor.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aarctl.home import Home
from aarctl.journal.events import RunClosed
from aarctl.journal.lock import RunLock
from aarctl.journal.store import Journal, create
from aarctl.sandbox import census
from aarctl.sandbox.probe import RUN as PROBE


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def test_a_run_is_interrupted_until_its_journal_says_that_it_is_over(home: Home) -> None:
    paths = home.run("demo").make()
    assert census.owner(home, "demo") == "interrupted", "without a journal nobody can say that it is over"
    create(paths.root)
    assert census.owner(home, "demo") == "interrupted"
    journal = await Journal.open(paths.root, os.getpid())
    await journal.record(RunClosed(reason="finished"))
    assert census.owner(home, "demo") == "supervisor", "it has not let go yet"
    await journal.close()
    assert census.owner(home, "demo") == "over"


def test_a_run_that_is_held_has_its_supervisor_whatever_its_journal_says(home: Home) -> None:
    paths = home.run("demo").make()
    lock = RunLock(paths.lock)
    assert census.owner(home, "demo") == "supervisor"
    lock.release()


def test_a_damaged_journal_is_no_permission_to_remove_anything(home: Home) -> None:
    home.run("demo").make().journal.write_bytes(b"not a database, not at all")
    assert census.owner(home, "demo") == "interrupted"


@pytest.mark.parametrize(("run", "owner"), [("demo", "gone"), (PROBE, "nobody"), ("", "nobody"), ("../up", "nobody")])
def test_what_is_no_run_of_the_home_has_nobody(home: Home, run: str, owner: str) -> None:
    assert census.owner(home, run) == owner


async def test_a_home_without_sandboxes_has_an_empty_census(home: Home) -> None:
    assert await census.take(home, None) == []
