"""A simulated day in front of the room: what its memory does, and that hostile texts never hold it up.

A day's events (those of a fleet that makes a million in five days) are appended much faster than a fleet would, while
somebody goes through panes, researchers, places and searches.
"""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import msgspec

from aarctl.home import RunPaths
from aarctl.journal import events as ev
from aarctl.journal.errors import BadEvent
from aarctl.journal.store import Journal, create
from tests.fakes.hostile import SHORT, attacks, huge

from . import acts
from .measure import Figures, room_on, writing
from .terminal import Terminal

DAY = 200_000  # events
RATE = 2_500.0  # of them a second
KEYS = (*"12345678JKmmtf}o", acts.PAGE_UP, acts.HOME, acts.END)
WARM_S = 40.0
STALL_MS = 100.0


def day(run: Path, last: int) -> Figures:
    """Megabytes before and after."""
    draw = random.Random(11)
    with room_on(run) as room:
        with writing(run, RATE):  # caches fill in the hours before
            _busy(room, last, draw, WARM_S)
            before = room.rss()
            _busy(room, last, draw, DAY / RATE)
        time.sleep(3)
        return {"memory": before, "memory, grown in a day": room.rss() - before}


def _busy(room: Terminal, last: int, draw: random.Random, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if draw.random() < 0.1:
            room.press("g")
            time.sleep(0.3)
            room.press(f"#{draw.randint(1, last)}\r")
        else:
            room.press(draw.choice(KEYS))
        time.sleep(0.2)


async def write_attacks(run: Path) -> Path:
    """A run with every hostile text in every place, the huge ones where texts of any length may be."""
    RunPaths(run).make()
    create(run)
    journal = await Journal.open(run, pid=1)
    await journal.record(ev.RunOpened(run="hostile", aarctl="0.2.0", recipe=ev.EMPTY))
    for at, text in enumerate((*SHORT, *huge().values())):
        for event in attacks(text, journal.blobs, at):
            with contextlib.suppress(BadEvent):
                await journal.record(event)
    journal.live("turn r1", {"text": "".join(SHORT)})
    journal.live("task", {"stage": "".join(SHORT), "note": msgspec.json.encode(SHORT[:3]).decode()})
    await journal.close()
    return run


def attacked(run: Path) -> Figures:
    """Milliseconds of keys in a room that is full of hostile texts: panes, pages, each event opened."""
    spent = []
    with room_on(run, useful=lambda lines: acts.has(lines, "Transcript")) as room:
        time.sleep(1)
        for key in ("4", "5", "6", "7", "8", "1", "2"):
            spent.append(_answer(room, key))
        for key in [acts.HOME, *(["\r", acts.DOWN] * 60), *[acts.PAGE_DOWN] * 30, acts.END, *(["\r", acts.UP] * 60)]:
            spent.append(_answer(room, key))
    return {"hostile texts, worst": max(spent), "hostile texts, stalls": float(sum(one > STALL_MS for one in spent))}


def _answer(room: Terminal, key: str) -> float:
    """Milliseconds until the room answers a key that it paints at once: the help, opened and closed."""
    with contextlib.suppress(TimeoutError):
        room.press(key)
        took = room.took("?", acts.shown("esc closes"))
        room.took("?", lambda lines: not acts.has(lines, "esc closes"))
        return took
    return 10_000.0
