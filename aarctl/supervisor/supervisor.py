"""One run, from its start or from wherever the last supervisor left it, to its end.

Everything here is composition: the parts read the journal's state, act, and write what came of it. If a part fails,
the failure is journaled and the run closes as failed; what was durable stays.
"""

from __future__ import annotations

import asyncio
import os
import platform
import traceback
from collections.abc import Coroutine
from typing import Any

import psutil

from .. import __version__
from ..compute.engine import LocalEngine
from ..compute.slots import cpu_slots
from ..home import Home, RunPaths
from ..journal.events import (
    CommandEffective,
    Event,
    ResearcherCreated,
    RunClosed,
    RunOpened,
    SandboxChosen,
    head_of,
)
from ..journal.lookup import Lookup
from ..journal.store import Journal
from ..recipe import Recipe, load, resolve
from ..sandbox import janitor
from ..sandbox.choose import Choice, pick
from ..sandbox.protocol import SandboxError
from ..scorer.client import LocalScorer
from . import fleet, recovery, task
from .bench import Sandboxes
from .commands import Commands
from .disk import DiskWatch
from .experiments import Dispatcher
from .latches import Latches
from .minds import Minds, model_of
from .policy import replicating, to_replicate
from .replications import Replications
from .researcher import ResearcherLoop
from .scoring import Scoring
from .surroundings import Surroundings


async def supervise(home: Home, run: RunPaths) -> str:
    """Run to the end; returns the reason it closed with. Raises RunIsHeld, NoJournal, RecipeError."""
    recipe = load(run.recipe)
    opening = RunOpened(
        run=run.name, aarctl=__version__, recipe=head_of(resolve(recipe)), machine=_machine()
    )
    journal = await Journal.open(run.root, os.getpid(), opening)
    lookup = await Lookup.open(run.root)
    try:
        if events := recovery.settle(journal.state):
            await journal.record(*events)
        reason, note = await _work(home, run, recipe, journal, lookup)
        await journal.record(*_closing(journal, reason, note))
        return reason
    finally:
        await lookup.close()
        await journal.close()


def _closing(journal: Journal, reason: str, note: str) -> list[Event]:
    """The last events: a stop that was asked for is effective now."""
    stops = [c for c in journal.state.commands.values() if c.verb == "stop" and c.state == "acknowledged"]
    return [*(CommandEffective(command=stop.id) for stop in stops), RunClosed(reason=reason, note=note)]


async def _work(
    home: Home, run: RunPaths, recipe: Recipe, journal: Journal, lookup: Lookup
) -> tuple[str, str]:
    """All parts side by side until the run is over: (reason, note) to close with."""
    await _create_researchers(recipe, journal)
    try:
        choice = await pick(recipe.sandbox.backend, home.id, journal.state.backend)
        await janitor.at_start(home, run.name, choice.engine)
    except SandboxError as error:
        return "failed", f"no sandbox can be made: {error}"
    if why := _too_open(recipe, choice):
        return "failed", why
    await journal.record(
        SandboxChosen(
            backend=choice.backend.name, isolated=choice.backend.capabilities.isolated, why=choice.why
        )
    )
    try:
        paths = await task.ensure(home, recipe, journal)
    except task.TaskNotBuilt as error:
        return "failed", f"the task could not be built: {error}"
    scorer = LocalScorer(home.root, run.name, paths.name, queries=recipe.scorer.queries)
    sandboxes = Sandboxes(run, recipe, paths, recipe.task.feedback, choice.backend, journal, home.id)
    slots = None if recipe.compute.slots == "auto" else recipe.compute.slots
    engine = LocalEngine(cpu_slots(slots))
    replications = Replications(journal, scorer, recipe, run, sandboxes)
    latches = Latches()
    around = Surroundings(recipe, run, journal, lookup, sandboxes, latches)
    minds = Minds(home, recipe)
    parts: list[Coroutine[Any, Any, None]] = [
        Scoring(journal, scorer, run.root, protected=sandboxes.isolated).serve(),
        replications.serve(),
        Dispatcher(journal, engine, sandboxes, run).serve(),
        Commands(journal, latches).serve(),
        _telemetry(engine, journal),
        _heartbeat(sandboxes),
        DiskWatch(journal, sandboxes).serve(),
    ]
    try:
        await scorer.start()
        async with minds:
            loops = [ResearcherLoop(one.id, minds.mind(one), around) for one in recipe.researchers]
            return await _until_over(journal, recipe, loops, parts)
    finally:
        await sandboxes.close()
        await scorer.close()


def _too_open(recipe: Recipe, choice: Choice) -> str:
    """Why code that a language model wrote may not run there; empty when it may."""
    writes = [one.id for one in recipe.researchers if one.mind == "claude" and not recipe.claude.rehearsal]
    if choice.backend.capabilities.isolated or recipe.sandbox.allow_unsafe or not writes:
        return ""
    return (
        f"{', '.join(writes)}: a Claude researcher writes code of its own, and {choice.backend.name} isolates nothing "
        f"({choice.why}); `aarctl doctor` names the next step, or set sandbox.allow_unsafe = true"
    )


async def _until_over(
    journal: Journal, recipe: Recipe, loops: list[ResearcherLoop], parts: list[Coroutine[Any, Any, None]]
) -> tuple[str, str]:
    """Drive the fleet, then wait for scores and replications. The first part that fails ends the run."""
    side = [asyncio.create_task(part) for part in parts]
    drive = asyncio.create_task(_drive(journal, recipe, loops))
    try:
        done, _ = await asyncio.wait([drive, *side], return_when=asyncio.FIRST_COMPLETED)
        for finished in done:
            finished.result()  # only the drive ever returns; any other end is an exception
        return ("stopped", "") if journal.state.stopping else ("finished", "")
    except Exception as error:  # noqa: BLE001  the root of the run's tasks: the failure is journaled, then the run ends
        traceback.print_exc()
        return "failed", f"{type(error).__name__}: {error}"[:500]
    finally:
        for one in (drive, *side):
            one.cancel()
        await asyncio.gather(drive, *side, return_exceptions=True)


async def _drive(journal: Journal, recipe: Recipe, loops: list[ResearcherLoop]) -> None:
    if recipe.schedule.kind == "rounds":
        await fleet.rounds(journal, loops, recipe)
    else:
        await fleet.free(journal, loops)
    seq = journal.state.seq
    while not journal.state.stopping:
        state = journal.state
        claimed = any(one.state == "claimed" for one in state.submissions.values())
        if not (state.experiments or claimed or replicating(state) or to_replicate(recipe, state)):
            return
        seq = await journal.changed(seq)


async def _create_researchers(recipe: Recipe, journal: Journal) -> None:
    known = journal.state.researchers
    created = [
        ResearcherCreated(
            researcher=one.id, mind=one.mind, model=model_of(one, recipe), direction=one.direction,
            seed=recipe.seed,
        )
        for one in recipe.researchers
        if one.id not in known
    ]
    if created:
        await journal.record(*created)


async def _telemetry(engine: LocalEngine, journal: Journal) -> None:
    count = 0
    async for sample in engine.telemetry():
        journal.sample(sample.device, sample.at, sample)
        count += 1
        if count % 3600 == 0:
            await journal.thin_samples()


async def _heartbeat(sandboxes: Sandboxes) -> None:
    """Sandboxes freeze their work when no supervisor speaks; so one speaks."""
    while True:
        await asyncio.sleep(5.0)
        await sandboxes.heartbeat()


def _machine() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
    }
