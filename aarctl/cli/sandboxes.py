"""`aarctl sandboxes`: every sandbox of this home, and removing those that nobody answers for."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from . import figures, speak
from . import sandbox_shapes as shapes
from .command import AsJson

if TYPE_CHECKING:
    from ..home import Home
    from ..sandbox.census import Owner, Trace
    from ..sandbox.docker.engine import Engine
    from ..sandbox.janitor import Plan

app = typer.Typer(help="List sandboxes, or remove those without an owner.", rich_markup_mode=None, no_args_is_help=True)

STATES = ("running", "paused", "created", "exited", "dead", "kept")
"""From the liveliest: a sandbox of several traces is as alive as the first of these that it has."""

OWNERS = {
    "supervisor": "alive",
    "interrupted": "interrupted, `aarctl run --resume {run}` goes on",
    "over": "none, its run is over",
    "gone": "none, its run is gone",
    "nobody": "none",
}


@app.command()
def ls(as_json: AsJson = False) -> None:
    """List the sandboxes of this home: processes, containers, and workspaces that were kept."""
    traces, owners, engine_missing = asyncio.run(_census())
    rows = group(traces, owners)
    if as_json:
        return speak.dump(shapes.Sandboxes(sandboxes=rows, engine=engine_missing))
    if rows:
        speak.table(("run", "sandbox", "backend", "state", "#age", "owner"), [_cells(row) for row in rows])
    else:
        speak.say("no sandboxes")
    if engine_missing:
        speak.warn(f"containers are not listed: {engine_missing}")
    if any(row.owner not in ("supervisor", "interrupted") and row.state != "kept" for row in rows):
        speak.warn("`aarctl sandboxes prune` removes those that nobody answers for")
    return None


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    all_runs: Annotated[
        bool, typer.Option("--all-runs", help="Also of interrupted runs, which could have gone on with them.")
    ] = False,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="Also the volumes with researchers' workspaces and outputs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove the sandboxes that nobody answers for.

    Those of runs that are over or do not exist any more. Never touched: a run whose supervisor is alive, and what
    another home or anybody else made. Workspaces stay unless --volumes is given.
    """
    from ..home import Home

    done, engine_missing = asyncio.run(_prune(Home.default(), dry_run, all_runs, volumes))
    if as_json:
        return speak.dump(_pruned(done, dry_run, engine_missing))
    went = "would remove" if dry_run else "removed"
    for line in told(went, [(trace, "") for trace in done.remove]):
        speak.say(line)
    for line in told("kept", [(each.trace, each.why) for each in done.keep]):
        speak.say(line)
    if not done.remove:
        speak.say("nothing to remove")
    if engine_missing:
        speak.warn(f"containers were not looked at: {engine_missing}")
    return None


async def _census() -> tuple[list[Trace], dict[str, Owner], str]:
    from ..home import Home
    from ..sandbox import census

    home = Home.default()
    engine, missing = await _engine(home)
    try:
        traces = await census.take(home, engine)
        return traces, census.owners(home, (trace.run for trace in traces)), missing
    finally:
        if engine is not None:
            engine.close()


async def _prune(home: Home, dry_run: bool, all_runs: bool, volumes: bool) -> tuple[Plan, str]:
    from ..sandbox import janitor

    engine, missing = await _engine(home)
    try:
        return await janitor.prune(home, engine, dry_run=dry_run, all_runs=all_runs, volumes=volumes), missing
    finally:
        if engine is not None:
            engine.close()


async def _engine(home: Home) -> tuple[Engine | None, str]:
    """The engine, and why there is none. A home that was never given an id has nothing in any engine."""
    from ..sandbox.survey import reach

    return await reach() if (home.root / "id").exists() else (None, "")


def group(traces: list[Trace], owners: dict[str, Owner]) -> list[shapes.SandboxRow]:
    """A row for each sandbox, made of all that is left of it; what several share has no row."""
    found: dict[tuple[str, str, str], list[Trace]] = {}
    for trace in traces:
        if trace.name:
            found.setdefault((trace.run, trace.name, trace.backend), []).append(trace)
    return [_row(parts, owners[run]) for (run, _, _), parts in found.items()]


def _row(parts: list[Trace], owner: Owner) -> shapes.SandboxRow:
    first, since = parts[0], min(part.since for part in parts)
    states = {part.state for part in parts}
    return shapes.SandboxRow(
        run=first.run, sandbox=first.name, backend=first.backend,
        state=next((state for state in STATES if state in states), first.state),
        since=figures.iso(int(since * 1e6)), age_s=max(0.0, time.time() - since), owner=owner,
        owner_alive=owner == "supervisor",
        parts=[_part(part) for part in parts],
    )  # fmt: skip


def _part(trace: Trace) -> shapes.SandboxPart:
    return shapes.SandboxPart(
        run=trace.run, sandbox=trace.name, kind=trace.kind, id=trace.id, backend=trace.backend, state=trace.state
    )


def _pruned(done: Plan, dry_run: bool, engine_missing: str) -> shapes.Pruned:
    return shapes.Pruned(
        dry_run=dry_run,
        removed=[_part(trace) for trace in done.remove],
        kept=[shapes.KeptPart(part=_part(each.trace), why=each.why) for each in done.keep],
        engine=engine_missing,
    )


def told(what: str, parts: Iterable[tuple[Trace, str]]) -> list[str]:
    """A line for each sandbox and reason: "kept demo/r1: container, 2 volumes; its supervisor is alive"."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for trace, why in parts:
        whose = f"{trace.run}/{trace.name}" if trace.name else trace.run or "shared by all runs"
        found.setdefault((whose, why), Counter())[trace.kind] += 1
    return [
        f"{what} {whose}: {', '.join(_several(*kind) for kind in kinds.items())}{'; ' if why else ''}{why}"
        for (whose, why), kinds in found.items()
    ]


def _several(kind: str, number: int) -> str:
    if number == 1:
        return kind
    return f"{number} {kind}{'es' if kind.endswith('s') else 's'}"


def _cells(row: shapes.SandboxRow) -> tuple[str, ...]:
    backend = row.backend if row.backend != "process" else "UNSAFE process"
    owner = OWNERS[row.owner].format(run=row.run)
    return row.run, row.sandbox, backend, row.state, figures.duration(row.age_s), owner
