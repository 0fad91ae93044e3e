"""What a sandbox promises, whatever runs it. One contract suite (tests/sandbox/contract.py) holds every backend to it.

A *backend* makes sandboxes; a *sandbox* is one live place with a keeper inside; an *exec* is one command in it, named
by the caller, run at most once, whose output and exit code outlive the connection.

Errors:
    SandboxError
    |-- BadRequest      a field, path or size that can never work; the message says what to send instead
    |   `-- UnsafePath  a path that leaves the workspace or is no regular file with one name
    |-- NotFound        no such exec, file or sandbox
    |-- Frozen          exec in a frozen sandbox
    |-- Busy            too many commands or requests at once
    |-- Changed         a file changed while it crossed
    |-- NoSpace         the workspace is full
    |-- TimedOut        the keeper did not answer within the call's own limit; the command goes on
    |-- CannotStart     the backend does not work here; carries what the engine said
    `-- SandboxLost     keeper or sandbox is gone; the outcome of what ran there is unknown
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

DEFAULT_OUTPUT_CAP = 1 << 20


class SandboxError(Exception):
    """Something a sandbox could not do."""


class BadRequest(SandboxError):
    """A request that can never work as it is."""


class UnsafePath(BadRequest):
    """A path that leaves the workspace, passes a link, or is not a regular file with one name."""


class NotFound(SandboxError):
    """No such exec, file or sandbox."""


class Frozen(SandboxError):
    """The sandbox is frozen; thaw it first."""


class Busy(SandboxError):
    """Too much at once; wait for something to end."""


class Changed(SandboxError):
    """A file changed while it was read or written; try again."""


class NoSpace(SandboxError):
    """The workspace's disk is full."""


class TimedOut(SandboxError):
    """The keeper did not answer in time. Says nothing about the command, which goes on."""


class CannotStart(SandboxError):
    """The backend cannot start a sandbox here; the message carries the engine's own words."""


class SandboxLost(SandboxError):
    """The keeper is gone, and with it every process of the sandbox. Outcomes not yet read are unknown."""


class Capabilities(msgspec.Struct, frozen=True):
    """What a backend really gives on this machine; shown to the person as it is."""

    isolated: bool
    """Commands see neither home, network nor other sandboxes."""
    freeze: str
    """How work is stopped: "cgroup" or "signals"."""
    quota: bool
    """The workspace's size is enforced, not only watched."""
    kernel_isolation: bool
    """Commands do not share the host's kernel."""
    gpu: bool
    """A leased accelerator can be given to a command."""


class Limits(msgspec.Struct, frozen=True):
    """Limits of each process of a sandbox. None: not limited."""

    memory_bytes: int | None = None
    """Private memory of one process (RLIMIT_DATA)."""
    pids: int | None = None
    """Processes of the sandbox's user (RLIMIT_NPROC). Not enforced by the kernel for a host's root."""
    file_bytes: int | None = None
    """Size of one file (RLIMIT_FSIZE)."""
    tmp_bytes: int = 1 << 30
    """Size of /tmp and of /dev/shm, each, where the backend makes them."""


class SandboxSpec(msgspec.Struct, frozen=True):
    """One sandbox to make. Its identity is (run, name)."""

    run: str
    """The run's name; in the argv of every process of the sandbox."""
    name: str
    """Unique in the run, such as "r1" or "replication-s12-0"."""
    workspace: Path
    """Host folder, made if missing, shown as /workspace: read-write, the commands' cwd and HOME."""
    spool: Path
    """Host folder for outputs and results, made if missing; never visible to commands. Given again to a new sandbox,
    it answers for the commands of the old one."""
    read_only: Mapping[str, Path] = {}
    """Host paths shown read-only, by path inside, such as {"/task": public}."""
    env: Mapping[str, str] = {}
    """Added to the environment of every command. Nothing of the supervisor's own environment is."""
    limits: Limits = Limits()
    silence_s: float = 0.0
    """Freeze the work when no supervisor has spoken for so long; it thaws with the next word. 0: never."""


class Chunk(msgspec.Struct, frozen=True):
    """A piece of a command's output. `offset` counts from its first byte ever; a jump means bytes were dropped."""

    offset: int
    data: bytes


class Output(msgspec.Struct, frozen=True):
    """Everything that was kept of an output: head, then `dropped_bytes` not kept, then tail."""

    head: bytes
    dropped_bytes: int
    tail: bytes

    def text(self) -> str:
        """Head and tail as text, with one line between them that counts what is missing."""
        gap = f"\n[... {self.dropped_bytes} bytes dropped ...]\n".encode() if self.dropped_bytes else b""
        return (self.head + gap + self.tail).decode("utf-8", errors="replace")


