"""What the supervisor adds to a turn, nine Claude researchers at once. Prints; asserts nothing.

python -m tests.benchmarks.overhead [--turns 60] [--repeats 5] [--backend NAME] [--profile]

A turn's overhead is the wall time from its beginning to its settling, less the model's seconds and the tools' seconds.
The model is a fake in another process: its seconds are counted there, from the last byte of the request to the last
byte of the answer. The tools' are those of the journal. All else counts: latches, notices, budgets, reading the
history, writing the request, the SDK, taking the answer apart, and every wait for the disk and for the other eight.
The model writes for about half a second, the tool is a command in a sandbox: some ten times the pace of real ones.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.fakes.claude_fleet import ClaudeFleet, Elsewhere
from tests.fakes.messages_api import Asked, MessagesApi, Reply, Say, Think, Use
from tests.soak.script import Place

RESEARCHERS = 9
WARM = 5
"""Turns of each researcher that are not counted: the SDK is imported, connections are made."""
DELAY_S = 0.1
COMMITS, BESIDES_MS = 3, 5.0
"""The aim: a turn's p95 within so many times the commit's p95, and this much more."""


def answer(asked: Asked) -> Reply:
    """Some thoughts, some words, one command."""
    step = Place.of(asked).answers
    blocks = (Think("What do I know now? " * 10), Say(f"Step {step}: I look at the file again."))
    return Reply((*blocks, Use("shell", {"command": f"echo {step} >> log; tail -n 30 log"})))


class TimedApi(MessagesApi):
    """Knows how long each answer took, by researcher, in order."""

    def __init__(self) -> None:
        super().__init__(self._noted, delay_s=DELAY_S, keep=0)
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self._who: dict[asyncio.Task[Any] | None, str] = {}

    def _noted(self, asked: Asked) -> Reply:
        self._who[asyncio.current_task()] = Place.of(asked).who
        return answer(asked)

    async def _answer(self, *request: Any) -> bool:
        began = time.perf_counter()
        try:
            return await super()._answer(*request)
        finally:
            self.seconds[self._who[asyncio.current_task()]].append(time.perf_counter() - began)


async def fleet(folder: Path, api: Elsewhere, backend: str, turns: int, profile: bool) -> dict[str, Any]:
    """The supervisor's side, alone in its process: wall and tool seconds of every turn, and every wait for a commit."""
    waits: list[float] = []
    walls: defaultdict[str, list[float]] = defaultdict(list)
    async with ClaudeFleet(folder, api, researchers=RESEARCHERS, cache_ttl="1h", backend=backend) as stage:
        record = stage.journal.record

        async def timed(*events: Any) -> Any:
            began = time.perf_counter()
            try:
                return await record(*events)
            finally:
                waits.append(time.perf_counter() - began)

        async def play(loop: Any, count: int) -> None:
            for _ in range(count):
                began = time.perf_counter()
                assert await loop.think()
                await loop.act()
                walls[loop.name].append(time.perf_counter() - began)

        await asyncio.gather(*(play(loop, WARM) for loop in stage.loops))
        stage.journal.record = timed  # type: ignore[method-assign]
        profiler = cProfile.Profile(time.thread_time)
        if profile:
            profiler.enable()
        used = time.process_time()
        await asyncio.gather(*(play(loop, turns) for loop in stage.loops))
        used = time.process_time() - used
        if profile:
            profiler.disable()
            pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45)
            pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumtime").print_stats(90)
        tools: defaultdict[str, defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
        for one in await stage.events("tool.completed"):
            tools[one.researcher][one.turn] += one.seconds
        outside = {who: [tools[who][turn] for turn in range(1, len(walls[who]) + 1)] for who in walls}
        return {"waits": waits, "walls": walls, "tools": outside, "cpu": used}


async def measure(backend: str, turns: int, profile: bool) -> tuple[list[float], list[float], float]:
    """One run: overhead of each turn and wait of each commit, in ms, and the process's CPU time a turn."""
    async with TimedApi() as api:
        with tempfile.TemporaryDirectory(prefix="aarctl-bench-") as folder:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __spec__.name, "--fleet", folder, api.url, api.key, "--turns", str(turns),
                "--backend", backend,
                *(["--profile"] if profile else []), stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            printed, _ = await child.communicate()
    assert child.returncode == 0 and not api.refused
    told = json.loads(printed)
    overhead = []
    for who, walls in told["walls"].items():
        parts = zip(walls, api.seconds[who], told["tools"][who], strict=True)
        overhead += [(wall - model - tools) * 1e3 for wall, model, tools in list(parts)[WARM:]]
    return overhead, [wait * 1e3 for wait in told["waits"]], told["cpu"] * 1e3 / len(overhead)


async def main(backend: str, turns: int, repeats: int, profile: bool) -> None:
    """Measure and print."""
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}; {RESEARCHERS} researchers x {turns} turns each, {backend}")
    rows: list[tuple[float, ...]] = []
    for _ in range(repeats):
        overhead, waits, cpu = await measure(backend, turns, profile)
        most = COMMITS * percentile(waits, 95) + BESIDES_MS
        own = percentile(overhead, 95)
        rows.append((percentile(overhead, 50), own, percentile(waits, 50), percentile(waits, 95), cpu, own / most))
    overhead50, overhead95, commit50, commit95, cpus, ratios = (list(column) for column in zip(*rows, strict=True))
    print(f"overhead of a turn             p50 {spread(overhead50)} ms   p95 {spread(overhead95)} ms")
    print(f"a wait for a commit            p50 {spread(commit50)} ms   p95 {spread(commit95)} ms")
    print(f"CPU of the process a turn      {spread(cpus)} ms")
    print(f"overhead p95 / ({COMMITS} x commit p95 + {BESIDES_MS:g} ms)  {spread(ratios, '.2f')}; the aim is at most 1")


def percentile(values: list[float], percent: int) -> float:
    """Of many values, one that so many percent are not above."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def spread(values: list[float], form: str = ".1f") -> str:
    """Median (least to most)."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--backend", default="bubblewrap", help="what the sandboxes are; `process` has no CPU share")
    parser.add_argument("--profile", action="store_true", help="where the CPU time of the supervisor's side goes")
    parser.add_argument("--fleet", nargs=3, metavar=("FOLDER", "URL", "KEY"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.fleet:
        place, url, key = chosen.fleet
        told = asyncio.run(fleet(Path(place), Elsewhere(url, key), chosen.backend, chosen.turns, chosen.profile))
        print(json.dumps(told))
    else:
        asyncio.run(main(chosen.backend, chosen.turns, chosen.repeats, chosen.profile))
