"""The fleet: a line per researcher, and the whole fleet in one line where there is no room for a table."""

from __future__ import annotations

from aarctl.journal.state import Researcher, RunState, Submission

from ..content.doing import best, doing_now, scored, shown_state, worth
from ..content.figures import amount, money, pgr, score, spark
from ..content.spending import in_short, paid
from ..drawing.lines import Column, Line, Piece, Table, cut, line
from ..scene import EVERYONE, Scene
from ..transcript.wrap import cells
from .pane import Content, Pane

INDENT = " " * 5
SPARK = 8  # scores shown in a spark, the newest
NEAR = 0.9  # of a budget: what is used of it stands out from here on
MARK = "*"  # after the name of a researcher that is marked

COLUMNS = (
    Column("", 3),
    Column("state", 10),
    Column("turn", 5, 7, right=True),
    Column("best PGR", 15),
    Column("scores", SPARK, 6),
    Column("now", 22, grow=True),
    Column("subm.", 5, 4, right=True),
    Column("exper.", 6, 5, right=True),
    Column("cost", 6, 8, right=True),
    Column("sandbox", 14, 3),
)


PAID = (
    Column("", 3),
    Column("state", 10),
    Column("turn", 5, 4, right=True),
    Column("ch.", 3, 5, right=True),
    Column("best PGR", 15),
    Column("scores", SPARK, 8),
    Column("now", 22, grow=True),
    Column("tokens", 6, 6, right=True),
    Column("cost", 7, 2, right=True),
    Column("subm.", 5, 9, right=True),
    Column("exper.", 6, 10, right=True),
    Column("sandbox", 14, 7),
)
"""Where models are paid for, what they use stands before what they did."""


def columns(state: RunState) -> tuple[Column, ...]:
    """The columns that suit a run. Nothing else goes before the sandbox where one of them protects nothing."""
    if not paid(state):
        return COLUMNS
    unsafe = any(who.backend and not who.isolated for who in state.researchers.values())
    return tuple(column._replace(give=1) if unsafe and column.name == "sandbox" else column for column in PAID)


def fleet_content(scene: Scene, width: int, height: int) -> Content:
    """The table; where there is room also each researcher's direction, then what its sandbox holds back."""
    state = scene.state
    if not state.researchers:
        return Content([line(("No researcher has joined yet.", "dim"))])
    table = Table(columns(state), width)
    lines, keys = [table.header()], [""]
    directions, protections = (height >= rows * len(state.researchers) + 3 for rows in (3, 4))
    for who in state.researchers.values():
        lines.append(table.row(lambda column, who=who: _cell(scene, who, column)))  # type: ignore[misc]
        keys.append(who.id)
        if directions:
            model = f"{who.model} · " if who.model != who.mind else ""
            about = (f"{model}{who.direction or 'no direction'}", "dim")
            details = [about, *([held_back(who)] if protections else ())]
            lines += [*(line(INDENT, (cut(text, width - len(INDENT)), tone)) for text, tone in details), ()]
            keys += [who.id] * len(details) + [""]
    lines.append(_all(scene, width))
    keys.append(EVERYONE)
    return Content(lines, keys)


def _all(scene: Scene, width: int) -> Line:
    """The last line: the whole fleet, and what it spends where it spends anything."""
    if not paid(scene.state):
        return line("all", "  ", ("everything that happens, in order", "dim"))
    words = ""
    for part in in_short(scene.state, scene.limits, scene.now):
        longer = f"{words} · {part}" if words else part
        words = longer if cells(longer) <= width - len(INDENT) else words
    return line("all", "  ", (words, "dim"))


