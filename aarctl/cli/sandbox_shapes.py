"""More shapes of --json, of the same contract as shapes.py: protection on this machine, and the sandboxes of a home."""

from __future__ import annotations

from .shapes import Shape


class Finding(Shape, frozen=True):
    """One kind of protection on this machine."""

    part: str
    """engine, image, bubblewrap, seccomp, limits, disk, user, kernel or gpu."""
    state: str
    """good; weak: it holds less than it could; missing; none: nothing to have."""
    here: str
    """What this machine has."""
    next: str
    """What to do for more, in one sentence; empty when nothing."""


class Doctor(Shape, frozen=True):
    """`aarctl doctor --json`: what a run started now with `sandbox.backend = "auto"` gets."""

    isolated: bool
    """An isolated sandbox was started, used and removed just now."""
    backend: str
    """docker, bubblewrap or process."""
    why: str
    """Why that one, in a sentence with the next step where a better one is within reach."""
    protection: str
    """What its sandboxes hold back, in one line."""
    findings: list[Finding]


class SandboxPart(Shape, frozen=True):
    """One thing that a sandbox is made of, or has left."""

    run: str
    """Empty for what several runs share."""
    sandbox: str
    """Empty for what several sandboxes share."""
    kind: str
    """process, container or volume."""
    id: str
    """pid, container id or the volume's name."""
    backend: str
    state: str
    """running, paused, created, exited, dead; kept, for a volume."""


class SandboxRow(Shape, frozen=True):
    """One sandbox: what is left of it, and who answers for it."""

    run: str
    sandbox: str
    backend: str
    """docker, bubblewrap or process; process isolates nothing."""
    state: str
    """That of its liveliest part; kept: nothing but its workspace is left."""
    since: str | None
    age_s: float
    owner: str
    """supervisor; interrupted: its run can be resumed; over, gone: its run is; nobody: it never had a run."""
    owner_alive: bool
    parts: list[SandboxPart]


class Sandboxes(Shape, frozen=True):
    """`aarctl sandboxes ls --json`."""

    sandboxes: list[SandboxRow]
    engine: str
    """Why containers could not be listed; empty when they were."""


class KeptPart(Shape, frozen=True):
    """What was not removed, and why."""

    part: SandboxPart
    why: str


class Pruned(Shape, frozen=True):
    """`aarctl sandboxes prune --json`."""

    dry_run: bool
    """Nothing was removed: `removed` is what would be."""
    removed: list[SandboxPart]
    kept: list[KeptPart]
    engine: str
    """Why containers could not be looked at; empty when they were."""
