"""`aarctl flags | verdict | replicate`: suspicions and their evidence, and what a person makes of a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import find, plain, shapes, speak
from .command import AsJson, RunName, Wait, submit

if TYPE_CHECKING:
    from ..journal.reader import JournalReader

Submission = Annotated[str, typer.Argument(metavar="SUBMISSION", help="Such as s3.")]
Decision = Literal["accept", "disqualify", "reinstate"]


def flags(run: RunName, as_json: AsJson = False) -> None:
    """List the flags: what a detector found suspicious, and where its evidence is.

    A flag decides nothing; `aarctl verdict` does. The numbers are events: `aarctl journal tail RUN` shows them.
    """
    with find.reader(run) as reader:
        found = read(reader)
    return speak.dump(found) if as_json else _show(found)


def read(reader: JournalReader) -> shapes.Flags:
    """Every flag, oldest first."""
    state = reader.state()
    rows = []
    for flag in state.flags.values():
        submission = state.submissions.get(flag.submission)
        rows.append(
            shapes.FlagRow(
                flag=flag.id, detector=flag.detector, researcher=flag.researcher, submission=flag.submission,
                text=reader.text(flag.text), seq=flag.seq, evidence=list(flag.seqs),
                verdict=(submission.verdict or None) if submission else None,
            )
        )  # fmt: skip
    return shapes.Flags(run=reader.run, flags=rows)


def _show(found: shapes.Flags) -> None:
    if not found.flags:
        speak.say(f"no flags in {found.run}")
        return
    speak.table(("", "detector", "about", "suspicion", "evidence", "verdict"), [_cells(each) for each in found.flags])


def _cells(row: shapes.FlagRow) -> tuple[str, ...]:
    about = " ".join(each for each in (row.researcher, row.submission) if each)
    evidence = ", ".join(str(seq) for seq in row.evidence)
    return row.flag, row.detector, about or "the run", plain.line(row.text, 200), evidence or "-", row.verdict or "-"


def verdict(
    run: RunName,
    submission: Submission,
    decision: Annotated[Decision, typer.Argument(metavar="VERDICT", help="reinstate takes the last one back.")],
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; it stays beside the verdict.")],
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Decide on a submission. It can be taken back, and the board is computed anew.

    A run that is over is opened for it and closed again.
    """
    if not because.strip():
        raise typer.BadParameter("say why: a verdict needs its reason", param_hint="--because")
    given = {"submission": submission, "verdict": decision, "because": because}
    submit(run, "verdict", wait=wait, as_json=as_json, **given)


def replicate(run: RunName, submission: Submission, wait: Wait = None, as_json: AsJson = False) -> None:
    """Run a submission's method again from scratch, on fresh seeds and on the held-out domains too.

    A finished run is opened for it and closed again.
    """
    submit(run, "replicate", wait=wait, as_json=as_json, submission=submission)
