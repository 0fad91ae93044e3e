"""The janitor: removes what is this home's and nobody answers for any more, and nothing else.

What to remove is decided by a pure function over a census; each run is then held by its own lock while its things are
removed, so a supervisor that starts meanwhile is safe. Workspaces are a researcher's work: a volume is removed only
when it is asked for by name. At a supervisor's start only two things go: processes of this run's earlier supervisor,
which can never be spoken to again, and whatever belongs to runs that do not exist. Containers wait to be attached to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from itertools import groupby

import msgspec

from aarctl.home import Home
from aarctl.journal.errors import RunIsHeld
from aarctl.journal.lock import RunLock
from aarctl.sandbox import census, cgroups, leftovers
from aarctl.sandbox.census import Owner, Trace
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.protocol import NotFound, SandboxError

YOUNG_S = 600.0  # a probe or a helper of this age may be in use; none lives so long

ALIVE = "its supervisor is alive"
RESUMABLE = "`aarctl run --resume {run}` goes on with it, {flags} removes it"
WORK = "a researcher's workspace or outputs, --volumes removes it"
SHARED = "task data that sandboxes share, --volumes removes it and the next run copies it again"
STUBBORN = "it did not end; it may be a child of this command, or another user's"
YOUNG = "made a moment ago, and perhaps in use"


class Kept(msgspec.Struct, frozen=True):
    """A trace that stays, and why."""

    trace: Trace
    why: str


class Plan(msgspec.Struct, frozen=True):
    """What goes and what stays."""

    remove: tuple[Trace, ...]
    keep: tuple[Kept, ...]


def plan(
    traces: Iterable[Trace], owners: Mapping[str, Owner], now: float, *, all_runs: bool = False, volumes: bool = False
) -> Plan:
    """What to remove. `all_runs`: also what an interrupted run could go on with. `volumes`: also workspaces. Pure."""
    remove, keep = [], []
    for trace in sorted(traces):
        why = _kept(trace, owners[trace.run], now - trace.since, all_runs, volumes)
        if why:
            keep.append(Kept(trace, why))
        else:
            remove.append(trace)
    return Plan(tuple(remove), tuple(keep))


def _kept(trace: Trace, owner: Owner, age_s: float, all_runs: bool, volumes: bool) -> str:
    """Why a trace stays; empty when it goes."""
    if owner == "supervisor":
        return ALIVE
    if owner == "nobody":
        if trace.kind == "volume" and not trace.run:
            return "" if volumes else SHARED
        return YOUNG if age_s < YOUNG_S else ""
    if owner == "interrupted" and trace.kind != "process" and not all_runs:
        flags = "--all-runs --volumes" if trace.kind == "volume" else "--all-runs"
        return RESUMABLE.format(run=trace.run, flags=flags)
    return WORK if trace.kind == "volume" and not volumes else ""


async def prune(
    home: Home, engine: Engine | None, *, dry_run: bool = False, all_runs: bool = False, volumes: bool = False
) -> Plan:
    """What a person asks for: removes, unless `dry_run`, what nobody answers for; returns what went and what stayed."""
    traces = await census.take(home, engine)
    owners = census.owners(home, (trace.run for trace in traces))
    wanted = plan(traces, owners, time.time(), all_runs=all_runs, volumes=volumes)
    if dry_run:
        return wanted
    done = await carry_out(home, engine, wanted)
    for paths in home.runs():
        await asyncio.to_thread(cgroups.sweep, home.id, paths.name)  # it spares what a living supervisor made
    return done


async def carry_out(home: Home, engine: Engine | None, wanted: Plan) -> Plan:
    """Remove what the plan says, run by run; returns what was removed and what stayed after all."""
    removed: list[Trace] = []
    kept = list(wanted.keep)
    for run, traces in groupby(wanted.remove, key=lambda trace: trace.run):
        try:
            lock = _held(home, run)
        except RunIsHeld:
            kept += [Kept(trace, ALIVE) for trace in traces]
            continue
        try:
            for trace in traces:
                why = await _removed(home, engine, trace)
                if why:
                    kept.append(Kept(trace, why))
                else:
                    removed.append(trace)
        finally:
            if lock is not None:
                lock.release()
    return Plan(tuple(removed), tuple(sorted(kept, key=lambda each: each.trace)))


async def at_start(home: Home, run: str, engine: Engine | None) -> Plan:
    """Clear the way for a supervisor that holds `run`, before it makes any sandbox. Workspaces stay, all of them."""
    await asyncio.to_thread(leftovers.end, home.root, [run])
    await asyncio.to_thread(cgroups.sweep, home.id, run)
    traces = await census.take(home, engine)
    owners = census.owners(home, (trace.run for trace in traces))
    ownerless = [trace for trace in traces if owners[trace.run] in ("gone", "nobody")]
    return await carry_out(home, engine, plan(ownerless, owners, time.time()))


def _held(home: Home, run: str) -> RunLock | None:
    """The run's lock, so that no supervisor starts while its things are removed; None for a run that is not there."""
    if census.owner(home, run) in ("gone", "nobody"):
        return None
    return RunLock(home.run(run).lock)


async def _removed(home: Home, engine: Engine | None, trace: Trace) -> str:
    """Remove one trace; why not, or empty when it is gone."""
    if trace.kind == "process":
        await asyncio.to_thread(leftovers.end, home.root, [trace.run])
        there = await asyncio.to_thread(leftovers.processes, home.root)
        return STUBBORN if (trace.id, trace.since) in {(str(each.pid), each.since) for each in there} else ""
    assert engine is not None, "a trace in an engine was found through it"
    try:
        await census.remove(engine, trace)
    except NotFound:
        return ""
    except SandboxError as error:
        return str(error)
    return ""
