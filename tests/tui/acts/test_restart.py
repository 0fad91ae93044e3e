"""A run whose supervisor is dead gets another by one key, through the command line; what came of it is said."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aarctl.home import Home
from aarctl.journal.lock import is_held
from aarctl.tui.acts.restart import restart
from aarctl.tui.app import ControlRoom
from tests.fakes.small_run import make_run, processes_of, small_recipe
from tests.tui.pilot import Tell, room, said, seen, until


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """A new run that nobody supervises yet; what supervises it in the end is ended too."""
    paths = make_run(Home(tmp_path / "home"), f"restarted-{os.getpid()}", small_recipe())
    yield paths.root
    for pid in processes_of(paths.name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def test_the_key_starts_a_supervisor_and_the_room_sees_it(run: Path) -> None:
    app = ControlRoom(run, clock=itertools.count(0, 10_000_000).__next__)  # no supervisor comes, and time flies
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "restart it: r" in seen(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "has a supervisor again" in said(pilot))
        assert is_held(run / "supervisor.lock")
        await until(pilot, lambda: "supervisor dead" not in seen(pilot))


async def test_why_it_cannot_be_restarted_is_said(told: Tell, tmp_path: Path) -> None:
    moment = told("scored s3", alive=False)
    assert "lies in no home" in await restart(moment.run)
    runs = tmp_path / "home" / "runs"
    runs.mkdir(parents=True)
    moment.run.rename(runs / "demo")
    assert "recipe" in await restart(runs / "demo")


async def test_a_run_that_lives_or_is_read_only_is_not_restarted(told: Tell) -> None:
    async with room(told("scored s3")) as pilot:
        await pilot.press("r")
        assert "nothing to restart" in said(pilot)
    async with room(told("scored s5", alive=False), readonly=True) as pilot:
        assert "restart it: r" not in seen(pilot)
        await pilot.press("r")
        assert "read-only" in said(pilot)
