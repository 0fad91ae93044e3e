"""The budget: a line for the fleet and for everybody, then every limit of whoever is chosen.

Whatever is near its end, or at it, is said in words; bars and tones only repeat them.
"""

from __future__ import annotations

from ..content.budget import Books, Use, books, dollars, figure, in_words, lasts
from ..content.figures import bar, plural, span
from ..content.spending import paid
from ..drawing.lines import Column, Line, Piece, Table, cut, line
from ..scene import EVERYONE, Scene
from .pane import Content, Pane

BAR = 8

PEOPLE = (
    Column("", 3),
    Column("used", 7, 2, right=True),
    Column("$/h", 7, 3, right=True),
    Column("hours", 7, 4, right=True),
    Column("of it", BAR, 1),
    Column("nearest its end", 20, grow=True),
)
UNPAID = tuple(column for column in PEOPLE if column.name not in ("used", "$/h"))
"""Where nothing is spent on models, dollars say nothing."""

LIMITS = (
    Column("", 11),
    Column("used", 7, right=True),
    Column("held", 7, 5, right=True),
    Column("left", 7, 4, right=True),
    Column("limit", 7, 3, right=True),
    Column("lasts", 11, right=True),
    Column("of it", BAR, 6),
)


def budget_content(scene: Scene, width: int) -> Content:
    """The table of everybody, then the limits and prices of the chosen."""
    state = scene.state
    if not state.researchers:
        return Content([line(("Nobody has used anything yet.", "dim"))])
    everybody = {name: books(state, scene.limits, scene.now, name) for name in ("", *state.researchers)}
    table = Table(PEOPLE if paid(state) else UNPAID, width)
    lines, keys = [table.header()], [""]
    for name, found in everybody.items():
        lines.append(table.row(lambda column, found=found: _cell(found, column)))  # type: ignore[misc]
        keys.append(name or EVERYONE)
    chosen = everybody[scene.chosen if scene.chosen in state.researchers else ""]
    below = [(), *_details(chosen, width)]
    if state.rehearsal:
        below.append(line((cut("A rehearsal: these dollars are play money.", width), "warn")))
    return Content([*lines, *below], [*keys, *[""] * len(below)])


def _cell(found: Books, column: Column) -> Piece | tuple[str, str] | str:
    use = found.first
    match column.name:
        case "":
            return found.whose or "all", "strong"
        case "used":
            return figure("usd", found.account.nusd)
        case "$/h":
            return dollars(found.burn_usd), "dim"
        case "hours":
            return span(found.account.active_us / 1e6), "dim"
        case "of it":
            return _bar(use) if use is not None else ""
        case _:
            return (in_words(use), use.tone) if use is not None else ("no limit", "dim")


def _bar(use: Use) -> tuple[str, str]:
    full, empty = bar(use.share, BAR)
    return full + empty, use.tone if use.word else "accent"


def _details(found: Books, width: int) -> list[Line]:
    """Every limit, then what research costs."""
    whose = found.whose or "the fleet"
    lines: list[Line] = [line((f"{whose}: {plural(len(found.uses), 'limit')}", "strong"))]
    if found.uses:
        table = Table(LIMITS, width)
        lines.append(table.header())
        lines += [table.row(lambda column, use=use: _limit_cell(use, column)) for use in found.uses]  # type: ignore[misc]
    return [*lines, *(line((cut(words, width), "dim")) for words in _prices(found))]


def _limit_cell(use: Use, column: Column) -> Piece | tuple[str, str] | str:
    match column.name:
        case "":
            return use.name
        case "used":
            return figure(use.what, use.line.used)
        case "held":
            return (figure(use.what, use.line.held) if use.line.held else "–"), "dim"
        case "left":
            return figure(use.what, use.line.left)
        case "limit":
            return figure(use.what, use.line.limit), "dim"
        case "lasts":
            return lasts(use), use.tone
        case _:
            return _bar(use)


def _prices(found: Books) -> list[str]:
    """Hours, what one of them costs, and how much the cache spared."""
    account = found.account
    hours = [f"{span(account.active_us / 1e6)} of research, {span(account.device_us / 1e6)} on devices"]
    if found.models_usd is not None and account.nusd:
        hours.append(f"a researcher-hour: {dollars(found.models_usd)} for models")
        if found.devices_usd is not None:
            hours[-1] += f", {dollars(found.devices_usd)} for devices"
    elif found.devices_usd is not None:
        hours.append(f"a researcher-hour: {dollars(found.devices_usd)} for devices")
    if account.cache_read_share is not None:
        hours.append(f"{account.cache_read_share:.0%} of the tokens sent were read from the cache")
    return hours


class BudgetPane(Pane):
    """Its cursor is the chosen researcher; the last part shows that one's limits."""

    FIXED = 1

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The budget's lines."""
        self.follow_chosen(scene.chosen)
        return budget_content(scene, width)
