"""`aarctl images`: the images that Docker sandboxes start from."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from . import figures, shapes, speak
from .command import AsJson

if TYPE_CHECKING:
    from ..sandbox.docker.engine import Engine
    from ..sandbox.images import Image
    from ..sandbox.images.build import Kind
    from ..sandbox.images.said import Progress

T = TypeVar("T")
PIP = "pip"

app = typer.Typer(help="Make the images that sandboxes start from.", rich_markup_mode=None, no_args_is_help=True)


Variant = Annotated[
    Literal["auto", "cpu", "gpu"], typer.Option(help="With CUDA or without; auto: what the engine can use.")
]
BaseOnly = Annotated[bool, typer.Option("--base-only", help="The small image, without torch: for tests of sandboxes.")]
TorchIndex = Annotated[
    str | None,
    typer.Option(metavar="URL", help=f'Where pip finds torch, if elsewhere; "{PIP}": where it finds all else.'),
]
Tags = Annotated[list[str] | None, typer.Argument(metavar="TAG", help="As `aarctl images ls` has them.")]
Stale = Annotated[bool, typer.Option("--stale", help="All that are not ready in `aarctl images ls`.")]


@app.callback()
def root() -> None:
    """Make the images that sandboxes start from."""


@app.command("build")
def build(
    variant: Variant = "auto",
    base_only: BaseOnly = False,
    torch_index: TorchIndex = None,
    as_json: AsJson = False,
) -> None:
    """Build the image that researchers work in.

    Needs a Docker engine, a network, and about 4 GB of disk (18 with CUDA). Steps that are done already are not done
    again, so after an upgrade of aarctl it takes seconds. Progress goes to stderr.
    """
    made = _with_engine(lambda engine: _build(engine, "base" if base_only else variant, torch_index))
    if as_json:
        return speak.dump(made)
    size = f"{made.image.size_bytes / 1e9:.1f} GB"
    return speak.say(f"{made.image.tag} is ready: {size}, in {figures.duration(made.seconds)}")


@app.command("ls")
def ls(as_json: AsJson = False) -> None:
    """List the images of aarctl on the engine."""
    from ..sandbox.images import ls as found

    images = [_row(image) for image in _with_engine(found)]
    if as_json:
        return speak.dump(shapes.Images(images=images))
    if not images:
        return speak.say("no images yet; `aarctl images build` makes one")
    return speak.table(
        ("image", "id", "#size", "built", "state"),
        [
            (each.tag or "-", each.id.removeprefix("sha256:")[:12], f"{each.size_bytes / 1e9:.2f} GB",
             each.built_at.replace("T", " ")[:16] + "Z", each.stale or "ready")
            for each in images
        ],
    )  # fmt: skip


@app.command("rm")
def rm(tags: Tags = None, stale: Stale = False, as_json: AsJson = False) -> None:
    """Remove images by tag, or those that are of no use any more."""
    if bool(tags) == stale:
        raise typer.BadParameter("name the images, or give --stale; not both")
    gone = shapes.ImagesRemoved(removed=_with_engine(lambda engine: _remove(engine, tags or [], stale)))
    if as_json:
        return speak.dump(gone)
    return speak.say(f"removed {', '.join(gone.removed)}" if gone.removed else "nothing to remove")


def _with_engine(work: Callable[[Engine], Awaitable[T]]) -> T:
    from ..sandbox.docker.engine import Engine

    async def whole() -> T:
        engine = await Engine.connect()
        try:
            return await work(engine)
        finally:
            engine.close()

    return asyncio.run(whole())


async def _build(engine: Engine, asked: Kind | Literal["auto"], torch_index: str | None) -> shapes.ImageBuilt:
    from ..sandbox import images
    from ..sandbox.images.build import build as image_build
    from .progress import display

    kind: Kind = images.variant_for(engine.info) if asked == "auto" else asked
    began = time.monotonic()
    with display(err=True) as shown:

        def progress(now: Progress) -> None:
            where = f"step {now.step} of {now.steps}" if now.step else "beginning"
            if now.new_step:
                shown.line(f"{where}: {now.doing}")
            shown.update(f"{where}: {now.said or now.doing}")

        index = "" if torch_index == PIP else torch_index
        image = await image_build(engine, kind, torch_index=index, on_progress=progress)
    return shapes.ImageBuilt(image=_row(image), seconds=round(time.monotonic() - began, 3))


async def _remove(engine: Engine, tags: list[str], stale: bool) -> list[str]:
    from ..sandbox import images

    if stale:
        tags = [image.tag or image.id for image in await images.ls(engine) if image.stale]
    for tag in tags:
        await images.rm(engine, tag)
    return tags


def _row(image: Image) -> shapes.ImageRow:
    return shapes.ImageRow(
        tag=image.tag, id=image.id, digest=image.digest, size_bytes=image.size_bytes, built_at=image.created,
        stale=image.stale,
    )  # fmt: skip
