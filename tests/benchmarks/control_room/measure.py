"""All that is measured of the room over one history: a name for each figure, and the figure."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aarctl.tui.person import memory

from . import acts
from .terminal import INSTALLED, Probe, Terminal

OPENED = 5
WATCHED_S = 12.0

Figures = dict[str, float]


def p95(found: list[float]) -> float:
    """The value that 95 of 100 do not pass."""
    return sorted(found)[min(int(len(found) * 0.95), len(found) - 1)]


class Writer:
    """The process that appends, and when each event was committed."""

    def __init__(self, run: Path, rate: float) -> None:
        argv = [sys.executable, "-m", "tests.benchmarks.control_room.writer", str(run), str(rate)]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.commits: list[tuple[int, float]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            seq, at = line.split()
            self.commits.append((int(seq), int(at) / 1e9))

    def close(self) -> None:
        """End it, and wait until the run's lock is free."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def writing(run: Path, rate: float) -> Iterator[Writer]:
    """While events come at a rate."""
    writer = Writer(run, rate)
    try:
        yield writer
    finally:
        writer.close()


@contextmanager
def room_on(run: Path, useful: Probe = acts.useful) -> Iterator[Terminal]:
    """The room, once it is useful."""
    nobody_was_here(run)
    room = Terminal([sys.executable, "-m", "tests.benchmarks.control_room.room", str(run)])
    try:
        acts.settle(room, useful)
        yield room
    finally:
        room.close()


def nobody_was_here(run: Path) -> None:
    """Who has looked at the run before is first told what happened since, and that is not measured."""
    (run / memory.FILE).unlink(missing_ok=True)


def opening(run: Path) -> Figures:
    """From the command to a screen that is worth reading, some times; what Python takes to load the room is in it."""
    found, loads = [], []
    nobody_was_here(run)
    for _ in range(OPENED):
        begun = time.monotonic()
        load = "import gc; gc.disable(); import aarctl.tui.app"
        subprocess.run([sys.executable, "-c", load], check=True, env=INSTALLED)
        loads.append((time.monotonic() - begun) * 1e3)
        home = run.parent.parent
        room = Terminal([sys.executable, "-m", "aarctl.cli", "attach", run.name, "--readonly"], home=home)
        seen = room.until(acts.useful)
        if seen is None:
            raise TimeoutError("\n".join(room.lines()))
        found.append((seen - room.started) * 1e3)
        room.close()
    return {
        "first useful paint": statistics.median(found),
        "first useful paint, slowest": max(found),
        "of it, until Python has loaded the room": statistics.median(loads),
    }


def costs(room: Terminal, last: int) -> Figures:
    """CPU of acts while nothing else happens, in milliseconds each."""
    found: Figures = {}
    for name, make in {
        "choose a researcher": lambda: acts.choosing(room),
        "scroll": lambda: acts.scrolling(room),
        "jump to an event": lambda: acts.jumping(room, last),
        "home, end": lambda: acts.ends(room),
        "panes, themes, sizes": lambda: acts.looking(room),
    }.items():
        before = room.cpu()
        count = len(acts.times(make()))
        found[f"cpu: {name}"] = (room.cpu() - before) * 1e3 / count
    return found


def latencies(room: Terminal, last: int) -> Figures:
    """Milliseconds from a key to its frame, while events come."""
    keys = acts.times(acts.choosing(room)) + acts.times(acts.scrolling(room))
    jumps = acts.times(acts.jumping(room, last)) + acts.times(acts.ends(room)) + acts.times(acts.searching(room))
    looks = acts.times(acts.looking(room))
    found: Figures = {}
    for name, all_of in {"key to paint": keys, "jump, end, hit": jumps, "focus, theme, resize": looks}.items():
        found |= {f"{name}, median": statistics.median(all_of), name: p95(all_of), f"{name}, worst": max(all_of)}
    return found


def follow_everyone(room: Terminal) -> None:
    """The transcript of the whole fleet, at its end."""
    acts.settle(room, acts.shown("space mark"), "1")
    for _ in range(12):
        room.press(acts.DOWN)
        time.sleep(0.05)
    acts.settle(room, acts.shown("─ 2 Transcript   everyone"))
    room.press("f")
    acts.settle(room, lambda lines: not acts.has(lines, "not following"))


def streaming(room: Terminal, run: Path, rate: float) -> Figures:
    """Following everything at a rate: how late a commit is seen, whether that grows, CPU and bytes a second."""
    seen: list[tuple[float, int]] = []

    def look(came: float, lines: list[str]) -> None:
        if found := acts.numbers(lines):
            seen.append((came, max(found)))

    name = f"at {rate:g}/s"
    with writing(run, rate) as writer:
        time.sleep(2)
        first = len(writer.commits)
        room.watch = look
        begun, cpu, sent = time.monotonic(), room.cpu(), room.bytes
        time.sleep(WATCHED_S)
        spent = time.monotonic() - begun
        found = {
            f"{name}: CPU": (room.cpu() - cpu) / spent * 100,
            f"{name}: to the terminal": (room.bytes - sent) / spent / 1e3,
            f"{name}: written": (len(writer.commits) - first) / spent,
        }
        commits = writer.commits[first:]
        time.sleep(1)
        room.watch = None
        late = lateness(commits, seen)
        third = len(late) // 3
        found[f"{name}: commit to visible"] = p95(late)
        found[f"{name}: commit to visible, median"] = statistics.median(late)
        found[f"{name}: falls behind by"] = statistics.median(late[-third:]) - statistics.median(late[:third])
    return found


def lateness(commits: list[tuple[int, float]], seen: list[tuple[float, int]]) -> list[float]:
    """Milliseconds from each commit to the first frame that shows it, or a later event."""
    late, at, newest = [], 0, 0
    for seq, when in commits:
        while newest < seq and at < len(seen):
            newest = max(newest, seen[at][1])
            at += 1
        if newest < seq:
            late.append(float("inf"))
        else:
            late.append((seen[at - 1][0] - when) * 1e3)
    return late


def scrolled_away(room: Terminal, run: Path, rate: float) -> Figures:
    """Bytes and CPU a second while events come below the screen."""
    acts.settle(room, acts.shown("⏎ expand"), "2")
    for _ in range(3):
        room.press(acts.PAGE_UP)
        time.sleep(0.1)
    with writing(run, rate):
        time.sleep(2)
        begun, cpu, sent = time.monotonic(), room.cpu(), room.bytes
        time.sleep(WATCHED_S)
        spent = time.monotonic() - begun
        return {
            "scrolled away: to the terminal": (room.bytes - sent) / spent / 1e3,
            "scrolled away: CPU": (room.cpu() - cpu) / spent * 100,
        }


def idle(room: Terminal) -> Figures:
    """CPU while a supervisor lives and nothing happens."""
    time.sleep(2)
    begun, cpu = time.monotonic(), room.cpu()
    time.sleep(WATCHED_S)
    return {"idle: CPU": (room.cpu() - cpu) / (time.monotonic() - begun) * 100}


def measure(run: Path, last: int) -> Figures:
    """Everything, of one history of about `last` events."""
    found = opening(run)
    with room_on(run) as room:
        with writing(run, 0.001):
            found |= idle(room)
            found |= costs(room, last)
        with writing(run, 20):
            found |= latencies(room, last)
        follow_everyone(room)
        found |= streaming(room, run, 20)
        found |= streaming(room, run, 180)
        found |= scrolled_away(room, run, 180)
        found["memory"] = room.rss()
    return found
