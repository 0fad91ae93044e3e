"""Where a person wants to go in a run: a time, an event or a share of it, as they typed it. Pure."""

from __future__ import annotations

import re

from .figures import SECOND

_TIME = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})\Z", re.ASCII)


def target_of(text: str, last: int) -> tuple[str, int] | None:
    """("seq", n) for #120 or 120, ("us", n) for 3:20 or 1:03:20 since the start, a share for 50%; None: not clear."""
    text = text.strip()
    if found := _TIME.match(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return "us", (hours * 3600 + minutes * 60 + seconds) * SECOND
    share, number = text.removesuffix("%").strip(), text.removeprefix("#").replace(",", "")
    if text.endswith("%") and _is_number(share):
        return "seq", max(round(last * min(int(share), 100) / 100), 1)
    return ("seq", int(number)) if _is_number(number) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
