"""The board: every submission from claimed to replicated. What is shown stands or falls by its interval."""

from __future__ import annotations

from aarctl.journal.state import RunState, Submission

from ..figures import interval, pgr
from ..lines import Column, Line, Piece, Table, cut, line
from ..scene import Scene
from ..transcript.wrap import cells
from .pane import Content, Pane

_TONES = {
    "replicated": "accent",
    "accepted": "good",
    "disqualified": "bad",
    "rejected": "bad",
    "withheld": "warn",
}


def ranked(state: RunState) -> list[Submission]:
    """Replicated ones first, then scored ones, each by PGR; the rest in order of arrival."""

    def rank(one: Submission) -> tuple[int, float, int]:
        again = one.replicated.get(state.feedback)
        if one.verdict == "disqualify":
            return 3, 0.0, one.seq
        if again is not None:
            return 0, -again.mean, one.seq
        return (1, -one.released.mean, one.seq) if one.released is not None else (2, 0.0, one.seq)

    return sorted(state.submissions.values(), key=rank)


def board_content(scene: Scene, width: int, height: int) -> Content:
    """The table; a second line where there is something to explain, or a long name and room for it."""
    state = scene.state
    if not state.submissions:
        return Content([line(("Nothing has been submitted yet.", "dim"))])
    domains = [state.feedback, *state.held_out]
    table = Table(_columns(domains), width)
    lines: list[Line] = [table.header()]
    keys = [""]
    stated = "state" in table.names
    room = next(column.room for column in table.columns if column.name == "method")
    roomy = height >= 2 * len(state.submissions) + 4
    for one in ranked(state):
        lines.append(table.row(lambda column, one=one: _cell(one, column)))  # type: ignore[misc]
        keys.append(one.id)
        whole = [one.method] if roomy and cells(one.method) > room else []
        told = [] if stated or one.board_state in ("scored", "replicated") else [_state_words(one)]
        if not stated and one.replication == "running":
            told = ["replicating"]
        for words in [*whole, *told, *_notes(one)]:
            lines.append(line(" " * 11, (cut(words, width - 11), "dim")))
            keys.append(one.id)
    lines += [(), line((cut("◆ replicated on fresh seeds   [95% interval]", width), "dim"))]
    return Content(lines, [*keys, "", ""])


def _columns(domains: list[str]) -> list[Column]:
    replicated: list[Column] = []
    for at, domain in enumerate(domains):
        replicated.append(Column(f"◆ {domain}", max(len(domain) + 2, 6), 0 if at == 0 else 3, right=True))
        replicated.append(Column(f"[{domain}]", 11, 7 + at))
    return [
        Column("", 4),
        Column("by", 3),
        Column("method", 10, grow=True),
        Column("state", 11, 4),
        Column("claimed", 7, 5, right=True),
        Column("scored", 6, right=True),
        Column("[scored]", 11, 2),
        *replicated,
        Column("exact", 5, 10, right=True),
    ]


def _cell(one: Submission, column: Column) -> Piece | tuple[str, str] | str:
    match column.name:
        case "":
            return one.id, "strong"
        case "by":
            return one.researcher
        case "method":
            return one.method
        case "state":
            return _state_words(one), _TONES.get(one.board_state, "plain")
        case "claimed":
            return pgr(one.claimed), "dim"
        case "scored":
            return pgr(one.released.mean if one.released is not None else None), "plain"
        case "[scored]":
            return interval(one.released), "dim"
        case "exact":
            return pgr(one.exact.mean if one.exact is not None else None), "dim"
    domain = column.name.strip("◆ []")
    found = one.replicated.get(domain)
    if column.name.startswith("◆"):
        return pgr(found.mean if found is not None else None), "strong" if found is not None else "dim"
    return interval(found), "dim"


def _state_words(one: Submission) -> str:
    if one.replication == "running" and not one.verdict:
        return "replicating"
    return one.board_state if one.protected else f"{one.board_state}!"


def _notes(one: Submission) -> list[str]:
    notes = []
    if one.state in ("rejected", "withheld") and one.note:
        notes.append(one.note)
    elif one.replication == "failed":
        notes.append(f"not replicated: {one.note}")
    elif one.replication == "unreplicable":
        notes.append("unreplicable: it has no method that could run again")
    if not one.protected:
        notes.append("! unprotected: its sandbox does not hold what protects a score")
    if one.verdict and one.because:
        notes.append(f"because: {one.because}")
    if one.flags:
        notes.append(f"⚑ {' '.join(one.flags)}")
    return notes


class BoardPane(Pane):
    """Enter shows where in the transcript a submission was made."""

    FIXED = 1

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The board's lines."""
        return board_content(scene, width, height)
