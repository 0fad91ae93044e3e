"""What only a try can tell about an engine: whether it sees this machine's files, and whether a volume has a quota."""

from __future__ import annotations

import secrets
import tempfile
from typing import TYPE_CHECKING

import msgspec

from aarctl.sandbox.docker.container import HOME
from aarctl.sandbox.docker.engine import PODMAN, EngineInfo
from aarctl.sandbox.protocol import CannotStart

if TYPE_CHECKING:
    from docker import DockerClient


class Abilities(msgspec.Struct, frozen=True):
    """What was tried."""

    visible: bool
    """A folder of this machine can be mounted: the engine is here, not behind a forwarded socket or in a machine."""
    quota: bool
    """A volume of a given size can be made."""
    by_file: bool
    """It takes a seccomp profile as the path of a file."""


def try_out(client: DockerClient, info: EngineInfo, image: str, home: str) -> Abilities:
    """Try both, leaving nothing. Blocks. Raises CannotStart where a sandbox would lack its seccomp profile."""
    visible = _visible(client, image, home)
    if info.name != PODMAN:
        return Abilities(visible, _quota(client, home), by_file=False)
    if not visible:
        raise CannotStart(
            f"{info.words} at {info.host} reads seccomp profiles from its own machine's files, which we cannot write: "
            "run aarctl on that machine, or use Docker there"
        )
    return Abilities(visible, quota=False, by_file=True)  # it takes a volume's size and does not keep it


def _visible(client: DockerClient, image: str, home: str) -> bool:
    import docker.errors

    with tempfile.TemporaryDirectory(prefix="aarctl-seen-") as folder:
        mount = {"Type": "bind", "Source": folder, "Target": "/seen", "ReadOnly": True}
        config = {"Image": image, "Cmd": ["true"], "Labels": {HOME: home}, "HostConfig": {"Mounts": [mount]}}
        try:
            made = client.api.create_container_from_config(config)["Id"]  # refused where the folder is not there
        except docker.errors.APIError as error:
            if "bind" in str(error) or "no such file" in str(error):
                return False
            raise
        client.api.remove_container(made, force=True)
        return True


def _quota(client: DockerClient, home: str) -> bool:
    import docker.errors

    name = f"aarctl-probe-{secrets.token_hex(6)}"
    try:
        client.api.create_volume(name, driver="local", driver_opts={"size": "16m"}, labels={HOME: home})
    except docker.errors.APIError:
        return False
    client.api.remove_volume(name, force=True)
    return True
