"""The backends under attack on this machine, and their traits: what a known difference of outcome is written against.

The process backend isolates nothing. Here it is the proof that the attempts are real: without walls they succeed.
"""

from __future__ import annotations

import os
from typing import cast

from aarctl.sandbox import images
from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import Backend, Capabilities

NAMES = ("bubblewrap", "docker")
HOME = "e5ca9e0000000000"
"""The home that its containers are labelled with."""
EACH_PROCESS = "limits for each process"
NO_QUOTA = "no disk quota"
NO_SECCOMP = "no seccomp"
KERNELS_CHOICE = frozenset({NO_SECCOMP, "bubblewrap without seccomp"})
"""Traits of which a difference may come or not, by the kernel's own settings; of all others it must."""


def unisolated() -> Backend:
    """The backend without walls."""
    return cast(Backend, ProcessBackend())


def bubblewrap() -> Backend:
    """Namespaces alone."""
    return cast(Backend, BubblewrapBackend())


async def docker(engine: Engine) -> Backend:
    """Containers of the image of this tree's own sources."""
    return cast(Backend, await DockerBackend.start(engine, images.base_tag(), HOME))


def traits(name: str, capabilities: Capabilities) -> frozenset[str]:
    """What of the backend, here and now, a difference may rest on."""
    found = {name}
    if os.geteuid() == 0:
        found.add(f"{name} as root")
    if not capabilities.quota:
        found.add(NO_QUOTA)
    if not capabilities.seccomp:
        found |= {NO_SECCOMP, f"{name} without seccomp"}
    if "cgroup" not in capabilities.limits:
        found.add(EACH_PROCESS)
        if os.geteuid() == 0:
            found.add(f"{name} as root without a cgroup")
    return frozenset(found)
