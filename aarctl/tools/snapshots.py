"""Code storage: share a copy of some files, fetch or compare another's."""

from __future__ import annotations

import difflib
from typing import Annotated, Literal

import msgspec

from ..journal.errors import BlobMissing
from ..journal.events import SnapshotTaken
from . import code_storage, workspace
from .tool import Context, Tool, ToolError, ToolResult, shorten


class SnapshotsArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Share, list, fetch or diff."""

    action: Literal["share", "list", "fetch", "diff"]
    path: Annotated[str, msgspec.Meta(description="share: folder or file; fetch: folder to put it in")] = ""
    snapshot: Annotated[str, msgspec.Meta(description="fetch, diff: its id")] = ""
    other: Annotated[str, msgspec.Meta(description="diff: the second id")] = ""
    why: Annotated[str, msgspec.Meta(max_length=200)] = ""


async def take(context: Context, path: str, why: str) -> SnapshotTaken:
    """Keep the files below `path` (or the one file) and return the event that says so. Raises ToolError."""
    kept = await workspace.tree(context, path or ".")
    if not kept:
        raise ToolError(f"there is nothing to keep below {path!r}; students and caches are left out")
    if len(kept) > code_storage.MAX_FILES or sum(kept.values()) > code_storage.MAX_BYTES:
        raise ToolError(
            f"{path!r} has {len(kept)} files of {sum(kept.values()):,} bytes, at most {code_storage.MAX_FILES} of "
            f"{code_storage.MAX_BYTES:,}; keep a smaller folder"
        )
    root = workspace.inside(path or ".")
    if root in kept:  # one file: its own name is all the tree there is
        files = {root.rpartition("/")[2]: await workspace.read(context, root)}
    else:
        files = {name: await workspace.read(context, f"{root}/{name}") for name in kept}
    snapshot, manifest = code_storage.store(context.journal.blobs, files)
    return SnapshotTaken(
        researcher=context.researcher, snapshot=snapshot, path=root, files=len(manifest.files),
        size_bytes=manifest.size_bytes, why=why,
    )  # fmt: skip


async def run(context: Context, args: SnapshotsArgs) -> ToolResult:
    """One action."""
    match args.action:
        case "share":
            taken = await take(context, args.path, args.why)
            return ToolResult(
                f"snapshot {taken.snapshot}: {taken.files} files, {taken.size_bytes:,} bytes",
                {"snapshot": taken.snapshot},
                events=(taken,),
            )
        case "list":
            return await _list(context)
        case "fetch":
            return await _fetch(context, args)
        case "diff":
            return _diff(context, args)


async def _list(context: Context) -> ToolResult:
    records = await context.lookup.records(kinds=("snapshot.taken",))
    rows = [
        {"snapshot": e.snapshot, "researcher": e.researcher, "path": e.path, "files": e.files, "why": e.why}
        for e in (record.event for record in records)
        if isinstance(e, SnapshotTaken)
    ]
    text = "\n".join(f"{row['snapshot']} {row['researcher']} {row['path']} {row['why']}" for row in rows)
    return ToolResult(shorten(text) or "no snapshots yet", {"snapshots": rows})


async def _fetch(context: Context, args: SnapshotsArgs) -> ToolResult:
    folder = workspace.inside(args.path or f"snapshots/{args.snapshot}")
    files = _load(context, args.snapshot)
    for name, data in files.items():
        await workspace.write(context, f"{folder}/{name}", data)
    return ToolResult(f"{len(files)} files are in {folder}", {"path": folder, "files": sorted(files)})


def _diff(context: Context, args: SnapshotsArgs) -> ToolResult:
    before, after = _load(context, args.snapshot), _load(context, args.other)
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = (tree.get(name, b"").decode("utf-8", "replace").splitlines() for tree in (before, after))
        lines += difflib.unified_diff(old, new, f"{args.snapshot}/{name}", f"{args.other}/{name}", lineterm="")
    return ToolResult(shorten("\n".join(lines)) or "they are the same")


def _load(context: Context, snapshot: str) -> dict[str, bytes]:
    try:
        return code_storage.load(context.journal.blobs, snapshot)
    except BlobMissing as error:
        raise ToolError(f"{error}; action='list' shows the snapshots there are") from None


SNAPSHOTS = Tool(
    "snapshots",
    "The code storage. action='share' keeps an immutable copy of a folder and gives its id, which you can post; "
    "'list' shows all, 'fetch' puts a copy of one in your workspace, 'diff' compares two.",
    SnapshotsArgs,
    run,
)
