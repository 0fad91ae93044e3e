"""`aarctl runs`: every run of this home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import figures, plain, ranking, shapes, speak
from .command import AsJson

if TYPE_CHECKING:
    from ..home import RunPaths


def runs(as_json: AsJson = False) -> None:
    """List the runs, the newest first."""
    from ..home import Home

    home = Home.default()
    found = [row(paths) for paths in home.runs()]
    if as_json:
        return speak.dump(shapes.Runs(runs=found))
    if not found:
        return speak.say(f"no runs in {home.root}; `aarctl run recipes/quickstart.toml` starts one")
    return speak.table(
        ("run", "status", "task", "#researchers", "#submissions", "best", "last event"),
        [_cells(each) for each in found],
    )


def row(paths: RunPaths) -> shapes.RunRow:
    """What one run is and has come to. A journal that cannot be read is a row too: the others are still listed."""
    import sqlite3

    from ..journal.errors import JournalError
    from ..journal.reader import JournalReader
    from .errors import sentence

    try:
        with JournalReader(paths.root) as reader:
            state, supervised = reader.state(), reader.supervised()
    except (JournalError, sqlite3.Error, ValueError) as error:
        return shapes.RunRow(
            run=paths.name, status="unreadable", note=sentence(error), supervised=False, task="", researchers=0,
            submissions=0, best=None, opened_at=None, updated_at=None,
        )  # fmt: skip
    return shapes.RunRow(
        run=paths.name,
        status=state.status,
        note=state.note,
        supervised=supervised,
        task=state.task,
        researchers=len(state.researchers),
        submissions=len(state.submissions),
        best=ranking.best(state),
        opened_at=figures.iso(state.opened_at),
        updated_at=figures.iso(state.at),
    )


def _cells(each: shapes.RunRow) -> tuple[str, ...]:
    status = each.status
    if status in ("new", "building", "running") and not each.supervised:
        status += ", no supervisor"
    best = f"{each.best.pgr:.2f} {plain.line(each.best.method, 30)} ({each.best.state})" if each.best else "-"
    last = each.updated_at.replace("T", " ")[:16] + "Z" if each.updated_at else "-"
    return each.run, status, each.task, str(each.researchers), str(each.submissions), best, last
