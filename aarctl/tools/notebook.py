"""The notebook: what a researcher wants to remember, kept across chapters."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from . import workspace
from .edits import once
from .tool import OUTPUT_CHARS, Context, Tool, ToolError, ToolResult, shorten

PATH = "NOTEBOOK.md"
MAX_CHARS = 40_000


class NotebookArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Read it, add to it, or write it anew."""

    action: Annotated[
        Literal["read", "append", "rewrite"],
        msgspec.Meta(
            description="read: show it. append: add text at its end. rewrite: put text in place of all of it."
        ),
    ]
    text: Annotated[
        str, msgspec.Meta(max_length=MAX_CHARS, description="append: the entry. rewrite: the whole notebook. Markdown.")
    ] = ""


async def run(context: Context, args: NotebookArgs) -> ToolResult:
    """One action on the notebook, a file of the workspace."""
    if args.action == "read":
        text = await _text(context)
        room = f"\n[{len(text):,} of {MAX_CHARS:,} characters]" if text else ""
        return ToolResult((shorten(text, 2 * OUTPUT_CHARS) or "the notebook is empty") + room, {"text": text})
    if args.action == "append" and not args.text.strip():
        raise ToolError("text is empty; give the entry to add")

    def decide(before: bytes | None) -> tuple[bytes, str]:
        text = args.text
        if args.action == "append":
            text = f"{workspace.as_text(PATH, before or b'').rstrip()}\n\n{args.text.strip()}\n".lstrip()
        if len(text) > MAX_CHARS:
            raise ToolError(
                f"the notebook would hold {len(text):,} characters, at most {MAX_CHARS:,}; rewrite it, shorter"
            )
        return text.encode(), f"noted; the notebook has {len(text):,} of {MAX_CHARS:,} characters"

    return ToolResult(await once(context, PATH, decide))


async def _text(context: Context) -> str:
    try:
        return await workspace.read_text(context, PATH)
    except ToolError as error:
        if "there is no file" in str(error):
            return ""
        raise


NOTEBOOK = Tool(
    "notebook",
    f"""\
Your notebook. When your history becomes too long a new chapter begins, and the notebook is given back to you there
word for word, while the rest of the history is gone: keep in it what you must not lose (what you tried and what came
of it, with ids; what you believe; what you plan). action='append' adds an entry, 'rewrite' replaces it all, 'read'
shows it. At most {MAX_CHARS:,} characters; rewrite it shorter when it is full. It is {PATH} in your workspace.
Example: {{"action": "append", "text": "x12: prior alone, agreement .81; next: mix half and half"}}""",
    NotebookArgs,
    run,
)
