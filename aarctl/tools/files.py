"""The text editor: view, create and change files of the workspace."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from . import editing, workspace
from .edits import once
from .tool import OUTPUT_CHARS, Context, Tool, ToolError, ToolResult, plain, shorten

TEXT_CHARS = 1_000_000
LISTED = 300
LISTED_BYTES = 1 << 18
LIST_S = 20.0
HIDDEN = (".git", ".aarctl", "__pycache__")


class FilesArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with which file."""

    action: Annotated[
        Literal["view", "create", "replace", "insert"],
        msgspec.Meta(
            description="view: show a file or list a folder. create: write a whole file. replace: put text in place of "
            "old. insert: put text after a line."
        ),
    ]
    path: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=workspace.PATH_CHARS,
            description="Relative to /workspace, wherever the shell is; missing folders are made.",
        ),
    ]  # fmt: skip
    text: Annotated[
        str,
        msgspec.Meta(max_length=TEXT_CHARS, description="create: the whole content. replace, insert: the new text."),
    ] = ""
    old: Annotated[
        str,
        msgspec.Meta(
            max_length=TEXT_CHARS,
            description="replace: text that stands exactly once in the file; its white space, but no line numbers.",
        ),
    ] = ""
    line: Annotated[
        int, msgspec.Meta(ge=0, description="insert: the line after which text goes; 0 is before the first.")
    ] = 0
    first: Annotated[int, msgspec.Meta(ge=1, description="view: the first line to show.")] = 1
    last: Annotated[int, msgspec.Meta(ge=0, description="view: the last line to show; 0 is as many as fit.")] = 0


async def run(context: Context, args: FilesArgs) -> ToolResult:
    """One action on one file."""
    if args.action == "view":
        return await _view(context, args)
    path = workspace.inside(args.path)
    if path == ".":
        raise ToolError("path is the workspace itself; name a file in it")

    def decide(before: bytes | None) -> tuple[bytes, str]:
        if args.action == "create":
            return args.text.encode(), f"wrote {path}: {_lines(args.text)}{_replaced(before, args.text)}"
        if before is None:
            raise ToolError(f"there is no file {path} that can be changed; view its folder, or create it")
        text = workspace.as_text(path, before)
        if args.action == "insert":
            change = editing.insert(text, args.line, args.text)
        else:
            change = editing.replace(text, args.old, args.text)
        return change.text.encode(), f"changed {path}; now it reads\n{editing.context(change) or '(empty)'}"

    return ToolResult(shorten(await once(context, path, decide)))


async def _view(context: Context, args: FilesArgs) -> ToolResult:
    """A part of a file that fits in an answer; or what is in a folder."""
    path = workspace.inside(args.path)
    try:
        text = await workspace.read_text(context, path)
    except ToolError:
        if (listed := await _listed(context, path)) is None:
            raise
        return ToolResult(listed)
    lines = editing.lines_of(text)
    if not lines:
        return ToolResult(f"{path} is empty", {"text": ""})
    last = min(args.last or len(lines), len(lines))
    if args.first > last:
        raise ToolError(f"first = {args.first}, last = {args.last}: {path} has {_lines(text)}; give a range inside it")
    shown, upto = editing.numbered(lines, args.first, last, OUTPUT_CHARS - 200)
    more = "" if upto == last else f"; for more, view it again with first={upto + 1}"
    part = "\n".join(lines[args.first - 1 : upto]) + ("\n" if upto < len(lines) or text.endswith("\n") else "")
    return ToolResult(f"{path}, lines {args.first} to {upto} of {len(lines)}{more}\n{shown}", {"text": part})


async def _listed(context: Context, path: str) -> str | None:
    """What is in the folder `path` and in those below it; None when it is no folder."""
    hidden = [word for name in HIDDEN for word in ("-o", "-name", name)][1:]
    argv = ["find", f"./{path}", "-maxdepth", "2", "(", *hidden, ")", "-prune", "-o", "-printf", r"%y\t%s\t%P\0"]
    found = await context.sandbox.exec(context.call, argv, timeout_s=LIST_S, output_cap=LISTED_BYTES)
    await found.wait()
    rows = [row.split("\t", 2) for row in (await found.output()).head.decode("utf-8", "replace").split("\0")]
    rows = [row for row in rows if len(row) == 3]
    if not rows or rows[0][0] != "d":
        return None
    below = sorted((name, kind, size) for kind, size, name in rows[1:])
    lines = [
        f"  {plain(name)}/" if kind == "d" else f"  {plain(name)}  {_size(kind, size)}" for name, kind, size in below
    ]
    more = [f"  [... {len(lines) - LISTED} more: list a folder of it]"] if len(lines) > LISTED else []
    where = "/workspace" if path == "." else path
    head = f"{where} is a folder" + (", two levels of it:" if lines else ", and empty")
    return shorten("\n".join([head, *lines[:LISTED], *more]))


def _size(kind: str, size: str) -> str:
    return {"f": f"{size} bytes", "l": "link"}.get(kind, "special")


def _lines(text: str) -> str:
    count = len(editing.lines_of(text))
    return f"{count} line{'' if count == 1 else 's'}"


def _replaced(before: bytes | None, text: str) -> str:
    """What a file that is written whole held before."""
    if before is None:
        return ""
    if before == text.encode():
        return ", which it held already"
    return f" in place of the {before.count(10) + (not before.endswith(bytes([10])))} that were there"


FILES = Tool(
    "files",
    f"""\
A text editor for your workspace. action='view' shows a file with line numbers, from `first` to `last` or as much as
fits in {OUTPUT_CHARS:,} characters, or lists a folder, two levels deep. 'create' writes a whole file, and says so
when there was one before. 'replace' puts `text` in place of `old`, which must stand in the file exactly once;
otherwise nothing is changed and you are told the lines to look at. 'insert' puts `text` after line `line`. After a
change you see the changed lines with their numbers. For UTF-8 text up to {workspace.MAX_TEXT_BYTES >> 20} MB; a new
file is not executable, a changed one stays what it was. Example: {{"action": "replace", "path": "m/method.py",
"old": "lr=1e-4", "text": "lr=3e-4"}}""",
    FilesArgs,
    run,
)
