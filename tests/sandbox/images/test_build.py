"""Builds on a real engine: progress, cache, and every way to end without an image."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aarctl.sandbox import images
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images.build import build, check_room, run
from aarctl.sandbox.images.said import BuildFailed, DiskFull, NoNetwork, Progress
from aarctl.sandbox.protocol import NotFound

TRIAL = f"aarctl/trial:{os.getpid()}"
PATIENCE_S = 120.0


def context(*lines: str) -> bytes:
    """A build context of a Dockerfile alone, on the ground that is here."""
    text = "\n".join(("FROM python:3.11-slim", *lines)).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return out.getvalue()


@pytest.fixture
async def engine(docker_engine: Engine) -> AsyncIterator[Engine]:
    yield docker_engine
    with contextlib.suppress(NotFound):
        await docker_engine.call(lambda client: client.images.remove(TRIAL, force=True))


async def trial(engine: Engine, *lines: str, **options: Any) -> list[Progress]:
    """Build a few lines; what was told on the way."""
    seen: list[Progress] = []
    await run(engine, context(*lines), seen.append, tag=TRIAL, **options)
    return seen


async def test_progress_tells_each_step_and_what_it_says(engine: Engine) -> None:
    seen = await trial(engine, "RUN echo one && echo two", nocache=True)
    assert [(now.step, now.doing) for now in seen if now.new_step] == [
        (1, "FROM python:3.11-slim"),
        (2, "RUN echo one && echo two"),
    ]
    assert "two" in {now.said for now in seen if now.step == 2}


async def test_the_base_image_builds_from_the_cache_and_is_ready(engine: Engine) -> None:
    seen: list[Progress] = []
    image = await build(engine, "base", on_progress=seen.append)
    assert image.tag == images.base_tag() and not image.stale
    assert seen[-1].step == seen[-1].steps and any("Using cache" in now.said for now in seen)


async def test_a_failing_step_is_named_with_its_last_words(engine: Engine) -> None:
    with pytest.raises(BuildFailed, match=r"^step 2 of 2 .*failed: error: no such dish"):
        await trial(engine, "RUN echo 'error: no such dish' && false")


async def test_a_full_disk_is_named(engine: Engine) -> None:
    with pytest.raises(DiskFull, match="free some"):
        await trial(engine, "RUN head -c 1G /dev/zero > /dev/shm/full")


async def test_a_missing_network_is_named(engine: Engine) -> None:
    fetch = "import urllib.request as r; r.urlopen('http://deb.example/')"
    with pytest.raises(NoNetwork, match="connect this machine"):
        await trial(engine, f'RUN python -c "{fetch}"', network_mode="none")


async def test_a_ground_that_no_registry_has_is_a_build_that_failed(engine: Engine) -> None:
    text = context().replace(b"python:3.11-slim", b"aarctl/nothings:")
    with pytest.raises(BuildFailed, match=r"step 1 of 1|the build"):
        await run(engine, text, lambda _: None, tag=TRIAL)


@pytest.mark.parametrize("free", [0, (4 << 30) - 1])
def test_too_small_a_disk_is_refused_with_both_numbers(free: int) -> None:
    with pytest.raises(DiskFull, match=r"needs about 4 GB in /var/lib/docker, and \d\.\d GB are free: make room"):
        check_room("aarctl/researcher:1-cpu", "/var/lib/docker", 4 << 30, free)
    check_room("aarctl/researcher:1-cpu", "/var/lib/docker", 4 << 30, 4 << 30)


INTERRUPTED = """
import asyncio, sys
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images.build import run
from tests.sandbox.images.test_build import context

async def main():
    engine = await Engine.connect()
    await run(engine, context(f"RUN sleep {sys.argv[1]}"), lambda now: print(now.said, flush=True))

asyncio.run(main())
"""


def building(engine: Engine, mark: str) -> list[Any]:
    """The containers of a step that mentions the mark."""
    containers = asyncio.run(engine.call(lambda client: client.api.containers()))
    return [each for each in containers if mark in each["Command"]]


def test_an_interrupted_build_leaves_no_step_running(docker_engine: Engine) -> None:
    mark = f"{os.getpid()}{time.monotonic_ns() % 10**6}"
    builder = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, mark], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert builder.stdout is not None
    try:
        assert any("Running in" in line for line in builder.stdout)
        wait_for(lambda: bool(building(docker_engine, mark)), "the step never ran")
        builder.send_signal(signal.SIGINT)
        builder.wait(PATIENCE_S)
        wait_for(lambda: not building(docker_engine, mark), "the step went on without its builder")
    finally:
        builder.kill()
        builder.wait(PATIENCE_S)
        for step in building(docker_engine, mark):  # none, unless the test has failed
            end = docker_engine.call(lambda client, id=step["Id"]: client.api.remove_container(id, force=True))  # type: ignore[misc]
            with contextlib.suppress(NotFound):
                asyncio.run(end)


def wait_for(condition: Callable[[], bool], complaint: str) -> None:
    """Ask the engine until it is so. Raises AssertionError with the complaint."""
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < limit, complaint
        time.sleep(0.05)
