"""Submitting a method with the students it trained.

All that is judged is copied out of the sandbox before the event that says so is committed: what the workspace holds
later changes nothing. The scorer, another process, decides whether a student is sound.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import msgspec

from ..journal.events import StudentRef, SubmissionReceived
from . import workspace
from .snapshots import take
from .tool import TAGS, Context, Tag, Tool, ToolError, ToolResult, finite, one_line, tidy_tags

STUDENT_FILES = ("student.json", "model.safetensors")
MAX_STUDENT_BYTES = 8 << 30
CARD_CHARS = 2_000


class SubmitArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method, its students, and what you expect of it."""

    method: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=workspace.PATH_CHARS,
            description="Path of the method file, or of a folder with method.py in it: all that a replication gets.",
        ),
    ]  # fmt: skip
    students: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=workspace.PATH_CHARS)]],
        msgspec.Meta(
            min_length=1, max_length=5,
            description="Their folders, such as students/x12: each trained in full by this method, with its own seed.",
        ),
    ]  # fmt: skip
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, description="What you call the method, for lists.")]
    claimed: Annotated[
        float | None, msgspec.Meta(description="The PGR you expect, said before you see it; it stays beside the score.")
    ] = None
    claim: Annotated[str, msgspec.Meta(max_length=CARD_CHARS, description="What it shows, in a sentence or two.")] = ""
    mechanism: Annotated[str, msgspec.Meta(max_length=CARD_CHARS, description="Why it should work.")] = ""
    evidence: Annotated[
        str, msgspec.Meta(max_length=CARD_CHARS, description="What you measured: experiments, figures, how many tries.")
    ] = ""
    ablation: Annotated[
        str, msgspec.Meta(max_length=CARD_CHARS, description="What happens when parts of it are left out.")
    ] = ""
    tags: Annotated[
        list[Tag], msgspec.Meta(max_length=TAGS, description="The ideas it uses, one to three short ones.")
    ] = []


class _Declared(msgspec.Struct):
    """All that is read of student.json here; the scorer checks the rest."""

    seed: int


async def run(context: Context, args: SubmitArgs) -> ToolResult:
    """Copy, then let the event be the effect: the supervisor has it scored."""
    context.spend("submissions", context.me.submissions)
    most = context.recipe.scorer.students_max
    if len(args.students) > most:
        raise ToolError(f"{len(args.students)} students, at most {most} in this run; submit fewer")
    claimed = finite(args.claimed, "claimed", -10, 10)
    if not (called := one_line(args.name)):
        raise ToolError("name is empty; say what you call the method")
    taken = await take(context, args.method, f"submitted as {called}")
    name = context.journal.next_id("s")
    students = await _collect(context, name, args.students)
    received = SubmissionReceived(
        researcher=context.researcher, submission=name, method=called, snapshot=taken.snapshot, students=students,
        claimed=claimed, tags=tidy_tags(args.tags),
        card={k: v for k in ("claim", "mechanism", "evidence", "ablation") if (v := getattr(args, k))},
    )  # fmt: skip
    left = context.left("submissions", context.me.submissions + 1)
    text = f"received {name}, method snapshot {taken.snapshot}; go on, or end your turn: you are told its score"
    if left is not None:
        text += f"; you have {left} submissions left"
    return ToolResult(text, {"submission": name, "snapshot": taken.snapshot, "left": left}, events=(taken, received))


async def _collect(context: Context, submission: str, folders: list[str]) -> list[StudentRef]:
    """Copy the students out of the sandbox; the folder appears whole or not at all."""
    final = context.run.students / submission
    making = final.with_name(f".{submission}")
    for left in (making, final):  # a crash before the commit may have left this id's folder: nothing names it
        shutil.rmtree(left, ignore_errors=True)
    seeds: list[int] = []
    for folder in folders:
        declared = await _declared(context, folder)
        if declared in seeds:
            raise ToolError(f"two students declare seed {declared}; train each with a seed of its own")
        seeds.append(declared)
        await copy_student(context, folder, making / str(declared))
    os.replace(making, final)
    return [StudentRef(seed, f"students/{submission}/{seed}") for seed in seeds]


async def _declared(context: Context, folder: str) -> int:
    raw = await workspace.read(context, f"{workspace.inside(folder)}/student.json")
    try:
        return msgspec.json.decode(raw, type=_Declared).seed
    except msgspec.MsgspecError as error:
        raise ToolError(f"{folder}/student.json: {error}; write it with aarctl.lab.student.save_student") from None


async def copy_student(context: Context, folder: str, target: Path) -> None:
    """Copy the two files of a student to `target` on the host. Raises ToolError."""
    target.mkdir(parents=True)
    for name in STUDENT_FILES:
        data = await workspace.read(context, f"{workspace.inside(folder)}/{name}", MAX_STUDENT_BYTES)
        (target / name).write_bytes(data)


SUBMIT = Tool(
    "submit",
    """\
Hand in a method and the students it trained, to be scored on hidden items. Each student folder holds student.json and
model.safetensors as aarctl.lab.student.save_student writes them, and declares a seed of its own. Method and students
are copied at once: later changes do not count. The answer is the submission's id; its score (mean PGR, to .01, with a
95% interval) comes later, you are told, and the board shows it. Scores are few, for you and for the fleet, and
more seeds make the interval narrower. The method is run again from its
snapshot alone: what it imports beside aarctl.lab must lie in the same folder. Example: {"method": "m", "students":
["students/x12", "students/x13"], "name": "prior blended", "claimed": 0.55, "tags": ["zero-shot-prior"]}""",
    SubmitArgs,
    run,
)
