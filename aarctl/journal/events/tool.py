"""Tool calls: the intent before anything happens, the outcome after."""

from __future__ import annotations

from .base import Event, Text


class ToolRequested(Event, frozen=True, kw_only=True, tag="tool.requested"):
    """Durable before the tool runs."""

    call: str
    """Unique in the run; also the exec id inside the sandbox, so a repeat does nothing twice."""
    turn: int
    tool: str
    args: Text
    """JSON, as the mind wrote it."""


class ToolCompleted(Event, frozen=True, kw_only=True, tag="tool.completed"):
    """What the mind is told. Events that are the tool's effect are committed together with it."""

    call: str
    turn: int
    tool: str
    ok: bool
    output: Text
    data: Text | None = None
    """The same answer as JSON, for minds that are programs."""
    seconds: float = 0.0