class ExecResult(msgspec.Struct, frozen=True):
    """How a command ended. Nothing here is ever guessed."""

    exit_code: int | None
    """As the kernel reported it; None: ended by a signal, never started, or unknown."""
    signal: int | None
    """The signal that ended it, or None."""
    timed_out: bool
    """Its own time limit ended it."""
    killed: bool
    """A kill, kill_all ended it."""
    truncated: bool
    """Some output was not kept."""
    output_bytes: int
    """Bytes it wrote, kept or not."""
    error: str
    """Why there is no exit code and no signal ("could not start: ...", or why it is unknown); else empty."""
    duration_s: float
    """Wall seconds from request to the end of its last process, frozen time included."""
    cpu_s: float
    """CPU seconds of its whole tree."""
    peak_memory_bytes: int
    """Resident bytes of its largest process."""

    @property
    def ok(self) -> bool:
        """Exit code 0."""
        return self.exit_code == 0


class FileEntry(msgspec.Struct, frozen=True, order=True):
    """One regular file of a snapshot; `path` is relative to the workspace, `mode` the permission bits."""

    path: str
    sha256: str
    size: int
    mode: int


class Manifest(msgspec.Struct, frozen=True):
    """A workspace by content: its files in path order, and (path, reason) of what cannot cross."""

    files: tuple[FileEntry, ...]
    skipped: tuple[tuple[str, str], ...]


class Stats(msgspec.Struct, frozen=True):
    """What a sandbox uses now. Of running commands only; disk is that under the workspace."""

    processes: int
    running: int
    frozen: bool
    memory_bytes: int
    cpu_s: float
    disk_free_bytes: int
    disk_total_bytes: int


class Owned(msgspec.Struct, frozen=True):
    """A sandbox process found on the machine; `pid` is the host's."""

    run: str
    name: str
    pid: int


class Exec(Protocol):
    """One command, by the id its caller chose."""

    @property
    def id(self) -> str:
        """As given to exec()."""

    @property
    def attached(self) -> bool:
        """True: this id had run before, nothing was started now."""

    def stream(self, offset: int = 0) -> AsyncIterator[Chunk]:
        """stdout and stderr in the order written, from byte `offset`, live until the command has ended."""

    async def output(self) -> Output:
        """What is kept of the output once it has ended."""

    async def wait(self) -> ExecResult:
        """The result, once nothing of the command's tree is left. Cancelling it leaves the command running."""

    async def kill(self, grace_s: float = 0.5) -> ExecResult:
        """TERM to the whole tree, daemons included, KILL after `grace_s`; at once if frozen. Returns the result."""


class Sandbox(Protocol):
    """One live sandbox. Paths are those below the workspace: "a/b" or "/workspace/a/b"."""

    @property
    def spec(self) -> SandboxSpec:
        """What it was made from."""

    @property
    def capabilities(self) -> Capabilities:
        """What it really gives."""

    async def exec(
        self,
        id: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        output_cap: int = DEFAULT_OUTPUT_CAP,
    ) -> Exec:
        """Start a command, or attach to the one that has this id. Its whole tree ends with it, or at `timeout_s`.

        `stdin` at most 2 MiB (None: /dev/null); `output_cap` bytes are kept, half of them head and half tail.
        Raises BadRequest, Frozen, Busy, SandboxLost. A program that is not there gives an ExecResult with `error`.
        """

    async def find(self, id: str) -> Exec:
        """The command of this id, running or ended. Raises NotFound."""

    async def kill_all(self, grace_s: float = 0.5) -> int:
        """Kill every command; returns how many there were."""

    async def freeze(self) -> None:
        """Stop all work this instant; time limits stop too."""

    async def thaw(self) -> None:
        """Let it go on. Thawing what is not frozen does nothing."""

    async def put(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Write a file atomically, making its folders. Raises UnsafePath, NoSpace."""

    async def get(self, path: str, *, max_bytes: int = 1 << 30) -> bytes:
        """Read a regular file. Raises NotFound, UnsafePath, Changed, and BadRequest when it is larger."""

    async def snapshot(self, *, exclude: Sequence[str] = (), max_file_bytes: int = 256 << 20) -> Manifest:
        """The workspace by content; fetch bytes with get. A glob is matched on the path and on each name."""

    async def stats(self) -> Stats:
        """What it uses now."""

    async def heartbeat(self) -> None:
        """Tell the keeper that its supervisor lives, and learn that it does. Raises SandboxLost."""

    async def remove(self) -> None:
        """End every process and forget the sandbox; workspace and spool stay. Removing twice does nothing."""


class Backend(Protocol):
    """A way to make sandboxes on this machine."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        """What its sandboxes really give."""

    async def create(self, spec: SandboxSpec) -> Sandbox:
        """Make and start a sandbox. Raises BadRequest, CannotStart."""

    async def attach(self, run: str, name: str) -> Sandbox:
        """A sandbox that is alive. Raises NotFound: create it again with the same workspace and spool."""

    async def list_owned(self, run: str) -> list[Owned]:
        """The processes of this run's sandboxes, whoever started them."""


_KINDS: dict[str, type[SandboxError]] = {
    "bad_request": BadRequest, "unsafe_path": UnsafePath, "not_found": NotFound, "frozen": Frozen, "busy": Busy,
    "changed": Changed, "no_space": NoSpace, "too_large": BadRequest,
}  # fmt: skip


def error_from(answer: Mapping[str, Any]) -> SandboxError:
    """The error that a keeper's refusal stands for."""
    return _KINDS.get(answer["kind"], SandboxError)(answer["message"])
