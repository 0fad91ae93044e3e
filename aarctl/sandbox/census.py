"""Every sandbox of one home on this machine and its engine, and who still answers for it.

A *trace* is one thing that exists: a process, a container, a volume. Traces are known by what they say of themselves
(argv, labels); whether somebody answers for them is asked of the run: does it exist, does a supervisor hold its lock,
is it over. Traces of other homes are never in a census.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from aarctl.home import BadRunName, Home
from aarctl.journal.errors import JournalError
from aarctl.journal.lock import is_held
from aarctl.journal.reader import JournalReader
from aarctl.sandbox import leftovers
from aarctl.sandbox.docker.container import HOME, NAME, RUN
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.probe import RUN as PROBE_RUN

if TYPE_CHECKING:
    from docker import DockerClient

Kind = Literal["process", "container", "volume"]

Owner = Literal["supervisor", "interrupted", "over", "gone", "nobody"]
"""Who answers for a run's sandboxes: its living supervisor; the one that resumes it; nobody, as it is over; nobody, as
it does not exist; nobody, as the trace never belonged to a run of a person's (a probe, a helper).
"""


class Trace(msgspec.Struct, frozen=True, order=True):
    """One thing that a sandbox left, or lives in."""

    run: str
    name: str
    """The sandbox's; empty for what several share."""
    kind: Kind
    id: str
    """pid, container id, or the volume's name."""
    backend: str
    state: str
    """running, or what the engine says: created, paused, exited; kept, for a volume."""
    since: float
    """When it was made, in seconds since 1970."""


async def take(home: Home, engine: Engine | None) -> list[Trace]:
    """All traces of the home. Without an engine, those that need none."""
    found = [
        Trace(each.run, each.name, "process", str(each.pid), each.backend, "running", each.since)
        for each in await asyncio.to_thread(leftovers.processes, home.root)
    ]
    if engine is not None:
        id = home.id
        found += await engine.call(lambda client: _in_engine(client, id))
    return sorted(found)


def _in_engine(client: DockerClient, home: str) -> list[Trace]:
    """Containers and volumes that carry the home's label. Blocks."""
    ours = {"label": [f"{HOME}={home}"]}
    containers = client.api.containers(all=True, filters=ours)
    volumes = client.api.volumes(filters=ours)["Volumes"] or ()
    return [
        *(_trace(one["Labels"], "container", one["Id"], one["State"], float(one["Created"])) for one in containers),
        *(_trace(one["Labels"], "volume", one["Name"], "kept", _seconds(one.get("CreatedAt"))) for one in volumes),
    ]


def _trace(labels: dict[str, str], kind: Kind, id: str, state: str, since: float) -> Trace:
    return Trace(labels.get(RUN, ""), labels.get(NAME, ""), kind, id, "docker", state, since)


def _seconds(at: Any) -> float:
    """An engine's ISO 8601 time; 0 where it gave none, as if it were very old."""
    try:
        return datetime.fromisoformat(str(at)).timestamp()
    except ValueError:
        return 0.0


async def remove(engine: Engine, trace: Trace) -> None:
    """Remove a container or volume of the census. Raises NotFound, and Busy for a volume in use."""

    def work(client: DockerClient) -> None:
        if trace.kind == "container":
            client.api.remove_container(trace.id, force=True)
        else:
            client.api.remove_volume(trace.id)

    await engine.call(work)


def owners(home: Home, runs: Iterable[str]) -> dict[str, Owner]:
    """Who answers for each of these runs' sandboxes. Ask after the census: a run is there before its sandboxes are."""
    return {run: owner(home, run) for run in set(runs)}


def owner(home: Home, run: str) -> Owner:
    """Who answers for one run's sandboxes."""
    try:
        paths = home.run(run)
    except BadRunName:
        return "nobody"
    if not paths.root.exists():
        return "nobody" if run == PROBE_RUN else "gone"
    if is_held(paths.lock):
        return "supervisor"
    try:
        with JournalReader(paths.root) as reader:
            return "over" if reader.state().status == "finished" else "interrupted"  # any other end can be resumed
    except (JournalError, sqlite3.Error, ValueError):
        return "interrupted"  # nobody can say that it is over
