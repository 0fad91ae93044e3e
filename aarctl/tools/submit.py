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
from .tool import Context, Tool, ToolError, ToolResult, finite

STUDENT_FILES = ("student.json", "model.safetensors")
MAX_STUDENT_BYTES = 8 << 30


class SubmitArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method, its students, and what you expect of it."""

    method: Annotated[str, msgspec.Meta(min_length=1, description="path of the method file")]
    students: Annotated[list[str], msgspec.Meta(min_length=1, max_length=5, description="their folders")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, description="what you call the method")]
    claimed: Annotated[float | None, msgspec.Meta(description="the PGR you expect, before you see it")] = None
    claim: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    mechanism: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    evidence: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    ablation: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    tags: Annotated[list[str], msgspec.Meta(max_length=8)] = []


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
    taken = await take(context, args.method, f"submitted as {args.name}")
    name = context.journal.next_id("s")
    students = await _collect(context, name, args.students)
    received = SubmissionReceived(
        researcher=context.researcher, submission=name, method=args.name, snapshot=taken.snapshot, students=students,
        claimed=claimed, tags=args.tags,
        card={k: v for k in ("claim", "mechanism", "evidence", "ablation") if (v := getattr(args, k))},
    )  # fmt: skip
    left = context.left("submissions", context.me.submissions + 1)
    text = f"received {name}, method snapshot {taken.snapshot}; of='me' on the board shows its score when it is out"
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
    "Hand in a method file and 1 to 5 students it trained, each with a seed of its own, and say what PGR you claim. "
    "Each submission uses up one of few scores. A submission whose method cannot be run again counts for nothing.",
    SubmitArgs,
    run,
)