def _cell(scene: Scene, who: Researcher, column: Column) -> Piece | tuple[str, str] | str:
    state, limits = scene.state, scene.limits
    match column.name:
        case "":
            return (f"{who.id}{MARK}", "accent") if who.id in scene.marked else (who.id, "strong")
        case "state":
            shown = shown_state(state, who)
            return f"{shown.glyph} {shown.word}", shown.tone
        case "turn":
            return _used(who.turn, limits.of(who.id, "turns"))
        case "best PGR":
            found = best(state, who.id)
            return ("–", "dim") if found is None else (_best_words(state, found), "strong")
        case "scores":
            values = [one.released.mean for one in scored(state, who.id) if one.released is not None]
            return spark(values[-SPARK:]), "accent"
        case "now":
            waiting = f"{len(who.steers)} steer queued · " if who.steers else ""
            return waiting + doing_now(state, who, scene.now)
        case "subm.":
            return _used(who.submissions, limits.of(who.id, "submissions"))
        case "exper.":
            return _used(who.experiments, limits.of(who.id, "experiments"))
        case "ch.":
            return str(who.chapter or ""), "dim"
        case "tokens":
            return amount(who.tokens), _near(who.tokens, limits.of(who.id, "tokens"))
        case "cost":
            spent = _near(who.nusd / 1e9, limits.of(who.id, "usd"))
            return money(who.nusd), spent if who.nusd else "dim"
        case _:
            return protection(who)


def _best_words(state: RunState, found: Submission) -> str:
    return f"{'◆' if state.feedback in found.replicated else '●'} {score(worth(state, found))}"


def _used(used: int, limit: float | None) -> tuple[str, str]:
    """A count, with its limit when there is one: words change before the colour does."""
    if limit is None:
        return str(used), "plain"
    return f"{used}/{limit:g}", "warn" if used >= limit else "plain"


def _near(used: float, limit: float | None) -> str:
    """The tone of what is used of a limit."""
    return "warn" if limit is not None and used >= NEAR * limit else "plain"


def protection(who: Researcher) -> tuple[str, str]:
    """What the sandbox really gives."""
    if not who.backend:
        return "none yet", "dim"
    return (who.backend, "dim") if who.isolated else (f"UNSAFE {who.backend}", "bad")


def held_back(who: Researcher) -> tuple[str, str]:
    """What its sandbox holds back, in a sentence; it says UNSAFE where that is nothing."""
    if not who.backend:
        return "no sandbox yet", "dim"
    said = who.protection or f"{who.backend}: {'isolated' if who.isolated else 'NOT ISOLATED'}"
    return (said, "dim") if who.isolated else (f"UNSAFE {said}", "bad")


def strip_line(scene: Scene, width: int) -> Line:
    """The whole fleet in one line: who, what state, how good."""
    pieces: list[Piece | str | tuple[str, str]] = []
    many = len(scene.state.researchers)
    crowd, tight = many > 4 or width < 70, width < 10 * many
    unsafe = tight and any(who.backend and not who.isolated for who in scene.state.researchers.values())
    if unsafe:
        pieces.append(("UNSAFE ", "bad"))
    for who in scene.state.researchers.values():
        shown, found = shown_state(scene.state, who), best(scene.state, who.id)
        chosen = who.id == scene.chosen
        mark = MARK if who.id in scene.marked else " "
        pieces.append((f"{'▸' if chosen else ' '}{who.id}{mark}", "accent" if chosen or mark == MARK else "strong"))
        pieces.append((f"{shown.glyph} " if crowd else f"{shown.glyph} {shown.word} ", shown.tone))
        value = worth(scene.state, found).mean if found is not None else None
        if tight:
            pieces[-1] = (shown.glyph, shown.tone)
            pieces.append("" if unsafe else f"{pgr(value):<3}")
            continue
        pieces.append((f"{pgr(value)}" + ("" if who.isolated or not who.backend else " unsafe") + "  ", "plain"))
    if scene.chosen == EVERYONE:
        pieces.append(("▸all", "accent"))
    return line(*pieces) if pieces else line(("No researcher has joined yet.", "dim"))


class FleetPane(Pane):
    """The table; its cursor is the chosen researcher."""

    FIXED = 1

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The table's lines."""
        self.follow_chosen(scene.chosen)
        return fleet_content(scene, width, height)


class FleetStrip(Pane, can_focus=False):
    """The one line."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line."""
        return Content([strip_line(scene, width)])
