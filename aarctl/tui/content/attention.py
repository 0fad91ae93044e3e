"""What researchers tell a person, in one line: it stops nothing and waits for no answer. Pure."""

from __future__ import annotations

from aarctl.journal.state import RunState

from ..drawing.lines import Line, fit, line
from .figures import clock

FRESH_US = 30 * 60_000_000  # how long it stays on the screen; the transcript has it for ever


def attention_line(state: RunState, now: int, room: int) -> Line:
    """The newest, how long ago it was, and how many others are as fresh; nothing when all is old."""
    fresh = [told for told in state.told if now - told.at <= FRESH_US]
    if not fresh:
        return ()
    newest = fresh[-1]
    others = f" · {len(fresh) - 1} before" if len(fresh) > 1 else ""
    ago = f"  {clock(now - newest.at)} ago{others}  "
    return fit(line((f"{newest.researcher} tells you", "accent"), (ago, "dim"), newest.text), room)
