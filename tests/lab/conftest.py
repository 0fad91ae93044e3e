"""One tiny real task version for the whole session: both domains, a known secret, built once (about 5 CPU-seconds).

Tests read it; a test that wants to damage a file copies it first (`public_copy`).
"""

import shutil
from pathlib import Path

import pytest
import torch

from aarctl.lab.task import Task
from tests.fakes.tiny_task import TINY, tiny_home


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """<home>/tasks/two-author@<version>; read only."""
    torch.set_num_threads(1)  # as in every process that trains: more would not be bit-equal
    return tiny_home(tmp_path_factory) / "tasks" / TINY.full_name


@pytest.fixture
def tiny_task(tiny_folder: Path) -> Task:
    """The feedback domain, with a trace of its own."""
    return Task.load(tiny_folder / "public")


@pytest.fixture
def public_copy(tiny_folder: Path, tmp_path: Path) -> Path:
    """A public folder to damage, without its checkpoints."""
    copy = tmp_path / "public"
    shutil.copytree(tiny_folder / "public", copy, ignore=shutil.ignore_patterns("base", "weak"))
    return copy
