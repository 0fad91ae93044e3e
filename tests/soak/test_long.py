"""One researcher for very many turns and chapters: nothing that a person said is forgotten, and memory stays flat."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from importlib import resources
from pathlib import Path

from aarctl.supervisor.prompt import TASKS
from tests.fakes.messages_api import Asked, MessagesApi, Reply

from .alone import DIRECTION, every, steer
from .conftest import LONG, short_or
from .script import busy

ROOT = Path(__file__).parents[2]
WARM = 100
"""Turns after which memory should no longer grow: code is loaded, pools are filled."""
GROWTH_MB = 10


class Attentive:
    """The model's side: checks of every call that all the person has said by then is in it, word for word."""

    def __init__(self, turns: int) -> None:
        self._every = every(turns)
        self.forgotten: list[str] = []
        self.systems: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        self.systems.add(asked.system)
        said = "\n".join(
            block.get("text", "") for one in asked.messages if one["role"] == "user" for block in one["content"]
        )
        for number in range(1, asked.answered // self._every + 1):  # one answer is one turn
            if steer(number) not in said:
                self.forgotten.append(f"call {asked.number}: steer {number} is missing")
        return busy(asked)


@short_or(LONG, 40)
async def test_chapters_forget_no_steer_and_memory_stays_flat(tmp_path: Path, turns: int) -> None:
    rule = Attentive(turns)
    async with MessagesApi(rule, keep=0) as api:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.soak.alone", str(tmp_path), api.url, api.key, str(turns),
            stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        printed, _ = await child.communicate()
    assert child.returncode == 0
    told = json.loads(printed)
    print(f"\n{told['settled']} turns in {told['chapters']} chapters{growth(told['rss'])}", flush=True)
    assert (told["settled"], told["state"]) == (turns, "waiting"), told["why"]
    assert rule.forgotten == [] and api.lines.broken == [] and api.refused == []
    assert told["chapters"] == api.lines.chapters >= max(2, turns // 50)
    (system,) = rule.systems  # the same in every chapter, byte for byte
    assert DIRECTION in system and TASKS["two-author"] in system
    assert all(line in system for line in rules())
    grown = [size for turn, size in told["rss"] if turn >= WARM]
    assert not grown or max(grown) - grown[0] <= GROWTH_MB * 1e6


def rules() -> list[str]:
    """The lines of the prompt's rules, as they are written in the source."""
    source = resources.files("aarctl.supervisor").joinpath("prompt.md").read_text("utf-8")
    lines = source.partition("# What is forbidden")[2].partition("{workflow}")[0].splitlines()
    assert len(lines) > 20
    return lines


def growth(rss: list[tuple[int, int]]) -> str:
    """Resident memory from the end of the warm-up to the end of the run; the slope says what more turns would bring."""
    warm = [(turn, size / 1e6) for turn, size in rss if turn >= WARM]
    if len(warm) < 2:
        return ""
    (begin, first), (end, last) = warm[0], warm[-1]
    slope, _ = statistics.linear_regression(*zip(*warm, strict=True))
    return (
        f"; resident memory {first:.1f} MB at turn {begin}, {last:.1f} MB at turn {end}, at most "
        f"{max(size for _, size in warm):.1f} MB, slope {slope * 1e3:.2f} MB per 1,000 turns"
    )
