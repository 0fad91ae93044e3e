"""`aarctl sandboxes`: every sandbox is listed with its owner, and prune ends those without one and says what it did."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import msgspec
import pytest

from aarctl.cli import sandbox_shapes as shapes
from aarctl.cli.sandboxes import group, told
from aarctl.home import Home
from aarctl.sandbox.census import Trace
from tests.sandbox.contract_life import PARENT
from tests.sandbox.watch import living, marker

from .conftest import Aarctl, Runs, closing, opening

NOWHERE = "unix:///nonexistent/engine.sock"
Start = Callable[[str], str]


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    """Starts a supervisor's stand-in with a `process` sandbox r1 of a run; returns its mark."""
    standing: list[subprocess.Popen[bytes]] = []

    def begin(run: str) -> str:
        mark = marker()
        argv = [sys.executable, "-c", PARENT, "process", run, str(home.run(run).root), f"sleep {mark}"]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True)
        standing.append(process)
        assert process.stdout is not None and [process.stdout.readline() for _ in range(2)][-1] == b"ready\n"
        return mark

    yield begin
    for process in standing:
        process.kill()
        process.communicate()


def prune(*options: str) -> shapes.Pruned:
    """As a person would: by a process that is no relative of the sandboxes."""
    argv = [sys.executable, "-m", "aarctl.cli", "sandboxes", "prune", "--json", *options]
    told = subprocess.run(argv, capture_output=True, text=True, check=True)
    return msgspec.json.decode(told.stdout, type=shapes.Pruned)


def test_a_home_without_sandboxes_says_so_and_stays_as_it_was(aarctl: Aarctl, home: Home) -> None:
    assert aarctl("sandboxes", "ls").stdout == "no sandboxes\n"
    assert aarctl("sandboxes", "prune").stdout == "nothing to remove\n"
    assert not home.root.exists()


def test_a_sandbox_is_listed_with_its_owner_and_process_ones_are_called_unsafe(
    aarctl: Aarctl, runs: Runs, start: Start
) -> None:
    paths = runs.make("demo", *opening())
    start("demo")
    with runs.alive(paths):
        rows = msgspec.json.decode(aarctl("sandboxes", "ls", "--json").stdout, type=shapes.Sandboxes).sandboxes
        row = next(each for each in rows if each.sandbox == "r1")
        assert (row.run, row.backend, row.state) == ("demo", "process", "running")
        assert row.owner == "supervisor" and row.owner_alive and 0 <= row.age_s < 60
    shown = aarctl("sandboxes", "ls").stdout
    assert "UNSAFE process" in shown and "aarctl run --resume demo" in shown


def test_prune_ends_the_processes_of_ownerless_runs_and_of_no_other(runs: Runs, start: Start) -> None:
    alive = runs.make("alive", *opening("alive"))
    runs.make("over", *opening("over"), *closing())
    marks = {run: start(run) for run in ("alive", "over", "gone")}
    with runs.alive(alive):
        meant = prune("--dry-run")
        assert {part.run for part in meant.removed} == {"over", "gone"} and meant.dry_run
        assert all(living(mark) for mark in marks.values())
        done = prune()
    assert {part.run for part in done.removed} == {"over", "gone"}
    assert {kept.part.run for kept in done.kept} == {"alive"}
    assert [run for run, mark in marks.items() if any("sleep" in argv for argv in living(mark))] == ["alive"]


def test_an_engine_that_is_away_is_named_and_nothing_of_it_is_guessed(
    aarctl: Aarctl, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.id
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    told = aarctl("sandboxes", "ls", "--json")
    assert NOWHERE in msgspec.json.decode(told.stdout, type=shapes.Sandboxes).engine
    assert "containers were not looked at" in aarctl("sandboxes", "prune").stderr


def test_a_sandbox_of_several_parts_is_one_row_in_its_liveliest_state() -> None:
    parts = [
        Trace("demo", "r1", "container", "0123", "docker", "exited", 200.0),
        Trace("demo", "r1", "volume", "aarctl-x.workspace", "docker", "kept", 100.0),
        Trace("demo", "r2", "volume", "aarctl-y.workspace", "docker", "kept", 100.0),
        Trace("", "", "volume", "aarctl-content", "docker", "kept", 100.0),
    ]
    rows = group(parts, {"demo": "over", "": "nobody"})
    assert [(row.sandbox, row.state, len(row.parts)) for row in rows] == [("r1", "exited", 2), ("r2", "kept", 1)]
    assert rows[0].since == "1970-01-01T00:01:40.000000Z" and not rows[0].owner_alive


def test_what_was_removed_and_kept_is_told_in_a_line_for_each_sandbox_and_reason() -> None:
    parts = [Trace("demo", "r1", kind, str(n), "docker", "kept", 0.0) for n, kind in enumerate(("volume", "volume"))]
    parts.append(Trace("", "", "volume", "content", "docker", "kept", 0.0))
    container = Trace("demo", "r1", "container", "0", "docker", "exited", 0.0)
    assert told("removed", [(container, "")]) == ["removed demo/r1: container"]
    assert told("kept", [(part, "work") for part in parts]) == [
        "kept demo/r1: 2 volumes; work", "kept shared by all runs: volume; work",
    ]  # fmt: skip
