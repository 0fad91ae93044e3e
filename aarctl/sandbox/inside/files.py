"""put, get and manifest of the workspace, against a workspace whose owner plays tricks.

Every path is walked one component at a time with O_NOFOLLOW from an open root, so a symlink anywhere is refused, also
one swapped in between two steps. Only regular files with one name are read: no device, FIFO or hard link. A put
writes a new file beside its target and renames it into place, so it never writes through anything that was there.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator

from aarctl.sandbox.inside.wire import CHUNK_BYTES, Refused

ALIAS = "/workspace"
MAX_DEPTH = 64
PAGE_FILES = 1000
PAGE_BYTES = 256 << 20  # hashed for one answer
PAGE_NAMES_BYTES = 1 << 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BASE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def parts(path: str) -> tuple[str, ...]:
    """The components of a workspace path ("a/b" or "/workspace/a/b"). Raises Refused for `..`, NUL, any other root."""
    relative = path
    if path == ALIAS or path.startswith(ALIAS + "/"):
        relative = path[len(ALIAS) + 1 :]
    pieces = tuple(piece for piece in relative.split("/") if piece not in ("", "."))
    if relative.startswith("/") or "\0" in path or ".." in pieces or len(pieces) > MAX_DEPTH:
        raise Refused("unsafe_path", f"path {path[:200]!r}: give one below {ALIAS}, without '..'")
    return pieces


def get(root: str, path: str, offset: int, limit: int) -> dict[str, object]:
    """Bytes of a file from `offset`, with what changes when it does (no command can set a file's ctime or number)."""
    with _Parent(root, path, make=False) as (folder, name):
        fd = _open(folder, name, os.O_RDONLY, path)
        try:
            seen = os.fstat(fd)
            data = os.pread(fd, min(limit, CHUNK_BYTES), offset)
        finally:
            os.close(fd)
    version = (seen.st_size, seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns)
    return {"data": data, "size": seen.st_size, "mode": stat.S_IMODE(seen.st_mode), "version": version}


def put(root: str, path: str, upload: str, offset: int, data: bytes, mode: int, last: bool) -> dict[str, object]:
    """Write one piece of a file; the last one gives it its mode and its name. Missing folders are made.

    A mode of -1 is that of the file whose place it takes.
    """
    with _Parent(root, path, make=True) as (folder, name):
        part = f".{upload}.part"
        if offset == 0:
            try:
                fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BASE, 0o600, dir_fd=folder)
            except FileExistsError:  # the same piece, asked twice over a broken link; or somebody's meddling
                os.unlink(part, dir_fd=folder)
                raise Refused("changed", f"{path!r} was begun twice; put it again") from None
        else:
            fd = _open(folder, part, os.O_WRONLY, path)
        try:
            if os.fstat(fd).st_size != offset:
                raise Refused("changed", f"{path!r} changed while it was being written; put it again")
            view = memoryview(data)
            while view:
                written = os.pwrite(fd, view, offset)
                view, offset = view[written:], offset + written
            if last:
                os.fchmod(fd, (_mode(folder, name) if mode < 0 else mode) & 0o777)
                os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.unlink(part, dir_fd=folder)
            raise
        finally:
            os.close(fd)
    return {"size": offset}


def _mode(folder: int, name: str) -> int:
    """The mode of a regular file; 0644 where there is none."""
    try:
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return 0o644
    return seen.st_mode if stat.S_ISREG(seen.st_mode) else 0o644


def manifest(root: str, exclude: list[str], after: str, max_file_bytes: int) -> dict[str, object]:
    """One page of (path, sha256, size, mode) of the regular files after `after`, in path order; and the skipped."""
    start = parts(after) if after else ()
    files: list[tuple[str, str, int, int]] = []
    skipped: list[tuple[str, str]] = []
    hashed, named, last, done = 0, 0, "", True
    base = _root(root)
    try:
        for folder, pieces, entry in _walk(base, (), exclude, skipped):
            if pieces <= start:
                continue
            if len(files) + len(skipped) >= PAGE_FILES or hashed >= PAGE_BYTES or named >= PAGE_NAMES_BYTES:
                done = False
                break
            last = "/".join(pieces)
            named += len(last)
            try:
                if entry.st_size > max_file_bytes:
                    raise Refused("too_large", f"{entry.st_size} bytes, more than {max_file_bytes}")
                digest, size, mode = _hash(folder, pieces[-1], last, max_file_bytes)
            except Refused as refusal:
                skipped.append((last, str(refusal)))
            except OSError as error:
                skipped.append((last, error.strerror or str(error)))
            else:
                files.append((last, digest, size, mode))
                hashed += size
    finally:
        os.close(base)
    return {
        "files": files,
        "skipped": [pair for pair in skipped if parts(pair[0]) > start],
        "after": last,
        "done": done,
    }


