"""PGR over time as a plot: every submission's claimed, scored and replicated PGR, and the best so far. Pure.

Below it stands how varied the fleet's ideas are, or what is known of the point that a person has selected.

Kinds differ by glyph, researchers by the digit beside it; the chosen researcher's points are accented, and its own best
is a line beside the fleet's. The two published figures are drawn for orientation only: they were reached on another
task, and the plot says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from aarctl.journal.state import RunState, Submission

from ..drawing.braille import Canvas
from ..drawing.lines import Line, Piece, cut, line
from .doing import scored
from .figures import clock, interval, pgr
from .ideas import ideas_lines

GLYPHS = {"claimed": "○", "scored": "●", "replicated": "◆"}
PEOPLE, CLAUDE = 0.23, 0.97  # published, on chat preference: two people in seven days, nine Claudes in five
AXIS = 5  # cells left of the plot
LABEL = 14  # cells right of it, for the reference lines
ROWS = 4  # that the plot keeps for itself before ideas have a line; thrice as many before they have two


class Point(NamedTuple):
    """One PGR of a submission."""

    at: int
    pgr: float
    kind: str
    researcher: str
    submission: str

    @property
    def key(self) -> str:
        """What it is called while it is selected."""
        return f"{self.submission} {self.kind}"


def points(state: RunState, whose: Collection[str] = ()) -> list[Point]:
    """All points of a run, or of some researchers, the more believable ones last: they are drawn on top."""
    found: list[Point] = []
    for one in state.submissions.values():
        if whose and one.researcher not in whose:
            continue
        if one.claimed is not None:
            found.append(Point(one.at, one.claimed, "claimed", one.researcher, one.id))
        if one.released is not None:
            found.append(Point(one.scored_at, one.released.mean, "scored", one.researcher, one.id))
        if (again := one.replicated.get(state.feedback)) is not None:
            found.append(Point(one.replicated_at, again.mean, "replicated", one.researcher, one.id))
    return sorted(found, key=lambda point: (list(GLYPHS).index(point.kind), point.at))


def in_time(state: RunState) -> list[Point]:
    """All points from left to right: the order in which a person goes through them."""
    return sorted(points(state), key=lambda point: (point.at, list(GLYPHS).index(point.kind)))


def place_of(one: Submission, kind: str) -> int:
    """The seq of the event that made a point of this kind."""
    return {"scored": one.scored_seq, "replicated": one.replicated_seq}.get(kind, one.seq) or one.seq


def best_so_far(state: RunState, who: str | None = None) -> list[tuple[int, float]]:
    """When the fleet's best released PGR rose, or one researcher's, and to what."""
    steps: list[tuple[int, float]] = []
    for one in scored(state, who):
        assert one.released is not None
        if one.verdict != "disqualify" and (not steps or one.released.mean > steps[-1][1]):
            steps.append((one.scored_at, one.released.mean))
    return steps


def plot(
    state: RunState, now: int, width: int, height: int, chosen: str = "", *, selected: str = "",
    whose: Collection[str] = (),
) -> list[Line]:  # fmt: skip
    """The plot in `width` x `height` cells, its axis and legend included.

    `selected` is the key of a point; `whose` leaves only these researchers in it, each with the line of its best.
    """
    found = points(state, whose)
    point = next((each for each in found if each.key == selected), None)
    begin = state.opened_at
    end = max(0 if state.over else now, state.at, begin + 60_000_000)  # a machine's clock can be behind its journal
    legend = _legend(width) if point is None else _about(state, point, width)
    spare = height - len(legend) - 1 - ROWS
    if spare > 0 and not whose:
        ideas = ideas_lines(state, end, width - AXIS, 2 if spare > 2 * ROWS else 1)
        legend += [(Piece(" " * AXIS), *each) for each in ideas]
    rows = height - len(legend) - 1
    if width < 24 or rows < 3:
        return [line(Piece(cut("PGR needs more room here", width), "dim"))]
    label = LABEL if width >= 44 else 0
    canvas = Canvas(width - AXIS - label, rows)
    low = min([0.0, *(each.pgr for each in found)]) - 0.06
    high = max([1.0, *(each.pgr for each in found)]) + 0.06

    def y_of(value: float) -> int:
        return round((high - value) / (high - low) * (4 * rows - 1))

    def x_of(at: int) -> int:
        return round((at - begin) / (end - begin) * (2 * canvas.width - 2))

    for value, every in ((0.0, 2), (1.0, 2), (PEOPLE, 6), (CLAUDE, 6)):
        canvas.level(y_of(value), "faint", every)
    for who in [each for each in whose if each != chosen] if whose else [None]:
        _draw_best(canvas, best_so_far(state, who), x_of, y_of, x_of(end), "plain")
    if chosen in state.researchers:
        _draw_best(canvas, best_so_far(state, chosen), x_of, y_of, x_of(end), "accent")
    for each in found:
        column, row = x_of(each.at) // 2, y_of(each.pgr) // 4
        mine = each.researcher == chosen
        tone = "accent" if mine else "dim" if each.kind == "claimed" else "strong"
        canvas.put(column, row, GLYPHS[each.kind], tone)
        canvas.put(column + 1, row, each.researcher[-1:], "accent" if mine else "dim", over=False)
    if point is not None:
        column = min(max(x_of(point.at) // 2, 1), canvas.width - 2)
        canvas.put(column - 1, y_of(point.pgr) // 4, f"[{GLYPHS[point.kind]}]", "here")
    names = {y_of(0.0) // 4: "weak teacher", y_of(PEOPLE) // 4: "people .23*", y_of(1.0) // 4: "ceiling"}
    names[max(y_of(CLAUDE) // 4, y_of(1.0) // 4 + 1)] = "Claude .97*"  # below the ceiling, if only by a row
    ticks = {y_of(value) // 4: pgr(value) for value in (0.25, 0.5, 0.75)}
    ticks |= {y_of(0.0) // 4: "0", y_of(1.0) // 4: "1"}
    shown = [
        (
            Piece(f"{ticks.get(row, ''):>{AXIS - 1}} ", "dim"),
            *drawn,
            Piece(f" {names.get(row, '')}"[:label], "dim"),
        )
        for row, drawn in enumerate(canvas.lines())
    ]
    return [*shown, _times(end - begin, canvas.width), *legend]


def _draw_best(
    canvas: Canvas, steps: list[tuple[int, float]], x_of: Callable[[int], int], y_of: Callable[[float], int],
    end: int, tone: str,
) -> None:  # fmt: skip
    for at, (when, value) in enumerate(steps):
        until = x_of(steps[at + 1][0]) if at + 1 < len(steps) else end
        canvas.level(y_of(value), tone, 1, x_of(when), until + 1)
        if at + 1 < len(steps):
            canvas.rise(until, y_of(value), y_of(steps[at + 1][1]), tone)


def _times(length: int, room: int) -> Line:
    """The time axis: its beginning, middle and end."""
    left, middle, right = clock(0), clock(length // 2), clock(length)
    gap = room - len(left) - len(middle) - len(right)
    if gap < 4:
        return line(" " * AXIS, (left, "dim"))
    half = gap // 2
    return line(" " * AXIS, (left + " " * half + middle + " " * (gap - half) + right, "dim"))


def _about(state: RunState, point: Point, width: int) -> list[Line]:
    """The selected point in words: whose, what, how sure, when."""
    one = state.submissions[point.submission]
    sure = {"scored": one.released, "replicated": one.replicated.get(state.feedback)}.get(point.kind)
    words = f"{GLYPHS[point.kind]} {point.submission} by {point.researcher}  {point.kind} {pgr(point.pgr)}"
    words = f"{words} {interval(sure)}  {clock(point.at - state.opened_at)}"
    return [
        line(" " * AXIS, (cut(words, width - AXIS), "strong")),
        line(" " * AXIS, (cut(f"{one.method}", width - AXIS), "dim")),
    ]


def _legend(width: int) -> list[Line]:
    words = "  ".join(f"{glyph} {kind}" for kind, glyph in GLYPHS.items()) + "  ⠒ best"
    note = "* published, on another task"
    if width >= len(words) + len(note) + AXIS + 4:
        return [line(" " * AXIS, (f"{words}    {note}", "dim"))]
    return [
        line(" " * AXIS, (cut(words, width - AXIS), "dim")),
        line(" " * AXIS, (cut(note, width - AXIS), "dim")),
    ]
