"""What a sandbox is to the engine: one container's options, computed from the spec and nothing else.

All of the hardening is here and on at once: no network, a read-only root, no capabilities but the three that let the
keeper become the researcher and signal it, no way to gain more, our own seccomp profile, limits, private everything.
Invariant: the same spec gives the same options, and a name from which the sandbox can be told (run and name cannot
be read two ways: a sandbox's name has no dot).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from aarctl.sandbox.egress import relay
from aarctl.sandbox.environment import isolated
from aarctl.sandbox.protocol import SandboxSpec

USER = 1000  # the researcher's uid and gid, as the image has it
ROOM = "/run/aarctl"  # root's alone, in memory: the keeper's socket
SOCKET = f"{ROOM}/keeper.sock"
SPOOL = "/spool"  # root's alone
KEEPER = ["python", "-I", "-S", "/opt/keeper/aarctl/sandbox/keeper.py"]
LAB = "/opt/aarctl"
PATH = "/usr/local/bin:/usr/bin:/bin"
BRIDGE = [*KEEPER, "bridge", "--listen", SOCKET]
CAPABILITIES = ["KILL", "SETGID", "SETUID"]
ROOM_BYTES = 1 << 20

HOME, RUN, NAME, EPOCH, SPEC = "aarctl.home", "aarctl.run", "aarctl.name", "aarctl.epoch", "aarctl.spec"
"""Labels of containers and volumes."""

Mount = dict[str, Any]


def container_name(home: str, run: str, name: str) -> str:
    """The container of a sandbox."""
    return f"aarctl-{home[:8] or 'nohome'}-{run}.{name}"


def workspace_volume(spec: SandboxSpec) -> str:
    """The volume behind /workspace: specs of one run with the same workspace folder share it."""
    return f"{container_name(spec.home, spec.run, spec.workspace.name)}.workspace"


def spool_volume(spec: SandboxSpec) -> str:
    """The volume behind the spool."""
    return f"{container_name(spec.home, spec.run, spec.spool.name)}.spool"


def hollow_volume(spec: SandboxSpec, error: str) -> str:
    """The volume of `spec` that an engine's error says is without its folder; empty if the error says anything else.

    An engine that is killed while it makes a volume may know it by name and have made no folder: nothing is in it.
    """
    found = re.search(r"/([^/\s]+)/_data: no such file or directory", error)
    return found[1] if found and found[1] in (workspace_volume(spec), spool_volume(spec)) else ""


def environment(spec: SandboxSpec) -> dict[str, str]:
    """What every command finds in its environment."""
    return isolated(spec, PATH, LAB)


def options(spec: SandboxSpec, image: str, shown: Sequence[Mount], *, quota: bool, seccomp: str) -> dict[str, Any]:
    """The body of the engine's create request; `shown` are the mounts of the read-only folders."""
    limits = spec.limits
    size = {"size": str(limits.disk_bytes)} if quota and limits.disk_bytes else {}
    mounts = [
        _volume("/workspace", workspace_volume(spec), spec, size),
        _volume(SPOOL, spool_volume(spec), spec, {}),
        *shown,
    ]
    return {
        "Image": image,
        "Cmd": _keeper(spec),
        "Entrypoint": [],
        "User": "0:0",
        "WorkingDir": "/",
        "Hostname": "sandbox",
        "Env": [f"PATH={PATH}"],
        "Labels": {**labels(spec), EPOCH: str(spec.epoch), SPEC: pack(spec)},
        "NetworkDisabled": True,
        "HostConfig": {
            "NetworkMode": "none",
            "IpcMode": "private",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "CapAdd": CAPABILITIES,
            "SecurityOpt": ["no-new-privileges", f"seccomp={seccomp}"],
            "Mounts": mounts,
            "Tmpfs": {
                ROOM: f"rw,noexec,nosuid,nodev,mode=0700,size={ROOM_BYTES}",
                "/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={limits.tmp_bytes}",
            },
            "ShmSize": limits.tmp_bytes,
            "Memory": limits.memory_bytes or 0,
            "MemorySwap": limits.memory_bytes or 0,
            "NanoCpus": int((limits.cpus or 0) * 1e9),
            "PidsLimit": limits.pids or 0,
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
            "RestartPolicy": {"Name": "no"},
            **_devices(spec.devices),
        },
    }


def _keeper(spec: SandboxSpec) -> list[str]:
    """The keeper as process 1. Limits are the container's, as all sandboxes share one uid here."""
    out = [*KEEPER, "serve", "--run", spec.run, "--name", spec.name, "--workspace", "/workspace", "--spool", SPOOL]
    out += ["--listen", SOCKET, "--user", str(USER), "--silence-s", f"{spec.silence_s:g}"]
    out += relay.keeper_options(spec.egress)
    return out + (["--file-bytes", str(spec.limits.file_bytes)] if spec.limits.file_bytes is not None else [])


def _devices(devices: Sequence[str]) -> dict[str, Any]:
    """Leased devices and no others: NVIDIA ones by index, through their runtime; the rest by path."""
    cards = [one for one in devices if not one.startswith("/")]
    nodes = [one for one in devices if one.startswith("/")]
    out: dict[str, Any] = {}
    if cards:
        out["DeviceRequests"] = [{"Driver": "nvidia", "DeviceIDs": cards, "Capabilities": [["gpu"]]}]
    if nodes:
        out["Devices"] = [{"PathOnHost": one, "PathInContainer": one, "CgroupPermissions": "rw"} for one in nodes]
    return out


def _volume(inside: str, name: str, spec: SandboxSpec, driver: Mapping[str, str]) -> Mount:
    made = {"Labels": labels(spec), **({"DriverConfig": {"Name": "local", "Options": dict(driver)}} if driver else {})}
    return {"Type": "volume", "Source": name, "Target": inside, "VolumeOptions": made}


def labels(spec: SandboxSpec) -> dict[str, str]:
    """How containers and volumes of ours are found again."""
    return {HOME: spec.home, RUN: spec.run, NAME: spec.name}


def pack(spec: SandboxSpec) -> str:
    """A spec as a label's text."""
    return msgspec.json.encode(spec, enc_hook=str).decode()


def unpack(text: str) -> SandboxSpec:
    """The spec of a label. Raises msgspec.ValidationError for a label that is not ours."""
    return msgspec.json.decode(text, type=SandboxSpec, dec_hook=lambda _, value: Path(value))
