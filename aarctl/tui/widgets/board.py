"""The board: every submission from claimed to replicated. What is shown stands or falls by its interval."""

from __future__ import annotations

from aarctl.journal.state import RunState, Submission

from ..content.figures import interval, pgr
from ..drawing.lines import Column, Line, Piece, Table, cut, line
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
    table = Table(_columns(domains, width), width)
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
        flags = [f"⚑ {' '.join(one.flags)}"] if one.flags and "flags" not in table.names else []
        for words in [*whole, *told, *_notes(one), *flags]:
            lines.append(line(" " * 11, (cut(words, width - 11), "dim")))
            keys.append(one.id)
    lines += [(), line((cut("◆ replicated on fresh seeds   [95% interval]", width), "dim"))]
    return Content(lines, [*keys, "", ""])


def _columns(domains: list[str], room: int) -> list[Column]:
    replicated: list[Column] = []
    for at, domain in enumerate(domains):
        replicated.append(Column(f"◆ {domain}", max(len(domain) + 2, 6), 0 if at == 0 else 3, right=True))
        replicated.append(Column(f"[{domain}]", 11, 7 + at))
    return [
        Column("", 4),
        Column("by", 3),
        Column("method", 14 if room > 60 else 10, grow=True),
        Column("state", 12, 4),
        Column("claimed", 7, 5, right=True),
        Column("scored", 6, right=True),
        Column("[scored]", 11, 2),
        *replicated,
        Column("flags", 5, 6),
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
        case "flags":
            return _flags(one), "warn"
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


def _flags(one: Submission) -> str:
    """The first flag, and how many more."""
    return f"⚑{one.flags[0]}" + (f"+{len(one.flags) - 1}" if len(one.flags) > 1 else "") if one.flags else ""


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
    return notes


class BoardPane(Pane):
    """Enter shows all of a submission; from there to its place in the transcript."""

    FIXED = 1
    SLOW = True

    _made: tuple[object, Content] = (None, Content([]))

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The board's lines, made anew only where a submission is another."""
        state = scene.state
        about = (width, height, state.feedback, state.held_out, [_changing(one) for one in state.submissions.values()])
        if about != self._made[0]:
            self._made = about, board_content(scene, width, height)
        return self._made[1]


def _changing(one: Submission) -> tuple[object, ...]:
    """All of a submission that changes after it has arrived, and is on the board."""
    score = one.scored_seq, one.replicated_seq, one.released
    return one.id, one.seq, *score, one.state, one.note, one.replication, one.verdict, one.because, len(one.flags)
