"""Sandboxes as the supervisor sees them come and go."""

from __future__ import annotations

from .base import Event


class SandboxCreated(Event, frozen=True, kw_only=True, tag="sandbox.created"):
    """A sandbox is ready; `isolated` is what it really gives, not what was asked for."""

    sandbox: str
    backend: str
    isolated: bool
    purpose: str = "research"
    """research | replication"""
    protection: str = ""
    """What it holds back, in one line for people; empty in journals of earlier versions."""
    image: str = ""
    """Digest of the image that it was made from, where the backend has images."""


class SandboxLost(Event, frozen=True, kw_only=True, tag="sandbox.lost"):
    """It ended without being asked to. Its workspace is kept."""

    sandbox: str
    why: str


class SandboxRemoved(Event, frozen=True, kw_only=True, tag="sandbox.removed"):
    """It was no longer needed."""

    sandbox: str
