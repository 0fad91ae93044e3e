"""A Docker daemon of our own, to be killed and started again: no other container on the machine notices.

It lives in its own network and mount namespaces, so it makes and deletes a docker0 of its own, and has its own folders.
Needs root, dockerd and unshare.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import docker
import docker.errors
import psutil

START_PATIENCE_S = 60.0


def lacking() -> str:
    """Why no daemon can be made here; empty when one can."""
    if os.geteuid() != 0:
        return "only root can start a Docker daemon"
    missing = [name for name in ("dockerd", "containerd", "unshare", "nsenter") if shutil.which(name) is None]
    return f"no {' and no '.join(missing)} in PATH" if missing else ""


class Daemon:
    """One dockerd below `folder`, and the containerd that it leaves its containers with, as on an installed system."""

    def __init__(self, folder: Path, volumes_mib: int = 0) -> None:
        """`volumes_mib`: all volumes lie on a disk of that size."""
        self.folder = folder
        self.host = f"unix://{folder}/s"
        volumes = folder / "data" / "volumes"
        volumes.mkdir(parents=True)
        # dockerd wants its folder to be a shared mount, and would lay its own over ours.
        ground = f"mount --bind {folder}/data {folder}/data && mount --make-shared {folder}/data && "
        small = f"{ground}mount -t tmpfs -o size={volumes_mib}m aarctl {volumes} && " if volumes_mib else ""
        state = ["--root", str(folder / "containerd"), "--state", str(folder / "state"), "--address", self._containerd]
        self._ground = self._run(["unshare", "-n", "-m", "sh", "-c", f'{small}exec "$@"', "sh", "containerd", *state])
        self._daemon: subprocess.Popen[bytes] | None = None
        self._wait(self._ground, Path(self._containerd).exists)  # only then is it in its namespaces

    @property
    def _containerd(self) -> str:
        return str(self.folder / "c")

    def start(self, *, live_restore: bool) -> None:
        """Start it, and return once it answers."""
        argv = ["nsenter", "-t", str(self._ground.pid), "-m", "-n", "dockerd", "-H", self.host, "--data-root",
                str(self.folder / "data"), "--exec-root", str(self.folder / "exec"), "--pidfile",
                str(self.folder / "pid"), "--iptables=false", "--containerd", self._containerd]  # fmt: skip
        self._daemon = self._run([*argv, "--live-restore"] if live_restore else argv)
        self._wait(self._daemon, self._answers)

    def end(self, number: signal.Signals) -> None:
        """End it by a signal; its containers are containerd's."""
        assert self._daemon is not None
        os.kill(self._daemon.pid, number)
        self._daemon.wait()
        (self.folder / "pid").unlink(missing_ok=True)

    def restart(self, number: signal.Signals, *, live_restore: bool) -> None:
        """End it and start it."""
        self.end(number)
        self.start(live_restore=live_restore)

    def load(self, image: Path) -> None:
        """Give it an image that another engine has saved."""
        with image.open("rb") as file:
            docker.DockerClient(base_url=self.host).images.load(file)

    def clean(self) -> None:
        """End it and all that it had started; what it had mounted goes with its namespace."""
        while left := [one for one in psutil.process_iter(["cmdline"]) if self._is_ours(one)]:
            for one in left:
                one.kill()
            psutil.wait_procs(left, timeout=1)
        for one in (self._daemon, self._ground):
            if one is not None:
                one.wait()
        shutil.rmtree(self.folder)

    def _is_ours(self, process: psutil.Process) -> bool:
        return any(str(self.folder) in word for word in process.info["cmdline"] or ())

    def _run(self, argv: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def _wait(self, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        until = time.monotonic() + START_PATIENCE_S
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"it did not start:\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return bool(docker.APIClient(base_url=self.host, version="auto").ping())
        except (docker.errors.DockerException, OSError):
            return False
