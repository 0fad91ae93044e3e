"""What commands tried to reach outside their sandbox."""

from __future__ import annotations

from .base import Event


class EgressAttempted(Event, frozen=True, kw_only=True, tag="egress.attempted"):
    """Attempts of one kind: the first is an event before anything leaves, repeats are counted into one a minute."""

    sandbox: str
    host: str
    """Printable ASCII, shortened; empty where no destination was said, "other hosts" past a number of kinds."""
    port: int
    allowed: bool
    reason: str
    """The recipe's entry that allows it, or why it was refused; may hold untrusted words, printable and shortened."""
    attempts: int = 1
    """Since the last event of this kind."""
    failed: int = 0
    """Allowed ones that could not be connected."""
    up_bytes: int = 0
    """Sent out by connections that have ended since."""
    down_bytes: int = 0
