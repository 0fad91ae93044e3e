"""What a person does in the room, one act at a time, and how long each takes until its frame is on the terminal.

The room stands at 120x36 with a fleet of nine. Each act says what of the screen must be another once it is painted;
what streams in meanwhile changes other places.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

from .history import NAMES, NEEDLE
from .terminal import Probe, Terminal

UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END = "\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"
SIZES = ((160, 48), (100, 40), (80, 24), (120, 36))
REST_S = 0.03  # between two keys: a person who is quick
_NUMBER = re.compile(r"@(\d+)")

Times = list[float]


def transcript(lines: list[str]) -> list[str]:
    """The rows of the transcript, without its title, its last row and its scrollbar."""
    top = next((at for at, line in enumerate(lines) if line.startswith("─ 2 Transcript")), None)
    return [] if top is None else [line[:61] for line in lines[top + 1 : -3]]


def numbers(lines: list[str]) -> list[int]:
    """The seqs of the events whose texts are in the transcript."""
    return [int(found) for line in transcript(lines) for found in _NUMBER.findall(line)]


def useful(lines: list[str]) -> bool:
    """Fleet, transcript and plot are there, filled."""
    return any(line.lstrip(" ▸").startswith("r9") for line in lines) and bool(numbers(lines)) and has(lines, "ceiling")


def has(lines: list[str], words: str) -> bool:
    """Whether `words` stand in a line of the screen."""
    return any(words in line for line in lines)


def shown(words: str) -> Probe:
    """That `words` are on the screen."""
    return lambda lines: has(lines, words)


def moved(room: Terminal) -> Probe:
    """That the transcript shows something else than now."""
    before = transcript(room.lines())
    return lambda lines: (now := transcript(lines)) and now != before


def settle(room: Terminal, probe: Probe, keys: str = "") -> None:
    """Press, and wait."""
    if keys:
        room.took(keys, probe)
    elif room.until(probe) is None:
        raise TimeoutError("\n".join(room.lines()))
    time.sleep(REST_S)


def times(acts: Iterator[float]) -> Times:
    """Milliseconds of each act, with a little rest between them."""
    found = []
    for each in acts:
        found.append(each)
        time.sleep(REST_S)
    return found


def choosing(room: Terminal, rounds: int = 2) -> Iterator[float]:
    """From r1 down the fleet and back: each key opens another researcher's transcript."""
    settle(room, shown("space mark"), "1")
    room.press(UP * (len(NAMES) + 1))
    settle(room, shown("─ 2 Transcript   r1 ·"))
    for key, order in ((DOWN, NAMES[1:]), (UP, NAMES[-2::-1])) * rounds:
        for name in order:
            yield room.took(key, shown(f"─ 2 Transcript   {name} ·"))


def scrolling(room: Terminal, count: int = 15) -> Iterator[float]:
    """Lines and pages in the transcript."""
    settle(room, shown("⏎ expand"), "2")
    for _ in range(3):
        room.press(PAGE_UP)
        time.sleep(0.2)
    for key in (PAGE_UP, UP, PAGE_UP, DOWN, PAGE_DOWN):
        for _ in range(count):
            yield room.took(key, moved(room))


def jumping(room: Terminal, last: int, count: int = 15) -> Iterator[float]:
    """To events by number."""
    draw = random.Random(5)
    settle(room, shown("⏎ expand"), "2")
    for _ in range(count):
        target = draw.randint(200, last)
        settle(room, shown("Go to"), "g")
        room.press(f"#{target}")
        settle(room, shown(f"#{target}"))
        yield room.took("\r", lambda lines, at=target: any(abs(one - at) < 500 for one in numbers(lines)))  # type: ignore[misc]


def ends(room: Terminal, count: int = 10) -> Iterator[float]:
    """To the beginning and to the end."""
    settle(room, shown("⏎ expand"), "2")
    for _ in range(count):
        yield room.took(HOME, lambda lines: (found := numbers(lines)) and min(found) < 250)
        yield room.took(END, lambda lines: not has(lines, "not following") and min(numbers(lines), default=0) > 250)


def searching(room: Terminal, count: int = 20) -> Iterator[float]:
    """A search, and from hit to hit."""
    settle(room, shown("⏎ expand"), "2")
    room.press(PAGE_UP)
    settle(room, shown("tab: everywhere"), "/")
    room.press(NEEDLE)
    settle(room, shown(NEEDLE))
    yield room.took("\r", lambda lines: has(transcript(lines), NEEDLE))
    for number in range(count):
        time.sleep(0.1)
        yield room.took("N" if number % 4 else "n", moved(room))
    room.press("\x1b")
    time.sleep(0.5)


def looking(room: Terminal, rounds: int = 3) -> Iterator[float]:
    """Other panes, a maximised one, other themes, other sizes."""
    settle(room, shown("space mark"), "1")
    for _ in range(rounds):
        for key, name in (("4", "Forum"), ("5", "Compute"), ("7", "Flags"), ("8", "Budget"), ("6", "Board")):
            yield room.took(key, shown(f"─ {key} {name}   "))
        yield room.took("m", shown("[6 Board]"))
        yield room.took("m", lambda lines: not has(lines, "[6 Board]"))
    for _ in range(4):
        before = room.lines()[-2]
        yield room.took("t", lambda lines, was=before: "Theme:" in lines[-2] and lines[-2] != was)  # type: ignore[misc]
    for width, height in SIZES * rounds:
        begun = time.monotonic()
        room.resize(width, height)
        seen = room.until(lambda lines: "q quit" in lines[-1] and lines[0].strip(), since=begun)
        if seen is None:
            raise TimeoutError("\n".join(room.lines()))
        yield (seen - begun) * 1e3
        time.sleep(0.15)
