"""What the control room costs a person, beside what it may: `python -m tests.benchmarks.control_room [SIZES]`.

The real room in a real pty, seen from outside, over histories of several sizes, while another process appends.
Latencies are wall time and need a quiet machine; CPU, bytes and ratios hold on any. With AARCTL_BENCH_HOME the
histories are kept in that folder.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from .day import attacked, day, write_attacks
from .history import write_history
from .measure import Figures, measure
from .widgets import widgets

SIZES = (10_000, 100_000, 1_000_000)
GROWS = 1.3


class Floor(NamedTuple):
    """A figure's name, its unit, and what it may be; None: it explains another."""

    name: str
    unit: str
    most: float | None = None


FLOORS = (
    Floor("first useful paint", "ms", 400),
    Floor("first useful paint, slowest", "ms"),
    Floor("of it, until Python has loaded the room", "ms"),
    *(
        floor
        for name, most in (("key to paint", 50), ("jump, end, hit", 60), ("focus, theme, resize", 100))
        for floor in (Floor(f"{name}, median", "ms"), Floor(name, "ms p95", most), Floor(f"{name}, worst", "ms"))
    ),
    *(
        floor
        for rate in ("at 20/s", "at 180/s")
        for floor in (
            Floor(f"{rate}: commit to visible, median", "ms"),
            Floor(f"{rate}: commit to visible", "ms p95", 250),
            Floor(f"{rate}: falls behind by", "ms", 50),
            Floor(f"{rate}: CPU", "%", 35),
            Floor(f"{rate}: to the terminal", "kB/s", 150),
        )
    ),
    Floor("scrolled away: to the terminal", "kB/s", 30),
    Floor("scrolled away: CPU", "%", 35),
    Floor("idle: CPU", "%", 1),
    Floor("memory", "MB", 150),
    Floor("memory, grown in a day", "MB", 5),
    Floor("mounted widgets", "", 150),
    Floor("hostile texts, worst", "ms", 100),
    Floor("hostile texts, stalls", "", 0),
)
COSTS = ("choose a researcher", "scroll", "jump to an event", "home, end", "panes, themes, sizes")


def main(home: Path, sizes: list[int]) -> None:
    """Measure each size and print."""
    found: list[Figures] = []
    for size in sizes:
        run = home / "runs" / f"bench-{size}"
        if not run.exists():
            asyncio.run(write_history(run, size))
        found.append(measure(run, size))
        print(f"measured: {size:,} events", file=sys.stderr, flush=True)
    found[-1] |= day(home / "runs" / f"bench-{sizes[-1]}", sizes[-1])
    hostile = home / "runs" / "bench-hostile"
    if not hostile.exists():
        asyncio.run(write_attacks(hostile))
    found[-1] |= attacked(hostile) | widgets(home / "runs" / f"bench-{sizes[-1]}")
    print(f"{'':46}" + "".join(f"{size:>12,}" for size in sizes) + f"{'floor':>12}")
    for floor in FLOORS:
        row = "".join(f"{figures[floor.name]:12.1f}" if floor.name in figures else f"{'':12}" for figures in found)
        worst = found[-1].get(floor.name, 0.0)
        over = "" if floor.most is None else f"{floor.most:12g}" + ("  over" if worst > floor.most else "")
        print(f"{floor.name + (f', {floor.unit}' if floor.unit else ''):46}{row}{over}")
    print(f"\n{'CPU ms an act':46}" + "".join(f"{size:>12,}" for size in sizes) + f"{'ratio':>12}")
    for name in COSTS:
        costs = [figures[f"cpu: {name}"] for figures in found]
        ratio = costs[-1] / costs[0]
        print(f"{name:46}" + "".join(f"{each:12.1f}" for each in costs) + f"{ratio:12.2f}{'  over' * (ratio > GROWS)}")


if __name__ == "__main__":
    wanted = [int(size) for size in sys.argv[1:]] or list(SIZES)
    if kept := os.environ.get("AARCTL_BENCH_HOME"):
        main(Path(kept), wanted)
    else:
        with tempfile.TemporaryDirectory(prefix="aarctl-bench-") as folder:
            main(Path(folder), wanted)
