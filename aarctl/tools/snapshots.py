"""Code storage: share a copy of some files, fetch or compare another's."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal

import msgspec

from ..journal.errors import BlobMissing
from ..journal.events import SnapshotTaken
from . import code_storage, workspace
from .tool import OUTPUT_CHARS, Context, Tool, ToolError, ToolResult, one_line, plain, shorten

LISTED = 60
SHOWN_FILES = 40
DIFF_BYTES = 1 << 20  # of one file that is compared line by line

Id = Annotated[str, msgspec.Meta(max_length=40)]


class SnapshotsArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Share, list, fetch or diff."""

    action: Annotated[
        Literal["share", "list", "fetch", "diff"],
        msgspec.Meta(
            description="share: keep a copy of a folder or file. list: what was shared, newest first. fetch: put a "
            "copy in your workspace. diff: what changed from one to another, or to your own files."
        ),
    ]
    path: Annotated[
        str,
        msgspec.Meta(
            max_length=workspace.PATH_CHARS,
            description="share: what to keep, by default the whole workspace. fetch: folder to put it in, by default "
            "snapshots/<id>. diff: what of yours to compare with, when other is empty.",
        ),
    ] = ""
    snapshot: Annotated[Id, msgspec.Meta(description="fetch, diff: an id, 16 hexadecimal digits.")] = ""
    other: Annotated[Id, msgspec.Meta(description="diff: the id of the later one.")] = ""
    researcher: Annotated[Id, msgspec.Meta(description="list: only those of this researcher, such as r2.")] = ""
    why: Annotated[
        str, msgspec.Meta(max_length=200, description="share: what it is, in a few words, for the list.")
    ] = ""


async def take(context: Context, path: str, why: str) -> SnapshotTaken:
    """Keep the files below `path` (or the one file) and return the event that says so. Raises ToolError."""
    files = await _own(context, path)
    snapshot, manifest = code_storage.store(context.journal.blobs, files)
    return SnapshotTaken(
        researcher=context.researcher, snapshot=snapshot, path=workspace.inside(path or "."),
        files=len(manifest.files), size_bytes=manifest.size_bytes, why=one_line(why),
    )  # fmt: skip


async def _own(context: Context, path: str) -> dict[str, bytes]:
    """The files of the workspace below `path`, or the one file. Raises ToolError."""
    kept = await workspace.tree(context, path or ".")
    if not kept:
        raise ToolError(f"there is nothing to keep below {path or '.'!r}; students, caches and .git are left out")
    if len(kept) > code_storage.MAX_FILES or sum(kept.values()) > code_storage.MAX_BYTES:
        raise ToolError(
            f"{path or '.'!r} has {len(kept)} files of {sum(kept.values()):,} bytes; keep a smaller folder, of at most "
            f"{code_storage.MAX_FILES} files and {code_storage.MAX_BYTES:,} bytes"
        )
    root = workspace.inside(path or ".")
    if root in kept:  # one file: its own name is all the tree there is
        return {root.rpartition("/")[2]: await workspace.read(context, root, code_storage.MAX_BYTES)}
    return {name: await workspace.read(context, f"{root}/{name}", code_storage.MAX_BYTES) for name in kept}


async def run(context: Context, args: SnapshotsArgs) -> ToolResult:
    """One action."""
    match args.action:
        case "share":
            taken = await take(context, args.path, args.why)
            return ToolResult(
                f"snapshot {taken.snapshot}: {_files(taken.files)}, {taken.size_bytes:,} bytes; name this id in a post "
                "so that others can fetch it",
                {"snapshot": taken.snapshot},
                events=(taken,),
            )
        case "list":
            return await _list(context, args.researcher)
        case "fetch":
            return await _fetch(context, args)
        case "diff":
            return await _diff(context, args)


async def _taken(context: Context) -> list[SnapshotTaken]:
    """The snapshots that the caller may see, in the order in which they were taken."""
    records = await context.lookup.records(kinds=("snapshot.taken",))
    horizon = context.horizon
    return [
        record.event
        for record in records
        if isinstance(record.event, SnapshotTaken)
        and (horizon is None or record.seq <= horizon or record.researcher == context.researcher)
    ]


