"""What commands find in their environment where they are isolated: the same names and places on every such backend."""

from __future__ import annotations

from aarctl.sandbox.protocol import SandboxSpec


def isolated(spec: SandboxSpec, path: str, lab: str) -> dict[str, str]:
    """The environment, with PATH and the folder of the lab's code as they are inside. Nothing of our own crosses."""
    return {
        "PATH": path,
        "HOME": "/workspace",
        "USER": "researcher",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "PYTHONPATH": lab,
        "AARCTL_RUN": spec.run,
        "AARCTL_TASK": "/task",
    }
