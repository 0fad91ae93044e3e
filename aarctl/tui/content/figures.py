"""Figures as a person reads them: times, money, PGR with its interval, sparks and bars. Pure.

PGR is shown without its leading zero and to .01, because that is the grain at which scores are released.
"""

from __future__ import annotations

from collections.abc import Sequence

from aarctl.journal.events import Interval

SECOND = 1_000_000  # microseconds
_EIGHTHS = "▁▂▃▄▅▆▇█"
NONE = "–"


def clock(us: int) -> str:
    """A span of microseconds: 03:12, 1:02:03, 2d 01:02."""
    seconds = max(us, 0) // SECOND
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours >= 24:
        return f"{hours // 24}d {hours % 24:02}:{minutes:02}"
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def span(seconds: float) -> str:
    """A duration in a few characters: 0.4 s, 12 s, 3 min, 2.5 h."""
    if seconds < 0.05:
        return "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def money(nusd: int) -> str:
    """Nano-dollars as dollars."""
    dollars = nusd / 1e9
    return f"${dollars:,.0f}" if dollars >= 1000 else f"${dollars:.2f}"


def amount(count: int) -> str:
    """A count in a few characters: 840, 12.4k, 1.2M."""
    for unit, one in (("M", 1_000_000), ("k", 1000)):
        if count >= one * 0.9995:
            value = count / one
            return f"{value:.0f}{unit}" if value >= 99.95 else f"{value:.1f}{unit}"
    return str(count)


def size(count: int) -> str:
    """Bytes in a few characters."""
    amount, units = float(count), ["B", "KB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    unit = units[0]
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 9.95 else f"{amount:.1f} {unit}"


def pgr(value: float | None) -> str:
    """A PGR: .61, -.04, 1.00; a dash where there is none."""
    if value is None:
        return NONE
    text = f"{value:.2f}"
    if text in ("-0.00", "0.00"):
        return ".00"
    return text.replace("0.", ".", 1) if abs(value) < 0.995 else text


def interval(found: Interval | None) -> str:
    """The 95% interval alone: [.52 .70]."""
    return "" if found is None else f"[{pgr(found.lo)} {pgr(found.hi)}]"


def score(found: Interval | None) -> str:
    """A PGR with its interval: .61 [.52 .70]."""
    return NONE if found is None else f"{pgr(found.mean)} {interval(found)}"


def spark(values: Sequence[float], low: float = 0.0, high: float = 1.0) -> str:
    """Values as eighths of a cell, clamped to the range."""
    if high <= low:
        high = low + 1
    return "".join(_EIGHTHS[min(max(int((value - low) / (high - low) * 8), 0), 7)] for value in values)


def bar(share: float, room: int) -> tuple[str, str]:
    """(filled, empty) parts of a bar of `room` cells."""
    full = round(min(max(share, 0.0), 1.0) * room)
    return "━" * full, "─" * (room - full)


def plural(count: int, word: str) -> str:
    """3 posts, 1 post."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
