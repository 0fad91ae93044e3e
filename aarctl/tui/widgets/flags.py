"""The flags: what detectors suspect, on what evidence, and what a person has decided."""

from __future__ import annotations

from aarctl.journal.state import Flag

from ..content.figures import clock
from ..content.flags import OPEN, because, counted, in_order, standing
from ..drawing.lines import Column, Line, Table, cut, line, wrapped
from ..scene import Scene
from .pane import Content, Pane

WORDS_MAX = 3  # lines of a flag's words
SEQS_MAX = 6  # events named as evidence
INDENT = "     "

COLUMNS = (
    Column("flag", 4),
    Column("state", 15),
    Column("detector", 10, grow=True),
    Column("by", 3, 2),
    Column("subm.", 5),
    Column("at", 8, 3, right=True),
)


def flags_content(scene: Scene, width: int) -> Content:
    """Every flag as a block of lines: its row, its words, its evidence, the reason of the verdict."""
    state = scene.state
    if not state.flags:
        return Content([line(("No detector has raised a flag.", "dim"))])
    table = Table(COLUMNS, width)
    lines: list[Line] = [table.header()]
    keys = [""]
    for flag in in_order(state):
        block = [_row(scene, flag, table), *_words(scene, flag, width - len(INDENT))]
        lines += [*block, ()]
        keys += [flag.id] * len(block) + [""]
    return Content([*lines, line((counted(state), "dim"))], [*keys, ""])


def _row(scene: Scene, flag: Flag, table: Table) -> Line:
    how = standing(scene.state, flag)
    cells = {
        "flag": (flag.id, "strong"),
        "state": (f"{how.glyph} {how.word}", how.tone),
        "detector": (flag.detector, "strong" if how == OPEN else "plain"),
        "by": (flag.researcher, "plain"),
        "subm.": (flag.submission or "–", "plain"),
        "at": (clock(flag.at - scene.state.opened_at), "dim"),
    }
    return table.row(lambda column: cells[column.name])


def _words(scene: Scene, flag: Flag, room: int) -> list[Line]:
    words = wrapped(flag.text.head, room, WORDS_MAX + 1)
    shown = words[:WORDS_MAX]
    if len(words) > WORDS_MAX and shown:
        shown[-1] = cut(shown[-1] + " …", room)
    found = [line(INDENT, text) for text in shown]
    named = " ".join(f"#{seq}" for seq in flag.seqs[:SEQS_MAX])
    more = f" and {len(flag.seqs) - SEQS_MAX} more" if len(flag.seqs) > SEQS_MAX else ""
    rests = f"evidence {named}{more}" if named else "no event is named as evidence"
    found.append(line(INDENT, (cut(rests, room), "dim")))
    if why := because(scene.state, flag):
        found.append(line(INDENT, (cut(f"because: {why}", room), "dim")))
    return found


class FlagsPane(Pane):
    """Enter shows the evidence in the transcript, each time the next of it."""

    FIXED = 1

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The flags' lines."""
        return flags_content(scene, width)
