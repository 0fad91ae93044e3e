"""Build an image on the engine, with progress. The engine's cache makes a second build a matter of seconds.

The engine streams what it does over one connection and gives up when that closes; so the stream is read in a thread of
its own that dies with this process, and an interrupted build ends by itself, keeping the steps it finished.
Room on the disk is looked at first: it is better to be told at once than after a gigabyte of downloads.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Literal

from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images.context import pack
from aarctl.sandbox.images.find import Image, ImageMissing, ls, read
from aarctl.sandbox.images.said import BuildFailed, DiskFull, Progress, Reader
from aarctl.sandbox.images.tags import base_tag, labels, researcher_tag

Kind = Literal["base", "cpu", "gpu"]

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PIPS_OWN = ""  # whatever index pip is set up with; for Linux its torch is the CUDA build
TORCH_INDEX: dict[Kind, str] = {"base": PIPS_OWN, "cpu": CPU_INDEX, "gpu": PIPS_OWN}
ROOM_BYTES: dict[Kind, int] = {"base": 1 << 30, "cpu": 4 << 30, "gpu": 18 << 30}
"""Free disk that a first build of each needs, downloads and the layer being written included."""


def tag_of(kind: Kind) -> str:
    """The tag that a build of `kind` gives."""
    return base_tag() if kind == "base" else researcher_tag(kind)


async def build(
    engine: Engine,
    kind: Kind,
    *,
    torch_index: str | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Image:
    """Build and tag the image `kind` from this aarctl's sources.

    `torch_index`: where pip finds torch instead of TORCH_INDEX; "" for pip's own configuration in the base image.
    Raises BuildFailed, DiskFull and NoNetwork among them, and what Engine.call raises.
    """
    tag, index = tag_of(kind), TORCH_INDEX[kind] if torch_index is None else torch_index
    await _check_room(engine, kind, tag)
    arguments = {} if kind == "base" else {"TORCH_INDEX": index}
    target = "base" if kind == "base" else "researcher"
    await run(engine, pack(), on_progress, target=target, tag=tag, labels=labels(), buildargs=arguments)
    try:
        return await read(engine, tag)
    except ImageMissing:
        raise BuildFailed(f"{engine.info.words} ended the build without an image and without a reason") from None


async def run(engine: Engine, context: bytes, on_progress: Callable[[Progress], None], **options: Any) -> None:
    """One build to its end, whatever is built; `options` are docker-py's. Raises BuildFailed."""
    options |= {"custom_context": True, "use_config_proxy": True, "rm": True, "forcerm": True, "decode": True}
    reader = Reader()
    stream = await engine.call(lambda client: client.api.build(fileobj=io.BytesIO(context), **options))
    async with contextlib.aclosing(_messages(stream)) as messages:
        async for message in messages:
            if isinstance(message, Exception):
                raise reader.failure(f"{engine.info.words} broke off: {message}")
            if progress := reader.read(message):
                on_progress(progress)


async def _messages(stream: Iterator[dict[str, Any]]) -> AsyncGenerator[dict[str, Any] | Exception]:
    """What the engine streams; last, if it breaks, the reason."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | Exception | None]()
    wanted = True

    def put(message: dict[str, Any] | Exception | None) -> None:
        if wanted:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(queue.put_nowait, message)

    def read() -> None:
        try:
            for message in stream:
                if not wanted:
                    return
                put(message)
        except Exception as error:  # noqa: BLE001  a thread's root: whatever it is, the caller must hear of it
            put(error)
        put(None)

    threading.Thread(target=read, name="build", daemon=True).start()
    try:
        while (message := await queue.get()) is not None:
            yield message
    finally:
        wanted = False


async def _check_room(engine: Engine, kind: Kind, tag: str) -> None:
    """Raises DiskFull when the engine's disk surely is too small. Of a remote engine nothing is known."""
    if not engine.info.local:
        return
    again = any(image.tag == tag for image in await ls(engine))
    where = str(await engine.call(lambda client: client.info()["DockerRootDir"]))
    try:
        disk = os.statvfs(where)
    except OSError:
        return  # not for this user to see, or on a machine inside this one
    check_room(tag, where, ROOM_BYTES["base" if again else kind], disk.f_bavail * disk.f_frsize)


def check_room(tag: str, where: str, needed_bytes: int, free_bytes: int) -> None:
    """Raises DiskFull, with what to do, when there is less than is needed."""
    if free_bytes < needed_bytes:
        raise DiskFull(
            f"{tag} needs about {needed_bytes / 1e9:.0f} GB in {where}, and {free_bytes / 1e9:.1f} GB are free: "
            "make room (`docker system df` shows what takes it), then give the same command again"
        )
