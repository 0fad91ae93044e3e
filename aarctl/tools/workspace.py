"""Reading and writing files of a researcher's workspace, through its sandbox and never around it."""

from __future__ import annotations

from posixpath import normpath

from ..sandbox.protocol import BadRequest, Busy, Changed, NoSpace, NotFound, UnsafePath
from . import code_storage
from .tool import Context, ToolError

MAX_TEXT_BYTES = 8 << 20
PATH_CHARS = 1_000
ROOT = "/workspace"

_REFUSALS = (BadRequest, Busy, Changed, NoSpace)
"""What the mind can do something about; any other error is the sandbox's own."""


def inside(path: str) -> str:
    """`path` relative to /workspace, tidied. Raises ToolError when it leads outside."""
    given = path.strip()
    tidy = normpath(f".{given.removeprefix(ROOT)}" if f"{given}/".startswith(f"{ROOT}/") else given or ".")
    if tidy.startswith("/") or tidy.split("/")[0] == ".." or "\0" in tidy:
        raise ToolError(f"path {path[:200]!r} is outside {ROOT}; give one inside it, such as m/method.py")
    return tidy


async def read(context: Context, path: str, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """The content of a regular file. Raises ToolError."""
    tidy = inside(path)
    try:
        return await context.sandbox.get(tidy, max_bytes=max_bytes)
    except NotFound:
        raise ToolError(f"there is no file {tidy}; create it, or view its folder to see what is there") from None
    except UnsafePath as error:
        raise ToolError(str(error)) from None
    except BadRequest:
        raise ToolError(
            f"{tidy} cannot be read, or has more than {max_bytes:,} bytes; look at parts of it with the shell: head, "
            "tail, grep, sed -n 1,200p"
        ) from None
    except _REFUSALS as error:
        raise ToolError(str(error)) from None


async def read_text(context: Context, path: str) -> str:
    """The content of a text file. Raises ToolError."""
    return as_text(path, await read(context, path))


def as_text(path: str, content: bytes) -> str:
    """`content` as text. Raises ToolError when it is none."""
    try:
        if b"\0" not in content:
            return content.decode()
    except UnicodeDecodeError:
        pass
    raise ToolError(f"{path} is no UTF-8 text ({len(content):,} bytes); look at it with the shell: file, xxd or Python")


async def tree(context: Context, path: str) -> dict[str, int]:
    """Sizes in bytes of the files of code and notes at or below `path`, by path relative to it. Raises ToolError."""
    root = inside(path)
    try:
        manifest = await context.sandbox.snapshot(exclude=code_storage.LEFT_OUT)
    except _REFUSALS as error:
        raise ToolError(str(error)) from None
    if root == ".":
        return {entry.path: entry.size for entry in manifest.files}
    return {
        entry.path.removeprefix(f"{root}/"): entry.size
        for entry in manifest.files
        if entry.path == root or entry.path.startswith(f"{root}/")
    }


async def write(context: Context, path: str, data: bytes) -> None:
    """Create or replace a file; folders are made. Raises ToolError."""
    try:
        await context.sandbox.put(inside(path), data)
    except (NotFound, *_REFUSALS) as error:
        raise ToolError(str(error)) from None