async def _list(context: Context, researcher: str) -> ToolResult:
    taken = [event for event in await _taken(context) if researcher in ("", event.researcher)]
    rows: list[dict[str, Any]] = [
        {"snapshot": e.snapshot, "researcher": e.researcher, "path": e.path, "files": e.files, "why": e.why}
        for e in reversed(taken[-LISTED:])
    ]
    lines = [f"{r['snapshot']} by {r['researcher']}: {r['path']}, {_files(r['files'])}; {r['why']}" for r in rows]
    if len(taken) > LISTED:
        lines.append(f"[{len(taken) - LISTED} older ones: name a researcher]")
    nothing = f"no snapshots of {researcher} yet" if researcher else "no snapshots yet"
    return ToolResult(plain(shorten("\n".join(lines))) or nothing, {"snapshots": rows})


async def _fetch(context: Context, args: SnapshotsArgs) -> ToolResult:
    files = await _load(context, args.snapshot, "snapshot")
    folder = workspace.inside(args.path or f"snapshots/{args.snapshot}")
    for name, data in files.items():
        await workspace.write(context, f"{folder}/{name}", data)
    names = sorted(files)
    more = f"\n  [... {len(names) - SHOWN_FILES} more]" if len(names) > SHOWN_FILES else ""
    listed = "\n".join(f"  {plain(name)}" for name in names[:SHOWN_FILES]) + more
    return ToolResult(shorten(f"{_files(len(files))} in {folder}:\n{listed}"), {"path": folder, "files": names})


async def _diff(context: Context, args: SnapshotsArgs) -> ToolResult:
    before = await _load(context, args.snapshot, "snapshot")
    if args.other:
        after, name = await _load(context, args.other, "other"), args.other
    elif args.path:
        after, name = await _own(context, args.path), workspace.inside(args.path)
    else:
        raise ToolError("give the id of the later snapshot in other, or a path of your own files to compare with")
    lines: list[str] = []
    for file in sorted(before.keys() | after.keys()):
        lines += _changes(file, before.get(file), after.get(file), args.snapshot, name)
        if sum(map(len, lines)) > 4 * OUTPUT_CHARS:
            lines.append("[the files after this one are not shown: diff smaller parts]")
            break
    return ToolResult(shorten(plain("\n".join(lines))) or "they are the same")


def _changes(file: str, before: bytes | None, after: bytes | None, first: str, second: str) -> list[str]:
    """A unified diff of one file, or one line where there is none to show."""
    if before == after:
        return []
    if len(before or b"") > DIFF_BYTES or len(after or b"") > DIFF_BYTES:
        return [f"{file} differs, and is too long to compare here; fetch it and use diff in the shell"]
    old, new = ((data or b"").decode("utf-8", "replace").splitlines() for data in (before, after))
    found = list(
        difflib.unified_diff(
            old, new, f"{first}/{file}" if before is not None else "/dev/null",
            f"{second}/{file}" if after is not None else "/dev/null", lineterm="",
        )
    )  # fmt: skip
    return found or [f"{file} differs in its line ends, or is there in one of them only"]


async def _load(context: Context, snapshot: str, field: str) -> dict[str, bytes]:
    """The files of a snapshot that the caller may see. Raises ToolError."""
    if not any(event.snapshot == snapshot for event in await _taken(context)):
        raise ToolError(f"{field} = {snapshot!r}: no snapshot has this id; action='list' shows those there are")
    try:
        return code_storage.load(context.journal.blobs, snapshot)
    except BlobMissing as error:
        raise ToolError(f"{error}; action='list' shows the snapshots there are") from None


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


SNAPSHOTS = Tool(
    "snapshots",
    f"""\
The code storage: copies of code that never change, for all researchers. action='share' keeps a folder or a file of
your workspace (at most {code_storage.MAX_FILES:,} files and {code_storage.MAX_BYTES >> 20} MB; students, caches and
.git are left out) and gives its id, equal for equal files; name it in a post. 'list' shows the last {LISTED} with
their researchers and reasons, 'fetch' puts a copy in your workspace (files of the same names are replaced), 'diff'
shows what changed from `snapshot` to `other`, or to your own files at `path`. What you submit is kept here too. Name
what you build on. Example: {{"action": "fetch", "snapshot": "0123456789abcdef", "path": "from-r2"}}""",
    SnapshotsArgs,
    run,
)
