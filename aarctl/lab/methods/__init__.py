"""Published and simple weak-to-strong methods, one file each, runnable unchanged when copied into a workspace.

Every file defines `train(task, seed, out)`, is deterministic given (task, seed), reads only the task's public folder
and takes exactly `task.steps` training steps, so that methods differ by what they teach and not by how long they
train.
"""

from pathlib import Path

NAMES = ("vanilla", "soft_labels", "confident_only", "prior_agreement", "cross_fit", "self_training")


def path(name: str) -> Path:
    """The file of a method. Raises ValueError for an unknown name."""
    if name not in NAMES:
        raise ValueError(f"method = {name!r}; use one of {', '.join(NAMES)}")
    return Path(__file__).parent / f"{name}.py"
