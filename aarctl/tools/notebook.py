"""The notebook: what a researcher wants to remember, kept across chapters."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from . import workspace
from .tool import Context, Tool, ToolError, ToolResult

PATH = "NOTEBOOK.md"
MAX_CHARS = 40_000


class NotebookArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Read it, add to it, or write it anew."""

    action: Literal["read", "append", "rewrite"]
    text: Annotated[str, msgspec.Meta(max_length=MAX_CHARS)] = ""


async def run(context: Context, args: NotebookArgs) -> ToolResult:
    """One action on the notebook, a file of the workspace."""
    try:
        before = await workspace.read_text(context, PATH)
    except ToolError:
        before = ""
    if args.action == "read":
        return ToolResult(before or "(empty)", {"text": before})
    # The call's id marks an entry, so that a repeat after a crash adds nothing.
    mark = f"<!-- {context.call} -->"
    if args.action == "append" and mark in before:
        return ToolResult("noted")
    text = f"{before.rstrip()}\n\n{mark}\n{args.text}\n".lstrip() if args.action == "append" else args.text
    if len(text) > MAX_CHARS:
        raise ToolError(f"the notebook would hold {len(text):,} characters, at most {MAX_CHARS:,}; rewrite it shorter")
    await workspace.write(context, PATH, text.encode("utf-8", "replace"))
    return ToolResult("noted")


NOTEBOOK = Tool(
    "notebook",
    "Your notebook. It is given back to you whenever your history has to be cut, so keep in it what you must not "
    "forget: what you tried, what came of it, what you plan.",
    NotebookArgs,
    run,
)
