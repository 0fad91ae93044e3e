"""The diversity of the fleet's ideas as a line or two: bits, a spark over time, the tags used most. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aarctl.journal.fold.ideas import Spread, spread
from aarctl.journal.state import Diversity, RunState

from ..drawing.lines import Line, fit, joined, line, width
from ..transcript.clean import clean_line
from ..transcript.wrap import cells
from .figures import plural, spark

SPARKS = (16, 8)  # cells of the line over time, where there is room
TAG = 24  # cells of a tag, at most


def ideas_lines(state: RunState, now: int, room: int, rows: int = 1) -> list[Line]:
    """At most `rows` lines of `room` cells, the second for more tags; none before the first tag."""
    if not state.ideas.window:
        return []
    found = spread(state.ideas)
    head = line(("ideas ", "dim"), f"{found.bits:.1f} of {found.most:.1f} bits")
    count = line(plural(len(found.shares), "tag"))
    spare = room - width(head) - width(count) - 4
    cells_of_spark = next((size for size in SPARKS if size <= spare), 0)
    most = max([found.most, *(point.bits for point in state.ideas.history)])
    drawn = spark(over_time(state.ideas.history, state.opened_at, now, cells_of_spark), 0.0, most)
    first = joined((head, line((drawn, "accent")), count))
    if rows > 1:
        second = line(("most  ", "dim"), _often(found, room - 6))
        return [fit(first, room), fit(second, room)]
    often = _often(found, room - width(first) - 2)
    return [fit(joined((first, line((often, "dim")))), room)]


def _often(found: Spread, room: int) -> str:
    """The tags used most, as many as there is room for."""
    words = ""
    for tag, share in found.shares.items():
        more = f"{words}{', ' if words else ''}{clean_line(tag)[:TAG]} {share:.0%}"
        if cells(more) > room:
            break
        words = more
    return words


def over_time(history: Sequence[Diversity], begin: int, end: int, room: int) -> list[float]:
    """The bits at `room` moments, evenly from `begin` to `end`: of each the last that was known; 0 before any."""
    values, at, known = [], 0, 0.0
    for moment in range(1, room + 1):
        until = begin + (end - begin) * moment // room
        while at < len(history) and history[at].at <= until:
            known, at = history[at].bits, at + 1
        values.append(known)
    return values
