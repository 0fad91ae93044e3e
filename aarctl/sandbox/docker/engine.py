"""The engine: one Docker-compatible daemon, spoken to from a pool of threads, with errors that say what to do.

Where the daemon is comes from the standard Docker environment (DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH); so
Podman's socket and remote engines need nothing of ours. docker-py blocks, so every call runs in a thread.

Errors (CannotStart is the room's):
    CannotStart
    |-- EngineMissing   nothing answers, or this user may not ask; the message says how to get there
    `-- EngineDown      it answered before and does not now
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from aarctl.sandbox.protocol import Busy, CannotStart, NotFound, SandboxError

if TYPE_CHECKING:
    from docker import DockerClient

T = TypeVar("T")
THREADS = 16
POOL = 64
CALL_LIMIT_S = 120
FIRST_LIMIT_S = 30  # to say what it is: an engine that hangs must not hang us
DOCKER, PODMAN = "Docker", "Podman"
DEFAULT_SOCKET = "unix:///var/run/docker.sock"


class EngineMissing(CannotStart):
    """No engine, or not for this user."""


class EngineDown(CannotStart):
    """The engine does not answer any more; containers may live on."""


class EngineInfo(msgspec.Struct, frozen=True):
    """What an engine says of itself."""

    name: str
    """"Docker" or "Podman"."""
    version: str
    host: str
    """Where it is, as in DOCKER_HOST."""
    local: bool
    """It sees this machine's files and processes: a unix socket, and not of a virtual machine."""
    cgroup: str
    """"cgroup v1" or "cgroup v2"."""
    seccomp: bool
    rootless: bool
    """The engine, and so root inside a container, is an ordinary user here, or user namespaces are mapped."""
    storage: str
    runtimes: tuple[str, ...]

    @property
    def words(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"

    @property
    def gpu(self) -> bool:
        """NVIDIA's runtime is there: leased GPUs can be given to containers."""
        return "nvidia" in self.runtimes


class Engine:
    """A connected engine. `call` runs one piece of docker-py work in a thread."""

    def __init__(self, client: DockerClient, info: EngineInfo) -> None:
        self._client, self.info = client, info
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="docker")

    def __repr__(self) -> str:
        return f"Engine({self.info.words} at {self.info.host})"

    @classmethod
    async def connect(cls, host: str = "") -> Engine:
        """The engine at `host`, by default the one that the environment names. Raises EngineMissing."""
        return await asyncio.to_thread(cls._connect, host)

    @classmethod
    def _connect(cls, host: str) -> Engine:
        import docker  # 0.2 s: only who uses it pays
        from docker.errors import DockerException

        env = {**os.environ, "DOCKER_HOST": host} if host else dict(os.environ)
        host = env.get("DOCKER_HOST") or DEFAULT_SOCKET
        try:
            client = docker.from_env(timeout=FIRST_LIMIT_S, max_pool_size=POOL, environment=env)
        except (DockerException, ValueError, OSError) as error:
            raise EngineMissing(_missing(host, error)) from None
        try:
            version, info = client.version(), client.info()
        except (DockerException, OSError) as error:
            client.close()
            raise EngineMissing(_missing(host, error)) from None
        client.api.timeout = CALL_LIMIT_S
        return cls(client, read_info(host, version, info))

    async def call(self, work: Callable[[DockerClient], T]) -> T:
        """`work(client)` in a thread, always to its end: cancelling waits for it, for half-made things must be known.

        Raises NotFound, Busy (a conflict), EngineDown, and SandboxError with the engine's words.
        """
        job = asyncio.get_running_loop().run_in_executor(self._threads, self._guarded, work)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait([job])
            job.exception()
            raise

    def _guarded(self, work: Callable[[DockerClient], T]) -> T:
        import docker.errors

        try:
            return work(self._client)
        except docker.errors.APIError as error:
            raise _from_api(error) from None
        except OSError as error:  # what docker-py lets through of its transport is an OSError of some kind
            raise EngineDown(f"{self.info.words} at {self.info.host} does not answer: {_root(error)}") from None
        except docker.errors.DockerException as error:
            raise SandboxError(f"{self.info.words}: {error}") from None

    def close(self) -> None:
        """Drop the connections; containers stay as they are."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()


def read_info(host: str, version: dict[str, Any], info: dict[str, Any]) -> EngineInfo:
    """What /version and /info mean to us."""
    components = {part.get("Name", "") for part in version.get("Components") or ()}
    security = [str(option) for option in info.get("SecurityOptions") or ()]
    return EngineInfo(
        name=PODMAN if any(PODMAN in name for name in components) else DOCKER,
        version=str(version.get("Version") or "of unknown version"),
        host=host,
        local=host.startswith("unix:") and "Docker Desktop" not in str(info.get("OperatingSystem", "")),
        cgroup=f"cgroup v{info.get('CgroupVersion') or 1}",
        seccomp=any("name=seccomp" in option for option in security),
        rootless=any("name=rootless" in option or "name=userns" in option for option in security),
        storage=str(info.get("Driver") or ""),
        runtimes=tuple(sorted(info.get("Runtimes") or ())),
    )


def _missing(host: str, error: BaseException) -> str:
    """One sentence with the next step, by what the operating system said."""
    text = f"{error}: {_root(error)}"
    if host != DEFAULT_SOCKET:
        return f"DOCKER_HOST is {host}, and no engine answers there ({_root(error)}); start that engine, or unset it"
    if "Permission" in text:
        return "Docker is here but not for this user: run `sudo usermod -aG docker $USER`, then log in again"
    if platform.system() == "Linux" and ("No such file" in text or "FileNotFound" in text):
        return "no Docker engine runs here: install Docker and start it (https://docs.docker.com/engine/install)"
    if "refused" in text:
        return "the Docker engine is installed but not running: start it, such as with `sudo systemctl start docker`"
    return f"no Docker engine answers at {host} ({_root(error)}): install or start Docker"


def _root(error: BaseException) -> str:
    """The first cause, which has the system's own words."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error) or type(error).__name__


def _from_api(error: Any) -> SandboxError:
    words = str(error.explanation or error)
    if error.status_code == 404:
        return NotFound(words)
    if error.status_code == 409:
        return Busy(words)
    return SandboxError(f"the engine said {error.status_code}: {words}")
