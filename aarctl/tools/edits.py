"""Changing a file of the workspace at most once per call, though a crash may have the call made again.

Before a file is changed, a mark says which call changes it and what it held. A repeat of that call finds the mark: a
file that still holds the same is changed now; one that does not was changed then, by this call or by later ones too.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec

from ..sandbox.protocol import BadRequest, NotFound
from . import workspace
from .session import FOLDER
from .tool import Context

MARKS = f"{FOLDER}/edits"
KEPT_MARKS = 64  # more than one turn can hold calls: only those of the open turn are ever made again
UNREADABLE = "unreadable"

Decide = Callable[[bytes | None], tuple[bytes, str]]
"""From what a file holds (None: no file, or nothing that can be read) to what it shall hold, and what to answer."""


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A call, and what its file held before: a digest, or empty when there was none."""

    call: str
    before: str


_marks = msgspec.json.Decoder(list[Mark])


async def once(context: Context, path: str, decide: Decide) -> str:
    """Change the file at `path` as `decide` says, unless this very call has done so; returns the answer.

    Raises ToolError, also from `decide`, and then nothing is changed.
    """
    content, before = await _held(context, path)
    marks = await _read(context)
    earlier = next((mark for mark in marks if mark.call == context.call), None)
    if earlier is not None and earlier.before != before:
        return f"{workspace.inside(path)}: this change was made already, before an interruption"
    new, answer = decide(content)
    if earlier is None:
        marks = [*marks[-KEPT_MARKS + 1 :], Mark(context.call, before)]
        await workspace.write(context, MARKS, msgspec.json.encode(marks))
    await workspace.write(context, path, new)
    return answer


async def _held(context: Context, path: str) -> tuple[bytes | None, str]:
    """The content of the file, and its digest."""
    try:
        content = await context.sandbox.get(workspace.inside(path), max_bytes=workspace.MAX_TEXT_BYTES)
    except NotFound:
        return None, ""
    except BadRequest:
        return None, UNREADABLE
    return content, sha256(content).hexdigest()[:16]


async def _read(context: Context) -> list[Mark]:
    try:
        return _marks.decode(await context.sandbox.get(MARKS, max_bytes=workspace.MAX_TEXT_BYTES))
    except (NotFound, BadRequest, msgspec.MsgspecError):
        return []  # the researcher's own folder: what it spoils there is its own repeat
