"""Writes a story into a run's folder, through the real store.

The store never goes back in time, so a story that is set in the future keeps its own clock, and its screens
are the same whenever they are drawn.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from aarctl.home import RunPaths
from aarctl.journal import checkpoints
from aarctl.journal.events import Event, head_of
from aarctl.journal.state import RunState
from aarctl.journal.store import Journal, create

from .audit import CARDS, audit
from .claudes import MODEL, claudes
from .story import Keep, Step, story
from .troubles import troubles

Tale = Callable[[Keep], Iterator[Step]]
REHEARSAL: Tale = partial(claudes, name="rehearsal", model=f"rehearsal of {MODEL}")
TALES: tuple[Tale, ...] = (story, claudes, troubles, audit, REHEARSAL)

BEGINS = 4_102_480_800_000_000  # 2100-01-01 10:00 UTC, in microseconds
SAMPLES, CARD_SAMPLES = 40, 150
SAMPLE_US = 2_000_000


async def tell(run: Path, until: str = "finished", more: Iterable[Event] = (), after_s: float = 1.0) -> int:
    """Write the story up to the moment `until`, then `more` events; returns the time where it ends.

    Nobody supervises the run afterwards: hold `<run>/supervisor.lock` to make it look alive.
    """
    paths = RunPaths(run)
    paths.make()
    create(run)
    set_clock(run, BEGINS)
    journal = await Journal.open(run, pid=4711)
    try:
        at = BEGINS
        for step in _tale(until)(journal.blobs.keep):
            at = await _take(journal, step, at)
            if step.moment == until:
                break
        extra = tuple(more)
        if extra:
            at = await _take(journal, Step(after_s, extra), at)
        _telemetry(journal, at)
    finally:
        await journal.close()
    return at


def moments() -> list[str]:
    """The names of all places where the room looks different."""
    return [step.moment for tale in TALES for step in tale(head_of) if step.moment]


def _tale(moment: str) -> Tale:
    """The story that has this moment."""
    for tale in TALES:
        if any(step.moment == moment for step in tale(head_of)):
            return tale
    raise ValueError(f"no story has a moment {moment!r}; there are {', '.join(moments())}")


def set_clock(run: Path, at: int) -> None:
    """Have an empty journal believe that it is `at`: a checkpoint before its first event says so."""
    db = sqlite3.connect(run / "journal.db")
    with db:
        db.execute("insert into checkpoints(seq, state) values (0, ?)", (checkpoints.pack(RunState(at=at)),))
    db.close()


async def _take(journal: Journal, step: Step, at: int) -> int:
    at += round(step.after * 1e6)
    journal.state.at = at
    for name, body in step.live.items():
        journal.live(name, body)
    if step.events:
        await journal.record(*step.events)
    return at


def _telemetry(journal: Journal, at: int) -> None:
    """The last minutes of the machine, and of every card that somebody holds."""
    held = [one.slot for one in journal.state.experiments.values() if one.slot in CARDS]
    count = CARD_SAMPLES if held else SAMPLES
    for number in range(count):
        when = at - (count - number) * SAMPLE_US
        use = 0.55 + 0.4 * math.sin(number / 5) ** 2
        memory = 3.1e9 + 1.4e9 * math.sin(number / 9) ** 2
        body = {"util": use, "memory_used": int(memory), "memory_total": 24_000_000_000}
        journal.sample("cpu", when, {**body, "load": 1.8} if held else body)
        for at_card, card in enumerate(CARDS if held else ()):
            journal.sample(card, when, _card(at_card, number))


def _card(card: int, number: int) -> dict[str, object]:
    """Busy, but for the stretches in which it loads data; each card in its own rhythm."""
    use = max(0.0, 0.97 - 0.6 * max(0.0, math.sin(number / (7 + 3 * card))) ** 6) if number > 20 * card else 0.0
    return {
        "util": use, "memory_used": int((2 + 55 * min(use, 0.6) + 9 * card) * 1e9), "memory_total": 150_754_820_096,
        "temperature_c": 38 + 30 * use, "power_w": 90 + 560 * use, "label": "NVIDIA H200",
    }  # fmt: skip


def write(run: Path, until: str = "finished", more: Iterable[Event] = ()) -> int:
    """`tell`, for code that has no event loop."""
    return asyncio.run(tell(run, until, more))
