"""Machines as a survey might find them, for tests of what is decided on its facts."""

from __future__ import annotations

from aarctl.sandbox.docker.engine import EngineInfo
from aarctl.sandbox.images import Image
from aarctl.sandbox.protocol import Capabilities
from aarctl.sandbox.survey import Survey

NO_ENGINE = "no Docker engine runs here: install Docker and start it"
NO_IMAGE = "no image aarctl/researcher on Docker 27: run `aarctl images build`"
NO_BWRAP = "bubblewrap: no bwrap in PATH; install the package bubblewrap"

BARE = Survey(
    kernel="Linux 6", user="plain", cgroup="cgroup v2", groups=True, seccomp=True, seccomp_program=True,
    engine_missing=NO_ENGINE, image_missing=NO_ENGINE, docker_missing=NO_ENGINE, bubblewrap_missing=NO_BWRAP,
)  # fmt: skip
"""A machine with nothing."""

ENGINE = EngineInfo(
    name="Docker", version="27", host="unix:///run/docker.sock", local=True, cgroup="cgroup v2", seccomp=True,
    rootless=False, storage="overlay2", runtimes=("runc",),
)  # fmt: skip

IMAGE = Image("aarctl/researcher:1-cpu", "sha256:0123456789abcdef", "sha256:01", 10**9, "2026-11-21", "")

CONTAINER = Capabilities(
    isolated=True, freeze="signals, then cgroup", quota=True, kernel_isolation=False, gpu=False, seccomp=True,
    limits="cgroup v2", engine="Docker 27",
)  # fmt: skip

BUBBLEWRAP = Capabilities(
    isolated=True, freeze="signals", quota=False, kernel_isolation=False, gpu=False, seccomp=True, limits="cgroup v2"
)
