"""A run's folder with an empty journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from aarctl.home import Home
from aarctl.journal.store import create


@pytest.fixture
def run(tmp_path: Path) -> Path:
    paths = Home(tmp_path).run("demo").make()
    create(paths.root)
    return paths.root
