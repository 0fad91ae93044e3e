"""Numbers and times as a person reads them, and as JSON carries them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from . import shapes


def pgr(value: float | None, bounds: shapes.Bounds | None = None) -> str:
    """Such as "0.76 [0.68, 0.84]"; "-" where there is none."""
    if value is None:
        return "-"
    return f"{value:.2f}" if bounds is None else f"{value:.2f} [{bounds[0]:.2f}, {bounds[1]:.2f}]"


def duration(seconds: float) -> str:
    """Such as "42 s", "3 min 05 s", "2 h 07 min", "5 d 03 h"."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02} h"


def dollars(usd: float) -> str:
    """Such as "$0", "$0.0042", "$12.30"."""
    if not usd:
        return "$0"
    return f"${usd:.4f}" if abs(usd) < 0.1 else f"${usd:,.2f}"


def usd(nano: int) -> float:
    """US dollars of nano-dollars."""
    return nano / 1e9


def iso(at: int) -> str | None:
    """Microseconds UTC as ISO 8601; None for 0, which is no time."""
    return _utc(at).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else None


def clock(at: int) -> str:
    """The local time of day of microseconds UTC."""
    return _utc(at).astimezone().strftime("%H:%M:%S") if at else "--:--:--"


def date(at: int) -> str:
    """The local day and time of microseconds UTC."""
    return _utc(at).astimezone().strftime("%Y-%m-%d %H:%M") if at else "-"


def count(number: int, noun: str) -> str:
    """Such as "1 post", "3 posts"; a noun in -y must be written out by the caller."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, UTC)
