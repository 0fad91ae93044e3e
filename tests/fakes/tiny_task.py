"""A tiny but real task version: both domains, the shipped bases, every file that a full build writes, in seconds.

    home = tiny_home(tmp_path_factory)      built once in a test session, for all its workers; read only
    folder = build_tiny_task(home)          <home>/tasks/two-author@<version>, built when it is not there

Its accuracies mean nothing; its shape is exact. Without `secret` it is the same task in every session.
"""

from pathlib import Path

import pytest

from aarctl.lab.build import build
from aarctl.lab.spec import TaskSpec

from .built_once import built_once

TINY = TaskSpec(
    n_labelled=300,
    n_validation=20,
    n_pool=64,
    n_test=120,
    ceiling_seeds=2,
    steps=14,
    batch=16,
    lr=1e-3,
    weak_steps=20,
)
SECRET = bytes(range(16))


def build_tiny_task(home: Path, *, secret: bytes = SECRET, workers: int | None = None) -> Path:
    """Builds the tiny task under `home` and returns its folder; about 5 CPU-seconds."""
    return build(TINY, home, run="tests", workers=workers, secret=secret)


def tiny_home(factory: pytest.TempPathFactory) -> Path:
    """The session's home that has the tiny task and nothing else."""
    return built_once(factory, "tiny-home", build_tiny_task)
