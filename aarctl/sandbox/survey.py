"""What this machine can do for a sandbox: facts, each tried or read, none assumed.

`gather` asks everything at once, each question within its own time limit; whoever decides on these facts is pure
(choose.py, diagnosis.py). A fact that is missing carries the sentence that says why, with the next step.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, cast

import msgspec

from aarctl.sandbox import cgroups, images, seccomp
from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.engine import DEFAULT_SOCKET, Engine, EngineInfo
from aarctl.sandbox.images import Image
from aarctl.sandbox.probe import probe
from aarctl.sandbox.protocol import Backend, CannotStart, Capabilities, SandboxError

ANSWER_S = 30.0  # alive it answers in milliseconds, woken by its socket in seconds; given up, it costs the isolation
ENGINE_S = 60.0
CONTAINER_S = 120.0
WORDS = 300  # of an engine's complaint
BUBBLEWRAP_S = 60.0
NOT_ASKED = "not asked"

Part = Literal["engine", "bubblewrap"]
PARTS: tuple[Part, ...] = ("engine", "bubblewrap")

CGROUPS = Path("/sys/fs/cgroup")
SECCOMP = Path("/proc/sys/kernel/seccomp/actions_avail")
CARDS = Path("/proc/driver/nvidia/gpus")


class Survey(msgspec.Struct, frozen=True):
    """The facts of one machine at one moment."""

    kernel: str
    """Name and release."""
    user: str
    """root | plain"""
    cgroup: str
    """"cgroup v1", "cgroup v2", or empty."""
    groups: bool
    """This user may make groups of it, and enter them: one was made."""
    seccomp: bool
    """The kernel filters system calls."""
    seccomp_program: bool
    """libseccomp is here to compile the filter for bubblewrap; an engine brings its own."""
    gpus: tuple[str, ...] = ()
    """Models of the NVIDIA cards that the kernel's driver knows."""
    nvml: bool = True
    """The package is here by which a run finds cards and leases them."""
    engine: EngineInfo | None = None
    engine_missing: str = NOT_ASKED
    image: Image | None = None
    image_missing: str = NOT_ASKED
    docker: Capabilities | None = None
    """What a probe container really gave; None where none was tried or none worked."""
    docker_missing: str = NOT_ASKED
    bubblewrap: Capabilities | None = None
    """What a probe sandbox really gave; None where none ran."""
    bubblewrap_missing: str = NOT_ASKED


async def gather(parts: Iterable[Part] = PARTS) -> tuple[Survey, Engine | None]:
    """The facts, and the engine that was found, connected: close it, or make sandboxes with it."""
    wanted = set(parts)
    engine, tried = await asyncio.gather(
        reach() if "engine" in wanted else _nothing(), _bubblewrap() if "bubblewrap" in wanted else _nothing()
    )
    found, why = engine
    image, image_why = await _image(found) if isinstance(found, Engine) else (None, NOT_ASKED)
    survey = Survey(
        kernel=f"{platform.system()} {platform.release()}",
        user="root" if os.geteuid() == 0 else "plain",
        cgroup=cgroup_version(CGROUPS),
        groups=await asyncio.to_thread(cgroups.find) is not None,
        seccomp=SECCOMP.exists(),
        seccomp_program=seccomp.program() is not None,
        gpus=cards(CARDS),
        nvml=find_spec("pynvml") is not None,
        engine=found.info if isinstance(found, Engine) else None,
        engine_missing=why,
        image=image,
        image_missing=image_why,
        bubblewrap=tried[0] if isinstance(tried[0], Capabilities) else None,
        bubblewrap_missing=tried[1],
    )
    return survey, found if isinstance(found, Engine) else None


async def tried(facts: Survey, engine: Engine | None, home: str = "") -> Survey:
    """The facts, with a container started and removed on the engine where there is an image to start it from."""
    if engine is None or facts.image is None:
        return msgspec.structs.replace(facts, docker_missing=facts.image_missing if engine else facts.engine_missing)
    try:
        async with asyncio.timeout(CONTAINER_S):
            found = await probe(cast(Backend, await DockerBackend.start(engine, facts.image.id, home)), home)
    except TimeoutError:
        why = f"{engine.info.words} did not start, run and remove a container in {CONTAINER_S:g} s: restart it"
        return msgspec.structs.replace(facts, docker_missing=why)
    except SandboxError as error:
        why = f"{engine.info.words} cannot start a container of the image: {_short(str(error))}"
        return msgspec.structs.replace(facts, docker_missing=why)
    return msgspec.structs.replace(facts, docker=found, docker_missing="")


def _short(text: str) -> str:
    """An engine's words, which may quote a whole request, as their beginning and their end."""
    return text if len(text) <= WORDS else f"{text[: WORDS // 2]} [...] {text[-WORDS // 2 :]}"


async def _nothing() -> tuple[None, str]:
    return None, NOT_ASKED


async def reach(patience_s: float = ANSWER_S) -> tuple[Engine | None, str]:
    """The engine that the environment names, connected; or None and why. One that hangs is given up."""
    host = os.environ.get("DOCKER_HOST") or DEFAULT_SOCKET
    try:
        async with asyncio.timeout(patience_s):
            await answers(host)
        async with asyncio.timeout(ENGINE_S):
            return await Engine.connect(), ""
    except TimeoutError:
        return None, f"the engine at {host} takes requests and does not answer: restart it"
    except SandboxError as error:
        return None, str(error)


async def answers(host: str) -> None:
    """Return once an engine on a unix socket has answered. Anything else about it is Engine.connect's to say."""
    if not host.startswith("unix://"):
        return
    try:
        reader, writer = await asyncio.open_unix_connection(host.removeprefix("unix://"))
    except OSError:
        return
    try:
        writer.write(b"GET /_ping HTTP/1.0\r\n\r\n")
        await reader.read(1)
    except OSError:
        pass
    finally:
        writer.close()


async def _image(engine: Engine) -> tuple[Image | None, str]:
    try:
        async with asyncio.timeout(ENGINE_S):
            return await images.find(engine), ""
    except TimeoutError:
        return None, f"{engine.info.words} does not say which images it has: restart it"
    except CannotStart as error:
        return None, str(error)


async def _bubblewrap() -> tuple[Capabilities | None, str]:
    backend = BubblewrapBackend()
    try:
        async with asyncio.timeout(BUBBLEWRAP_S):
            return await probe(cast(Backend, backend)), ""
    except TimeoutError:
        return None, f"bubblewrap: a probe sandbox did not come to an end in {BUBBLEWRAP_S:g} s"
    except SandboxError as error:
        return None, str(error)


def cgroup_version(root: Path) -> str:
    """Which cgroups count memory on this machine: a hybrid one counts it with version 1."""
    if (root / "memory").is_dir():
        return "cgroup v1"
    return "cgroup v2" if (root / "cgroup.controllers").exists() else ""


def cards(root: Path) -> tuple[str, ...]:
    """Models of the NVIDIA cards below the driver's folder in /proc, in the order of their bus addresses."""
    found = []
    for folder in sorted(root.glob("*")):
        try:
            text = (folder / "information").read_text()
        except OSError:
            continue
        found += [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Model:")]
    return tuple(found)
