"""The text editor: view, create and change files of the workspace."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from . import workspace
from .tool import Context, Tool, ToolError, ToolResult, shorten


class FilesArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with which file."""

    action: Literal["view", "create", "replace"]
    path: Annotated[str, msgspec.Meta(min_length=1, description="relative to /workspace")]
    text: Annotated[str, msgspec.Meta(description="create: the whole content; replace: what to put in")] = ""
    old: Annotated[str, msgspec.Meta(description="replace: text that occurs exactly once")] = ""


async def run(context: Context, args: FilesArgs) -> ToolResult:
    """One action on one file."""
    if args.action == "view":
        content = await workspace.read_text(context, args.path)
        return ToolResult(shorten(content), {"text": content})
    if args.action == "create":
        await workspace.write(context, args.path, args.text.encode("utf-8", "replace"))
        return ToolResult(f"wrote {args.path}: {args.text.count(chr(10)) + 1} lines")
    content = await workspace.read_text(context, args.path)
    found = content.count(args.old) if args.old else 0
    if found != 1:
        # After a crash the same replacement may already stand: then it is done, not wrong.
        if args.old and found == 0 and args.text and args.text in content:
            return ToolResult(f"{args.path} already has the new text")
        raise ToolError(f"`old` occurs {found} times in {args.path}; give a longer text that occurs exactly once")
    await workspace.write(context, args.path, content.replace(args.old, args.text).encode("utf-8", "replace"))
    return ToolResult(f"changed {args.path}")


FILES = Tool(
    "files",
    "View, create or change a text file of your workspace. `create` writes the whole file; `replace` puts `text` in "
    "place of `old`, which must occur exactly once.",
    FilesArgs,
    run,
)
