"""Reading and writing files of a researcher's workspace, through its sandbox and never around it."""

from __future__ import annotations

from posixpath import normpath

from ..sandbox.protocol import NotFound, SandboxError
from . import code_storage
from .tool import Context, ToolError

MAX_TEXT_BYTES = 1 << 20


def inside(path: str) -> str:
    """`path` relative to /workspace, tidied. Raises ToolError when it leads outside."""
    tidy = normpath(path.removeprefix("/workspace/").strip() or ".")
    if tidy.startswith(("/", "..")) or "\0" in tidy:
        raise ToolError(f"path {path!r} is outside /workspace; give a path inside it")
    return tidy


async def read(context: Context, path: str, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """The content of a regular file. Raises ToolError."""
    tidy = inside(path)
    try:
        return await context.sandbox.get(tidy, max_bytes=max_bytes)
    except NotFound:
        raise ToolError(f"there is no file {tidy}; create it, or list the folder with the shell") from None
    except SandboxError as error:
        raise ToolError(str(error)) from None


async def read_text(context: Context, path: str) -> str:
    """The content of a UTF-8 file. Raises ToolError."""
    try:
        return (await read(context, path)).decode()
    except UnicodeDecodeError:
        raise ToolError(f"{path} is not UTF-8 text; look at it with the shell") from None


async def tree(context: Context, path: str) -> dict[str, int]:
    """Sizes in bytes of the files of code and notes at or below `path`, by path relative to it. Raises ToolError."""
    root = inside(path)
    try:
        manifest = await context.sandbox.snapshot(exclude=code_storage.LEFT_OUT)
    except SandboxError as error:
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
    except SandboxError as error:
        raise ToolError(str(error)) from None
