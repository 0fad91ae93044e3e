"""One small run, made once per session and looked at by many tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aarctl.home import Home, RunPaths
from tests.fakes.built_once import built_once
from tests.fakes.small_run import build_task, forget, make_run, small_recipe, supervise_in_process_of_its_own


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that has the small task."""
    home = Home(tmp_path_factory.mktemp("home"))
    built = built_once(tmp_path_factory, "small-home", lambda root: build_task(Home(root), small_recipe()))
    shutil.copytree(built / "tasks", home.root / "tasks")
    yield home
    forget(home)


@pytest.fixture(scope="session")
def finished(home: Home) -> RunPaths:
    """A run that ran from its recipe to its end."""
    name = f"whole-{os.getpid()}"  # another worker may have one too
    paths = make_run(home, name, small_recipe())
    done = supervise_in_process_of_its_own(home, name)
    assert done.returncode == 0, done.stderr[-2000:]
    return paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path
