"""One researcher in a process of its own, so that its memory can be measured: `python -m tests.soak.alone ...`.

The model is a server in the process that started this one. The person says something every so many turns, in words that
both sides know. Prints one JSON object: resident bytes by turn, and how the work ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import psutil

from aarctl.journal.events import SteerQueued
from tests.fakes.claude_fleet import ClaudeFleet, Elsewhere

CHAPTER_TOKENS = 20_000
STEERS = 20
"""Said in a run, evenly: all of them stand in every chapter after."""
SAMPLES = 200
DIRECTION = "Ask what a  prior\n knows <b>verbatim</b>"


def steer(number: int) -> str:
    """What the person says the nth time; now and then at length, and never quite plain."""
    at_length = "word by word " * (80 if number % 7 == 3 else 1)
    return f"Steer {number}: look again.\n  Indented, <b>verbatim</b>, \u202e{at_length}."


def every(turns: int) -> int:
    """Turns between two steers."""
    return max(3, turns // STEERS)


async def work(folder: Path, api: Elsewhere, turns: int) -> dict[str, Any]:
    """Play, and look at this process's memory on the way."""
    me, rss = psutil.Process(), []
    async with ClaudeFleet(folder, api, f"claude.chapter_tokens={CHAPTER_TOKENS}", direction=DIRECTION) as fleet:
        who = fleet.state.researchers["r1"]
        while who.settled < turns and who.state not in ("blocked", "budget"):
            if who.settled and who.settled % every(turns) == 0:
                number = who.settled // every(turns)
                text = await fleet.journal.text(steer(number))
                await fleet.journal.record(SteerQueued(researcher="r1", steer=f"n{number}", text=text, by="me"))
            await fleet.play(1)
            if who.settled % max(1, turns // SAMPLES) == 0:
                rss.append((who.settled, me.memory_info().rss))
        return {"rss": rss, "settled": who.settled, "chapters": who.chapter, "state": who.state, "why": who.why}


if __name__ == "__main__":
    place, url, key, count = sys.argv[1:]
    print(json.dumps(asyncio.run(work(Path(place), Elsewhere(url, key), int(count)))))
