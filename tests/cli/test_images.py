"""`aarctl images` as a person meets it: with an engine, and without one."""

from __future__ import annotations

import asyncio
import os

import msgspec
import pytest

from aarctl.cli import shapes
from aarctl.sandbox import images
from aarctl.sandbox.docker.engine import Engine

from .conftest import Aarctl

MINE = f"aarctl/trial:{os.getpid()}-cli"


@pytest.mark.parametrize("words", [("build",), ("ls",), ("rm", "aarctl/base:1")])
def test_without_an_engine_each_says_the_next_step(
    aarctl: Aarctl, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    done = aarctl("images", *words)
    assert done.exit_code == 1 and done.stderr.count("\n") == 1
    assert "/nowhere/docker.sock" in done.stderr and "start that engine" in done.stderr


@pytest.mark.parametrize("words", [("rm",), ("rm", "x", "--stale"), ("build", "--variant", "tpu"), ("paint",)])
def test_bad_usage_exits_with_2(aarctl: Aarctl, words: tuple[str, ...]) -> None:
    assert aarctl("images", *words).exit_code == 2


def test_a_build_tells_its_steps_plainly_where_nobody_watches(aarctl: Aarctl, docker_engine: Engine) -> None:
    done = aarctl("images", "build", "--base-only")
    assert done.exit_code == 0, done.stderr
    assert "step 1 of " in done.stderr and "FROM python:3.11-slim" in done.stderr and "\x1b" not in done.output
    assert done.stdout.startswith(f"{images.base_tag()} is ready: ") and done.stdout.count("\n") == 1


def test_a_build_and_the_list_have_their_documented_shapes(aarctl: Aarctl, docker_engine: Engine) -> None:
    built = msgspec.json.decode(aarctl("images", "build", "--base-only", "--json").stdout, type=shapes.ImageBuilt)
    assert (built.image.tag, built.image.stale) == (images.base_tag(), "") and built.seconds > 0
    listed = msgspec.json.decode(aarctl("images", "ls", "--json").stdout, type=shapes.Images)
    assert built.image in listed.images


def test_the_list_names_each_image_and_whether_it_is_ready(aarctl: Aarctl, docker_engine: Engine) -> None:
    assert aarctl("images", "build", "--base-only").exit_code == 0
    (line,) = [line for line in aarctl("images", "ls").stdout.splitlines() if line.startswith(images.base_tag())]
    assert line.split()[-1] == "ready" and " GB " in line


def test_an_image_is_removed_by_its_tag_and_a_wrong_one_is_named(aarctl: Aarctl, docker_engine: Engine) -> None:
    asyncio.run(docker_engine.call(lambda client: client.images.get(images.base_tag()).tag(MINE)))
    removed = msgspec.json.decode(aarctl("images", "rm", MINE, "--json").stdout, type=shapes.ImagesRemoved)
    assert removed.removed == [MINE] and MINE not in aarctl("images", "ls").stdout
    again = aarctl("images", "rm", MINE)
    assert again.exit_code == 1 and MINE in again.stderr and "`aarctl images ls`" in again.stderr
