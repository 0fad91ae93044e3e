"""One run, from its start or from wherever the last supervisor left it, to its end.

Everything here is composition: the parts read the journal's state, act, and write what came of it. If a part fails,
the failure is journaled and the run closes as failed; what was durable stays.

A run ends when nobody can take a turn (all have finished, or used up a budget) and nothing is under way. Until then a
budget that is raised, or a researcher who is added, lets it go on; after that, it opens the run again.
"""

from __future__ import annotations

import asyncio
import os
import platform
import traceback
from collections.abc import Coroutine
from typing import Any, NamedTuple

import psutil

from .. import __version__
from ..compute.engine import LocalEngine
from ..compute.nvml import Cards
from ..compute.slots import slots_of
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
from ..journal.reader import JournalReader
from ..journal.state import Researcher, RunState
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
from .freezing import Freezing
from .latches import Latches
from .minds import Minds, definition, model_of
from .policy import is_over, under_way
from .replications import Replications
from .researcher import ResearcherLoop
from .scoring import Scoring
from .surroundings import Surroundings


class Closed(NamedTuple):
    """How a run ended."""

    reason: str
    note: str = ""


async def supervise(home: Home, run: RunPaths, *, asked: bool = False) -> str:
    """Run to the end; returns the reason it closed with. Raises RunIsHeld, NoJournal, RecipeError.

    `asked`: a run that is over is opened for what waits in its inbox, and goes on only where that asks for work.
    """
    recipe = load(run.recipe)
    before = _closed_before(run) if asked else None
    opening = RunOpened(run=run.name, aarctl=__version__, recipe=head_of(resolve(recipe)), machine=_machine())
    journal = await Journal.open(run.root, os.getpid(), opening)
    lookup = await Lookup.open(run.root)
    try:
        if events := recovery.settle(journal.state):
            await journal.record(*events)
        closed = await _only_asked(recipe, journal, before) if before else None
        closed = closed or await _work(home, run, recipe, journal, lookup)
        await journal.record(*_closing(journal, closed))
        return closed.reason
    finally:
        await lookup.close()
        await journal.close()


def _closed_before(run: RunPaths) -> Closed | None:
    """How the run has ended; None when it has not."""
    with JournalReader(run.root) as reader:
        state = reader.state()
    return Closed(state.status, state.note) if state.over else None


async def _only_asked(recipe: Recipe, journal: Journal, before: Closed) -> Closed | None:
    """Do what is asked of a run that is over, and close it again as it was; None when there is work to do."""
    isolated = all(who.isolated for who in journal.state.researchers.values() if who.backend)
    await Commands(journal, Latches(), recipe, isolated=isolated).take_all()
    return before if before.reason != "finished" or is_over(recipe, journal.state) else None


def _closing(journal: Journal, closed: Closed) -> list[Event]:
    """The last events: a stop that was asked for is effective now."""
    stops = [c for c in journal.state.commands.values() if c.verb == "stop" and c.state == "acknowledged"]
    done = [CommandEffective(researcher=stop.researcher, command=stop.id) for stop in stops]
    return [*done, RunClosed(reason=closed.reason, note=closed.note)]


