"""The images that are here: find the one to start a sandbox from, list them, remove them.

Errors, each with the next step:
    CannotStart
    |-- ImageMissing   never built on this engine
    `-- ImageStale     built from another aarctl's sources
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images.tags import KEEPER_LABEL, base_tag, labels, researcher_tag, variant_for
from aarctl.sandbox.protocol import Busy, CannotStart, NotFound


class ImageMissing(CannotStart):
    """The image was never built on this engine."""


class ImageStale(CannotStart):
    """The image was built from other sources than these."""


class Image(msgspec.Struct, frozen=True):
    """An image on an engine."""

    tag: str
    """Empty once a newer build has taken the tag over."""
    id: str
    """What the engine calls it: "sha256:" and the digest of its configuration, which names every layer's digest."""
    digest: str
    """What a registry calls it; an image that was built here and never pushed has only its id, given again."""
    size_bytes: int
    created: str
    """ISO 8601, by the engine's clock."""
    stale: str
    """Why it is of no use: "another keeper", "another lab", "another keeper and lab", "replaced"; empty: it is."""


async def find(engine: Engine, tag: str | None = None) -> Image:
    """The image `tag`, by default the researchers' for this machine. Raises ImageMissing, ImageStale."""
    image = await read(engine, tag or researcher_tag(variant_for(engine.info)))
    if image.stale:
        raise ImageStale(f"image {image.tag} has {image.stale} than this aarctl: {_next_step(image.tag)}")
    return image


async def read(engine: Engine, tag: str) -> Image:
    """The image `tag`, whatever it was built from. Raises ImageMissing."""
    try:
        return await engine.call(lambda client: describe(tag, client.images.get(tag).attrs, labels()))
    except NotFound:
        raise ImageMissing(f"no image {tag} on {engine.info.words}: {_next_step(tag)}") from None


async def ls(engine: Engine) -> list[Image]:
    """Every image of ours on the engine, whatever its version, by tag; last those that lost theirs."""

    def work(client: Any) -> list[Image]:
        from docker.errors import ImageNotFound

        wanted, found = labels(), []
        for each in client.api.images(filters={"label": KEEPER_LABEL}):
            with suppress(ImageNotFound):  # removed since it was listed
                found.append(client.api.inspect_image(each["Id"]))
        return [describe(tag, each, wanted) for each in found for tag in each.get("RepoTags") or [""]]

    return sorted(await engine.call(work), key=lambda image: (not image.tag, image.tag, image.created))


async def rm(engine: Engine, name: str) -> None:
    """Remove an image of ours by its tag or id. Raises ImageMissing, and Busy while a sandbox uses it."""
    if not any(name in (image.tag, image.id) for image in await ls(engine)):
        raise ImageMissing(f"no image of aarctl is called {name!r} on {engine.info.words}: see `aarctl images ls`")
    try:
        await engine.call(lambda client: client.images.remove(name))
    except Busy as error:
        raise Busy(f"image {name} is in use: stop its run, or `aarctl sandboxes prune` ({error})") from None


def describe(tag: str, attrs: Mapping[str, Any], wanted: Mapping[str, str]) -> Image:
    """What the engine tells of an image, seen from an aarctl whose labels are `wanted`."""
    has = (attrs.get("Config") or {}).get("Labels") or {}
    other = [label.removeprefix("aarctl.") for label, digest in wanted.items() if has.get(label) != digest]
    return Image(
        tag=tag,
        id=attrs["Id"],
        digest=next(iter(attrs.get("RepoDigests") or ()), attrs["Id"]),
        size_bytes=int(attrs.get("Size") or 0),
        created=str(attrs.get("Created") or ""),
        stale="replaced" if not tag else f"another {' and '.join(other)}" if other else "",
    )


def _next_step(tag: str) -> str:
    return f"run `aarctl images build{' --base-only' if tag == base_tag() else ''}`"
