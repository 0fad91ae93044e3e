"""Snapshots: immutable, content-addressed copies of a workspace or a part of it.

A snapshot is a manifest (path, sha256, size per file) and the files, all of them blobs of the run. Its id is 16 hex
of the manifest's sha256, so equal trees have one id and taking one twice stores nothing.
"""

from __future__ import annotations

import msgspec

from ..journal.blobs import Blobs
from ..journal.errors import BlobMissing

MAX_FILES = 2_000
MAX_BYTES = 64 << 20
LEFT_OUT = (".git", ".aarctl", "__pycache__", ".cache", ".venv", "*.safetensors", "*.pyc", "*.bin", "*.pt")
"""Globs on a path or a name: caches and trained students are no code."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One file of a manifest."""

    path: str
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True):
    """A tree of files, in the order of their paths."""

    files: tuple[Kept, ...]

    @property
    def size_bytes(self) -> int:
        return sum(kept.size for kept in self.files)


def store(blobs: Blobs, files: dict[str, bytes]) -> tuple[str, Manifest]:
    """Keep a tree; return its id and manifest."""
    kept = tuple(Kept(path, blobs.put(data), len(data)) for path, data in sorted(files.items()))
    manifest = Manifest(kept)
    return blobs.put(msgspec.json.encode(manifest))[:16], manifest


def manifest(blobs: Blobs, snapshot: str) -> Manifest:
    """The manifest of a snapshot id. Raises BlobMissing."""
    if len(snapshot) != 16 or not all(c in "0123456789abcdef" for c in snapshot):
        raise BlobMissing(f"snapshot {snapshot!r}: an id is 16 hexadecimal digits")
    found = list(blobs.path(snapshot).parent.glob(f"{snapshot}*.zst"))
    if not found:
        raise BlobMissing(f"snapshot {snapshot}: nothing in this run has this id")
    return msgspec.json.decode(blobs.get(found[0].stem), type=Manifest)


def load(blobs: Blobs, snapshot: str) -> dict[str, bytes]:
    """The files of a snapshot id by path. Raises BlobMissing."""
    return {kept.path: blobs.get(kept.sha256) for kept in manifest(blobs, snapshot).files}
