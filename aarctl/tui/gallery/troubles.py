"""A run that meets everything a run can wait for: an image, a model, the service, a slot, a sandbox, a budget.

Invented and deterministic, as `story` is. Each moment is one state of the room that a person may find it in.
"""

from __future__ import annotations

from collections.abc import Iterator

from aarctl.journal import events as ev

from .claudes import MODEL, PROTECTION, RECIPE
from .fleet import DIRECTIONS
from .story import DOMAINS, MACHINE, TASK, Keep, Step

NAMES = ("r1", "r2", "r3")
IMAGE = {"name": "researcher", "stage": "pip install", "done": 7, "total": 11}
WEIGHTS = {
    "name": "Qwen3-4B", "stage": "model-00002-of-00003", "done": 3_140_000_000, "total": 8_060_000_000, "unit": "bytes",
}  # fmt: skip


def troubles(keep: Keep) -> Iterator[Step]:
    """All of it, in order."""
    yield Step(0, (ev.RunOpened(run="demo", aarctl="0.3.0", recipe=keep(RECIPE), machine=MACHINE),))
    yield Step(48, (), "image builds", {"image": IMAGE})
    yield Step(60, (ev.TaskRequested(task=TASK),), "", {"image": {}})
    yield Step(95, (), "model downloads", {"model": WEIGHTS, "task": {"stage": "weights", "done": 2, "total": 3}})
    ready = ev.TaskReady(task=TASK, feedback="code", held_out=["math"], domains=DOMAINS, built=True, seconds=300.0)
    yield Step(200, (ready,), "", {"model": {}, "task": {}})
    for at, who in enumerate(NAMES):
        yield Step(0.4, _joins(keep, who, DIRECTIONS[at]))
    asks = [
        ev.ModelRequested(researcher=who, call=f"m{at}", turn=1, model=MODEL, reserved_nusd=1_480_000_000)
        for at, who in enumerate(NAMES, 1)
    ]
    waits = [ev.RateLimited(researcher=who, call=f"m{at}", wait_s=42.0) for at, who in enumerate(NAMES, 1)]
    yield Step(3, (*asks, *waits), "rate limited")
    yield Step(42, tuple(asks))
    yield from _queue(keep)
    lost = ev.SandboxLost(researcher="r2", sandbox="r2", why="the container was killed: out of memory")
    acts = [ev.ResearcherStateChanged(researcher=who, state="acting", why="shell") for who in NAMES]
    yield Step(60, (*acts, lost), "sandbox lost")
    spent = ev.BudgetExceeded(what="usd", used=400.4, limit=400)
    stops = [ev.ResearcherStateChanged(researcher=who, state="budget", why="the fleet's budget") for who in NAMES]
    yield Step(900, (spent, *stops), "budget reached")


def _joins(keep: Keep, who: str, direction: str) -> tuple[ev.Event, ...]:
    return (
        ev.ResearcherCreated(researcher=who, mind="claude", model=MODEL, direction=direction),
        ev.SandboxCreated(researcher=who, sandbox=who, backend="docker", isolated=True, protection=PROTECTION),
        ev.ChapterOpened(researcher=who, chapter=1, system=keep("You are one of three."), tools=keep("[]")),
    )


def _queue(keep: Keep) -> Iterator[Step]:
    """Two slots for three researchers, each of whom waits for what it queued."""
    for at, who in enumerate(NAMES, 1):
        said = ev.ModelCompleted(
            researcher=who, call=f"m{at}", turn=1, content=keep('[{"type":"text","text":"I queue a run and wait."}]'),
            stop="waiting", said="I queue a run and wait.", input_tokens=900, output_tokens=120, cost_nusd=61_000_000,
        )  # fmt: skip
        queued = ev.ExperimentQueued(
            researcher=who, experiment=f"x{at}", argv=["method.py"], out=f"out/x{at}", title="weighted labels", seed=at
        )
        yield Step(2, (said, queued, ev.BudgetSettled(researcher=who, turn=1, active_us=9_000_000)))
    leased = [ev.ExperimentLeased(researcher=f"r{at}", experiment=f"x{at}", slot=f"gpu{at - 1}") for at in (1, 2)]
    yield Step(1, tuple(leased))
    yield Step(240, (ev.ResearcherStateChanged(researcher="r3", state="waiting"),), "waits for a slot")
