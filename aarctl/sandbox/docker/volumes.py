"""Folders of this machine shown read-only in a container: mounted as they are, or copied into a volume of their own.

A mount costs nothing, but works only where the engine sees our files and every user may read them; the researcher is
another user to the kernel. Else the folder's content goes into a volume named after that content, once.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from aarctl.sandbox.docker.container import HOME, Mount
from aarctl.sandbox.protocol import BadRequest, SandboxSpec

if TYPE_CHECKING:
    from docker import DockerClient

CONTENT = "aarctl.content"
BLOCK_BYTES = 1 << 20
FILLED = ".aarctl-filled"


def shown(client: DockerClient, spec: SandboxSpec, image: str, *, visible: bool) -> list[Mount]:
    """The mounts of the spec's read-only folders. Blocks. `visible`: the engine can mount this machine's files."""
    out = []
    for inside, source in spec.read_only.items():
        if not inside.startswith("/") or not source.exists():
            raise BadRequest(f"read_only[{inside!r}] = {source}: must be an absolute path inside, and exist here")
        source = source.resolve()
        if visible and open_to_all(source):
            out.append({"Type": "bind", "Source": str(source), "Target": inside, "ReadOnly": True})
        elif source.is_dir():
            name = filled(client, source, spec.home, image)
            out.append({"Type": "volume", "Source": name, "Target": inside, "ReadOnly": True})
        else:
            raise BadRequest(
                f"read_only[{inside!r}] = {source}: a single file must be readable by every user here; chmod a+r it"
            )
    return out


def open_to_all(path: Path) -> bool:
    """Whether any user who is shown this file or folder can read all of it."""
    mode = path.stat().st_mode
    if not stat.S_ISDIR(mode):
        return bool(mode & stat.S_IROTH)
    if not (mode & stat.S_IROTH and mode & stat.S_IXOTH):
        return False
    return all(entry.is_symlink() or open_to_all(Path(entry.path)) for entry in os.scandir(path))


def filled(client: DockerClient, folder: Path, home: str, image: str) -> str:
    """A volume that holds the folder's content, made and filled when there is none yet."""
    import docker.errors

    digest = content(folder)
    name = f"aarctl-{home[:8] or 'nohome'}-content.{digest[:16]}"
    mount = {"Type": "volume", "Source": name, "Target": "/content"}
    mount["VolumeOptions"] = {"Labels": {HOME: home, CONTENT: digest}}  # type: ignore[assignment]
    config = {"Image": image, "Cmd": ["true"], "Entrypoint": [], "Labels": {HOME: home, CONTENT: digest}}
    helper = client.api.create_container_from_config({**config, "HostConfig": {"Mounts": [mount]}})["Id"]
    try:
        try:
            client.api.get_archive(helper, f"/content/{FILLED}")  # written last: a fill that was cut off has none
        except docker.errors.NotFound:
            client.api.put_archive(helper, "/content", packed(folder))
    finally:
        client.api.remove_container(helper, force=True)
    return name


def content(folder: Path) -> str:
    """SHA-256 over the names and bytes of a folder's files, in path order."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{path.relative_to(folder)}\0{digest}\0".encode())
    return total.hexdigest()


def packed(folder: Path) -> bytes:
    """The folder as a tar that everybody may read and nobody but root may write."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", dereference=True) as tar:
        tar.add(folder, arcname=".", filter=plain)
        tar.addfile(tarfile.TarInfo(FILLED))
    return out.getvalue()
