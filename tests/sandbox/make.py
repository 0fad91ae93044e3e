"""Backends by name, and where their workspaces lie on this machine, for tests that go for all of them."""

from __future__ import annotations

import os
from pathlib import Path

from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.container import workspace_volume
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images import base_tag, find
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import Backend, SandboxSpec

IMAGE = "AARCTL_TEST_IMAGE"


async def backend_named(name: str, home: str) -> Backend:
    """A backend of its own; Docker's with the small image. Raises CannotStart where it does not work."""
    if name == "docker":
        engine = await Engine.connect()
        if IMAGE not in os.environ:  # found once: child processes of a test use the same
            os.environ[IMAGE] = (await find(engine, base_tag())).id
        return await DockerBackend.start(engine, os.environ[IMAGE], home)
    return {"bubblewrap": BubblewrapBackend, "process": ProcessBackend}[name]()


async def ground(backend: Backend, spec: SandboxSpec) -> Path:
    """The workspace of a sandbox as a folder of this machine."""
    if not isinstance(backend, DockerBackend):
        return spec.workspace
    seen = await backend.engine.call(lambda client: client.api.inspect_volume(workspace_volume(spec)))
    return Path(seen["Mountpoint"])
