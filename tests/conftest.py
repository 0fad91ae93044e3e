"""The Docker engine that tests run on, with an image of this tree's own sources.

Where there is none, what needs it is skipped and says why; with AARCTL_REQUIRE_DOCKER=1, as in CI, it fails instead.
A test that asks for `docker_engine` is marked `docker` by that alone.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from aarctl.sandbox import images
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images.build import build
from aarctl.sandbox.protocol import SandboxError

from .engine import without_docker

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of a shell that began this in the background: programs that
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests interrupt would ignore it too

settings.register_profile("a busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("a busy machine")  # how long an example takes says nothing about what it shows

GROUND = "python:3.11-slim"
"""What the Dockerfile begins with; scripts/test_base makes one where no registry answers."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever needs the engine, so that -m docker and -m 'not docker' choose."""
    for item in items:
        if "docker_engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Engine]:
    """A connected engine that has aarctl/base of the sources as they are now, built when it has to be (seconds)."""
    try:
        engine = asyncio.run(_with_base())
    except SandboxError as error:
        without_docker(str(error))
    yield engine
    engine.close()


async def _with_base() -> Engine:
    engine = await Engine.connect()
    try:
        await images.find(engine, images.base_tag())
    except (images.ImageMissing, images.ImageStale) as error:
        if not await engine.call(lambda client: client.images.list(GROUND)):
            raise images.ImageMissing(f"{error}; no {GROUND} is here to build it on: run scripts/test_base") from None
        await build(engine, "base")
    return engine
