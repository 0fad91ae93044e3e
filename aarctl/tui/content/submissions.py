"""All that is known of one submission, as a page: figures, seeds, domains, its card, flags, the verdict. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aarctl.journal.state import RunState, Submission

from ..drawing.lines import Column, Line, Table, cut, line, wrapped
from .figures import clock, interval, pgr
from .flags import standing

CARD = ("claim", "mechanism", "evidence", "ablation")
CARD_LINES = 12  # of each part, at most
FIGURES = (
    Column("", 14, grow=True),
    Column("PGR", 5, right=True),
    Column("95%", 11),
    Column("per seed", 28, 2),
)


def submission_lines(state: RunState, one: Submission, room: int) -> list[Line]:
    """The page, top to bottom."""
    when = clock(one.at - state.opened_at)
    tags = f" · {', '.join(one.tags)}" if one.tags else ""
    lines = [
        line((cut(one.method, room), "strong")),
        line((cut(f"by {one.researcher} at {when}{tags}", room), "dim")),
        line((cut(_stands(one), room), "plain")),
        (),
        *_figures(state, one, room),
    ]
    for part in [*CARD, *(name for name in one.card if name not in CARD)]:
        if words := one.card.get(part, ""):
            lines += [(), line((cut(part, room), "strong")), *_text(words, room)]
    for flag in (state.flags[name] for name in one.flags if name in state.flags):
        how = standing(state, flag)
        title = line((f"{flag.id} {how.glyph} {how.word}", how.tone), f"  {cut(flag.detector, room - 24)}")
        lines += [(), title, *_text(flag.text.head, room)]
    if one.verdict:
        lines += [(), line(("verdict", "strong"), f"  {one.board_state}"), *_text(f"because: {one.because}", room)]
    return lines


def _stands(one: Submission) -> str:
    """Its state in one line: how far it is, whether its score is protected, whether its method can run again."""
    words = [one.board_state]
    if one.replication == "running":
        done = sum(len(runs) for runs in one.replication_runs.values())
        of = len(one.replication_seeds) * len(one.replication_domains)
        words.append(f"replicating, {done} of {of} runs done")
    elif one.replication == "failed":
        words.append(f"not replicated: {one.note}")
    elif one.replication == "unreplicable":
        words.append("unreplicable: it has no method that could run again")
    elif one.note:
        words.append(one.note)
    words.append("" if one.protected else "unprotected: its sandbox does not hold what protects a score")
    words.append(f"method {one.snapshot}" if one.snapshot else "")
    return " · ".join(word for word in words if word)


def _figures(state: RunState, one: Submission, room: int) -> list[Line]:
    """Claimed, scored, exact and replicated, the held-out domains too; with what each seed gave."""
    seeds = [str(student.seed) for student in one.students]
    rows: list[tuple[str, str, str, str]] = [("○ claimed", pgr(one.claimed), "", "")]
    if one.released is not None:
        rows.append((f"● scored on {one.domain}", pgr(one.released.mean), interval(one.released), ""))
    if one.exact is not None:
        rows.append(("● exact", pgr(one.exact.mean), interval(one.exact), _per_seed(seeds, one.per_seed)))
    again = [str(seed) for seed in one.replication_seeds]
    for domain, found in one.replicated.items():
        held_out = "" if domain == state.feedback else ", held out"
        values = one.replicated_per_seed.get(domain, [])
        rows.append((f"◆ {domain}{held_out}", pgr(found.mean), interval(found), _per_seed(again, values)))
    table = Table(FIGURES, room)
    lines = [table.header()]
    for row in rows:
        cells = dict(zip([column.name for column in FIGURES], row, strict=True))
        lines.append(table.row(lambda column, cells=cells: cells[column.name]))  # type: ignore[misc]
    return lines


def _per_seed(seeds: Sequence[str], values: Sequence[float]) -> str:
    """What each seed gave; the seed itself only where it is short enough to be read."""
    if len(seeds) != len(values) or any(len(seed) > 3 for seed in seeds):
        return "  ".join(pgr(value) for value in values)
    return "  ".join(f"{seed}: {pgr(value)}" for seed, value in zip(seeds, values, strict=True))


def _text(text: str, room: int) -> list[Line]:
    words = wrapped(text, room - 2, CARD_LINES + 1)
    shown = [line("  ", part) for part in words[:CARD_LINES]]
    if len(words) > CARD_LINES:
        shown.append(line("  ", ("… the transcript has all of it", "dim")))
    return shown
