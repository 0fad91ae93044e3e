"""Sandboxes as the supervisor sees them come and go."""

from __future__ import annotations

from .base import Event


class SandboxChosen(Event, frozen=True, kw_only=True, tag="sandbox.chosen"):
    """Which backend this machine gave the run when its supervisor started."""

    backend: str
    isolated: bool
    why: str
    """One sentence, with the next step where better protection is within reach."""


class SandboxCreated(Event, frozen=True, kw_only=True, tag="sandbox.created"):
    """A sandbox is ready; `isolated` is what it really gives, not what was asked for."""

    sandbox: str
    backend: str
    isolated: bool
    purpose: str = "research"
    """research | replication | job"""
    attached: bool = False
    """It was alive: an earlier supervisor had made it, and this one took it over."""
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