async def _work(home: Home, run: RunPaths, recipe: Recipe, journal: Journal, lookup: Lookup) -> Closed:
    """All parts side by side until the run is over."""
    await _create_researchers(recipe, journal)
    try:
        choice = await pick(recipe.sandbox.backend, home.id, journal.state.backend)
        await janitor.at_start(home, run.name, choice.engine)
    except SandboxError as error:
        return Closed("failed", f"no sandbox can be made: {error}")
    if why := _too_open(recipe, journal.state, choice):
        return Closed("failed", why)
    await journal.record(
        SandboxChosen(backend=choice.backend.name, isolated=choice.backend.capabilities.isolated, why=choice.why)
    )
    try:
        paths = await task.ensure(home, recipe, journal)
    except task.TaskNotBuilt as error:
        return Closed("failed", f"the task could not be built: {error}")
    scorer = LocalScorer(home.root, run.name, paths.name, queries=recipe.scorer.queries)
    sandboxes = Sandboxes(run, recipe, paths, recipe.task.feedback, choice.backend, journal, home.id)
    slots = None if recipe.compute.slots == "auto" else recipe.compute.slots
    cards = await asyncio.to_thread(Cards)
    usable = cards.found if choice.backend.capabilities.gpu else ()
    engine = LocalEngine(slots_of(usable, slots), cards)
    replications = Replications(journal, scorer, recipe, run, sandboxes)
    latches = Latches()
    around = Surroundings(recipe, run, journal, lookup, sandboxes, latches)
    minds = Minds(home, recipe)

    async def loop_of(who: Researcher) -> ResearcherLoop:
        return ResearcherLoop(who.id, await minds.mind(definition(recipe, who)), around)

    roster = fleet.Roster(journal, loop_of)
    parts: list[Coroutine[Any, Any, None]] = [
        Scoring(journal, scorer, run.root, protected=sandboxes.isolated).serve(),
        replications.serve(),
        Dispatcher(journal, engine, sandboxes, run).serve(),
        Commands(journal, latches, recipe, isolated=sandboxes.isolated).serve(),
        Freezing(journal, sandboxes, latches).serve(),
        roster.keep_time(),
        _telemetry(engine, journal),
        _heartbeat(sandboxes),
        DiskWatch(journal, sandboxes).serve(),
    ]
    try:
        await scorer.start()
        async with minds:
            return await _until_over(journal, recipe, roster, parts)
    finally:
        await sandboxes.close()
        await scorer.close()


def _too_open(recipe: Recipe, state: RunState, choice: Choice) -> str:
    """Why code that a language model wrote may not run there; empty when it may."""
    writes = [who.id for who in state.researchers.values() if who.mind == "claude" and not recipe.claude.rehearsal]
    if choice.backend.capabilities.isolated or recipe.sandbox.allow_unsafe or not writes:
        return ""
    return (
        f"{', '.join(writes)}: a Claude researcher writes code of its own, and {choice.backend.name} isolates nothing "
        f"({choice.why}); `aarctl doctor` names the next step, or set sandbox.allow_unsafe = true"
    )


async def _until_over(
    journal: Journal, recipe: Recipe, roster: fleet.Roster, parts: list[Coroutine[Any, Any, None]]
) -> Closed:
    """Drive the fleet, then wait for scores and replications. The first part that fails ends the run."""
    side = [asyncio.create_task(part) for part in parts]
    driving = asyncio.create_task(drive(journal, recipe, roster))
    try:
        done, _ = await asyncio.wait([driving, *side], return_when=asyncio.FIRST_COMPLETED)
        for finished in done:
            finished.result()  # only the drive ever returns; any other end is an exception
        return Closed("stopped" if journal.state.stopping else "finished")
    except Exception as error:  # noqa: BLE001  the root of the run's tasks: the failure is journaled, then the run ends
        traceback.print_exc()
        return Closed("failed", f"{type(error).__name__}: {error}"[:500])
    finally:
        for one in (driving, *side):
            one.cancel()
        await asyncio.gather(driving, *side, return_exceptions=True)


async def drive(journal: Journal, recipe: Recipe, roster: fleet.Roster) -> None:
    """Turns, as long as anybody can take one; then what is under way, and what a person asks for meanwhile."""
    while not journal.state.stopping:
        if recipe.schedule.kind == "rounds":
            await fleet.rounds(journal, roster, recipe)
        else:
            await fleet.free(journal, roster)
        seq = journal.state.seq
        idle = not under_way(recipe, journal.state) and not await journal.inbox() and journal.state.seq == seq
        if idle or journal.state.stopping:  # queued experiments are not waited for: none gets a slot any more
            return
        await journal.changed(seq)


async def _create_researchers(recipe: Recipe, journal: Journal) -> None:
    known = journal.state.researchers
    created = [
        ResearcherCreated(
            researcher=one.id,
            mind=one.mind,
            model=model_of(one, recipe),
            direction=one.direction,
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
