"""Finding, listing and removing images on a real engine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from aarctl.sandbox import images
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images.build import run
from aarctl.sandbox.images.find import describe
from aarctl.sandbox.protocol import Busy

from .test_build import context

MINE = f"aarctl/trial:{os.getpid()}-find"
LABELS = {"aarctl.keeper": "k1", "aarctl.lab": "l1"}


@pytest.fixture
async def mine(docker_engine: Engine) -> AsyncIterator[str]:
    """A tag of this test's own on the base image."""
    await docker_engine.call(lambda client: client.images.get(images.base_tag()).tag(MINE))
    yield MINE
    if MINE in {image.tag for image in await images.ls(docker_engine)}:
        await docker_engine.call(lambda client: client.images.remove(MINE))


async def test_the_base_image_is_found_with_its_id(docker_engine: Engine) -> None:
    image = await images.read(docker_engine, images.base_tag())
    assert image.tag == images.base_tag() and image.id.startswith("sha256:") and image.digest
    assert image.size_bytes > 1e7 and image.created.startswith("20")


async def test_an_image_that_is_not_here_names_the_command_that_makes_it(docker_engine: Engine) -> None:
    with pytest.raises(images.ImageMissing, match=r"no image aarctl/researcher:0-cpu .*: run `aarctl images build`$"):
        await images.find(docker_engine, "aarctl/researcher:0-cpu")


async def test_an_image_of_other_sources_is_refused_with_the_command_that_renews_it(docker_engine: Engine) -> None:
    await run(docker_engine, context("LABEL aarctl.keeper=another aarctl.lab=another"), lambda _: None, tag=MINE)
    try:
        with pytest.raises(images.ImageStale, match=r"another keeper and lab than .*: run `aarctl images build`$"):
            await images.find(docker_engine, MINE)
    finally:
        await images.rm(docker_engine, MINE)


async def test_the_list_has_every_tag_of_ours_and_no_other_image(docker_engine: Engine, mine: str) -> None:
    listed = [image.tag for image in await images.ls(docker_engine)]
    assert {mine, images.base_tag()} <= set(listed) and "python:3.11-slim" not in listed


async def test_removing_a_tag_leaves_the_others_of_the_image(docker_engine: Engine, mine: str) -> None:
    await images.rm(docker_engine, mine)
    left = {image.tag for image in await images.ls(docker_engine)}
    assert mine not in left and images.base_tag() in left


async def test_an_image_that_is_not_ours_is_never_removed(docker_engine: Engine) -> None:
    with pytest.raises(images.ImageMissing, match="aarctl images ls"):
        await images.rm(docker_engine, "python:3.11-slim")
    assert await docker_engine.call(lambda client: client.images.list("python:3.11-slim"))


async def test_an_image_in_use_stays_and_its_user_is_named(docker_engine: Engine) -> None:
    await run(docker_engine, context("LABEL aarctl.keeper=old"), lambda _: None, tag=MINE)
    box = await docker_engine.call(lambda client: client.containers.create(MINE, "true"))
    try:
        with pytest.raises(Busy, match=r"in use: stop its run, or `aarctl sandboxes prune`"):
            await images.rm(docker_engine, MINE)
    finally:
        await docker_engine.call(lambda _: box.remove(force=True))
        await images.rm(docker_engine, MINE)


@pytest.mark.parametrize(
    ("tag", "has", "stale"),
    [
        ("aarctl/base:1", LABELS, ""),
        ("aarctl/base:1", {**LABELS, "aarctl.keeper": "k0"}, "another keeper"),
        ("aarctl/base:1", {"aarctl.keeper": "k1"}, "another lab"),
        ("aarctl/base:1", None, "another keeper and lab"),
        ("", LABELS, "replaced"),
    ],
)
def test_an_image_is_judged_by_its_labels_and_its_tag(tag: str, has: dict[str, str] | None, stale: str) -> None:
    attrs = {"Id": "sha256:1", "Size": 5, "Created": "2026-01-01T00:00:00Z", "Config": {"Labels": has}}
    assert describe(tag, attrs, LABELS) == images.Image(tag, "sha256:1", "sha256:1", 5, "2026-01-01T00:00:00Z", stale)


def test_a_pushed_image_is_known_by_the_registrys_digest() -> None:
    attrs = {"Id": "sha256:1", "RepoDigests": ["lab.example/aarctl/researcher@sha256:2"], "Config": {}}
    assert describe("t", attrs, {}).digest == "lab.example/aarctl/researcher@sha256:2"