class _Parent:
    """The open folder that holds `path`, and the last component; no component is followed through a symlink."""

    def __init__(self, root: str, path: str, make: bool) -> None:
        pieces = parts(path)
        if not pieces:
            raise Refused("unsafe_path", f"path {path!r} names the workspace itself; name a file in it")
        self._fd = _root(root)
        self._name = pieces[-1]
        for piece in pieces[:-1]:
            try:
                if make:
                    _make(self._fd, piece)
                below = os.open(piece, _DIRECTORY, dir_fd=self._fd)
            except OSError as error:
                os.close(self._fd)
                raise _refusal(error, path) from None
            os.close(self._fd)
            self._fd = below

    def __enter__(self) -> tuple[int, str]:
        return self._fd, self._name

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        os.close(self._fd)
        if isinstance(error, OSError):
            raise _refusal(error, self._name) from None


def _root(root: str) -> int:
    """The workspace, open. Its owner may have closed it to everybody."""
    try:
        return os.open(root, _DIRECTORY)
    except PermissionError:
        raise Refused("bad_request", f"the workspace is closed to its own user; run `chmod u+rwx {ALIAS}`") from None


def _make(folder: int, name: str) -> None:
    try:
        os.mkdir(name, 0o755, dir_fd=folder)
    except FileExistsError:
        pass  # what is there is opened without following links, and refused when it is not a folder


def _refusal(error: OSError, path: str) -> Refused:
    if error.errno == errno.ENOENT:
        return Refused("not_found", f"no file {path!r} in the workspace; list it first")
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return Refused("unsafe_path", f"path {path!r} goes through a link or a file; name the real place")
    if error.errno == errno.ENOSPC or error.errno == errno.EDQUOT:
        return Refused("no_space", f"writing {path!r}: {error.strerror}; free space in the workspace")
    return Refused("bad_request", f"{path!r}: {error.strerror}")


def _open(folder: int, name: str, flags: int, path: str) -> int:
    """Open an existing regular file that has one name only. lstat first: opening a device can have effects."""
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise Refused("unsafe_path", f"{path!r} is not a regular file; only regular files cross")
    fd = os.open(name, flags | _BASE, dir_fd=folder)
    seen = os.fstat(fd)
    if stat.S_ISREG(seen.st_mode) and seen.st_nlink == 0:
        os.close(fd)
        raise Refused("changed", f"{path!r} was replaced while it was opened; try again")
    if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1:
        os.close(fd)
        raise Refused("unsafe_path", f"{path!r} has {seen.st_nlink} names (hard links); copy it and name the copy")
    return fd


def _hash(folder: int, name: str, path: str, max_bytes: int) -> tuple[str, int, int]:
    fd = _open(folder, name, os.O_RDONLY, path)
    with open(fd, "rb") as file:
        digest, size = hashlib.sha256(), 0
        while data := file.read(CHUNK_BYTES):
            size += len(data)
            if size > max_bytes:  # it grows while it is read
                raise Refused("too_large", f"grew past {max_bytes} bytes")
            digest.update(data)
        return digest.hexdigest(), size, stat.S_IMODE(os.fstat(fd).st_mode)


_Found = tuple[int, tuple[str, ...], os.stat_result]


def _walk(folder: int, at: tuple[str, ...], exclude: list[str], skipped: list[tuple[str, str]]) -> Iterator[_Found]:
    """(open folder, path, lstat) of each thing that is not a folder, in path order."""
    for name in sorted(os.listdir(folder)):
        pieces = (*at, name)
        path = "/".join(pieces)
        if any(fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(name, glob) for glob in exclude):
            continue
        if not _is_text(path):
            skipped.append((path.encode(errors="surrogateescape").decode(errors="replace"), "name is not UTF-8"))
            continue
        try:
            entry = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISDIR(entry.st_mode):
                yield folder, pieces, entry
                continue
            below = os.open(name, _DIRECTORY, dir_fd=folder)
        except OSError as error:
            skipped.append((path, error.strerror or str(error)))
            continue
        try:
            if len(pieces) >= MAX_DEPTH:
                skipped.append((path, f"deeper than {MAX_DEPTH} folders"))
            else:
                yield from _walk(below, pieces, exclude, skipped)
        finally:
            os.close(below)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
