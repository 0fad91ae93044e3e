"""Snapshots: immutable copies of a workspace or a part of it."""

from __future__ import annotations

from .base import Event


class SnapshotTaken(Event, frozen=True, kw_only=True, tag="snapshot.taken"):
    """`snapshot` is 16 hex of the sha256 of its manifest, so equal trees have one name."""

    snapshot: str
    path: str
    files: int
    size_bytes: int
    why: str = ""
