"""The janitor in a real engine: containers and volumes go by who answers for their run, other homes' never."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aarctl.home import Home
from aarctl.journal.events import RunClosed
from aarctl.journal.lock import RunLock
from aarctl.journal.store import Journal, create
from aarctl.sandbox import census, janitor
from aarctl.sandbox.docker.container import HOME, container_name, labels, options, workspace_volume
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images import base_tag
from aarctl.sandbox.protocol import SandboxSpec

RUNS = ("alive", "halted", "over", "gone")


def spec_of(home: Home, run: str) -> SandboxSpec:
    return SandboxSpec(run, "r1", home.root / "work" / "r1", home.root / "spool" / "r1", home=home.id)


async def _sandbox(engine: Engine, home: Home, run: str) -> None:
    """A container and its volumes, as the backend labels them; never started, which is all the same to a janitor."""
    spec = spec_of(home, run)
    name = container_name(spec.home, run, spec.name)
    body = options(spec, base_tag(), (), quota=False, seccomp="unconfined")
    await engine.call(lambda client: client.api.create_container_from_config(body, name))


@pytest.fixture
async def homes(docker_engine: Engine, tmp_path: Path) -> AsyncIterator[tuple[Home, Home]]:
    """A home with a sandbox of a living, a halted, a finished and a vanished run; and another home with one."""
    ours, other = Home(tmp_path / "ours"), Home(tmp_path / "other")
    for run in RUNS[:3]:
        create(ours.run(run).make().root)
    journal = await Journal.open(ours.run("over").root, os.getpid())
    await journal.record(RunClosed(reason="finished"))
    await journal.close()
    for run in RUNS:
        await _sandbox(docker_engine, ours, run)
    await _sandbox(docker_engine, other, "gone")
    lock = RunLock(ours.run("alive").lock)
    yield ours, other
    lock.release()
    for home in (ours, other):
        for trace in await census.take(home, docker_engine):
            await census.remove(docker_engine, trace)


async def left(engine: Engine, home: Home, kind: str) -> set[str]:
    return {trace.run for trace in await census.take(home, engine) if trace.kind == kind}


async def test_a_census_knows_every_container_and_volume_of_its_home_and_who_answers(
    docker_engine: Engine, homes: tuple[Home, Home]
) -> None:
    home, other = homes
    traces = await census.take(home, docker_engine)
    assert {(trace.run, trace.kind) for trace in traces} == {(run, k) for run in RUNS for k in ("container", "volume")}
    assert all(trace.name == "r1" and trace.since > 1.7e9 for trace in traces)
    assert census.owners(home, RUNS) == {
        "alive": "supervisor", "halted": "interrupted", "over": "over", "gone": "gone",
    }  # fmt: skip
    assert {trace.run for trace in await census.take(other, docker_engine)} == {"gone"}


async def test_prune_removes_what_is_ours_and_ownerless_and_keeps_workspaces(
    docker_engine: Engine, homes: tuple[Home, Home]
) -> None:
    home, other = homes
    meant = await janitor.prune(home, docker_engine, dry_run=True)
    assert await left(docker_engine, home, "container") == set(RUNS)
    done = await janitor.prune(home, docker_engine)
    assert done == meant
    assert {(trace.run, trace.kind) for trace in done.remove} == {("over", "container"), ("gone", "container")}
    assert await left(docker_engine, home, "container") == {"alive", "halted"}
    assert await left(docker_engine, home, "volume") == set(RUNS)
    assert await left(docker_engine, other, "container") == {"gone"}


async def test_asked_for_by_name_workspaces_and_interrupted_runs_go_too_but_never_a_living_one(
    docker_engine: Engine, homes: tuple[Home, Home]
) -> None:
    home, _ = homes
    await janitor.prune(home, docker_engine, all_runs=True, volumes=True)
    assert await left(docker_engine, home, "container") == await left(docker_engine, home, "volume") == {"alive"}


async def test_a_run_whose_supervisor_starts_after_the_plan_was_made_is_spared(
    docker_engine: Engine, homes: tuple[Home, Home]
) -> None:
    home, _ = homes
    traces = await census.take(home, docker_engine)
    wanted = janitor.plan(traces, census.owners(home, RUNS), 0.0)
    lock = RunLock(home.run("over").lock)
    done = await janitor.carry_out(home, docker_engine, wanted)
    lock.release()
    assert {trace.run for trace in done.remove} == {"gone"}
    assert "over" in {kept.trace.run for kept in done.keep if "alive" in kept.why}


async def test_at_a_supervisors_start_only_runs_that_do_not_exist_lose_their_containers(
    docker_engine: Engine, homes: tuple[Home, Home]
) -> None:
    home, other = homes
    await janitor.at_start(home, "alive", docker_engine)
    assert await left(docker_engine, home, "container") == {"alive", "halted", "over"}
    assert await left(docker_engine, home, "volume") == set(RUNS)
    assert await left(docker_engine, other, "container") == {"gone"}


async def test_a_volume_in_use_stays_and_says_so(docker_engine: Engine, homes: tuple[Home, Home]) -> None:
    home, _ = homes
    found = await census.take(home, docker_engine)
    volume = workspace_volume(spec_of(home, "gone"))
    only = tuple(trace for trace in found if trace.id == volume)
    done = await janitor.carry_out(home, docker_engine, janitor.Plan(only, ()))
    assert not done.remove and "in use" in done.keep[0].why
    assert "gone" in await left(docker_engine, home, "volume")


def test_labels_are_what_the_census_looks_for(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert labels(spec_of(home, "demo"))[HOME] == home.id
