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
    |-- Fenced          a newer supervisor holds the sandbox; this one must stop
    `-- SandboxLost     keeper or sandbox is gone; the outcome of what ran there is unknown
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from aarctl.sandbox.egress.relay import Stream

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


class Fenced(SandboxError):
    """A supervisor of a later epoch has spoken to the keeper: this one is an old one, and must end."""


class SandboxLost(SandboxError):
    """The keeper is gone, and with it every process of the sandbox. Outcomes not yet read are unknown."""


class Capabilities(msgspec.Struct, frozen=True):
    """What a backend really gives on this machine; shown to the person as it is."""

    isolated: bool
    """Commands see neither home, network nor other sandboxes."""
    freeze: str
    """How work is stopped: "signals", or "signals, then cgroup" where those may not suffice."""
    quota: bool
    """The workspace's size is enforced, not only watched."""
    kernel_isolation: bool
    """Commands do not share the host's kernel."""
    gpu: bool
    """A leased accelerator can be given to a command."""
    seccomp: bool = False
    """System calls that no researcher needs are refused."""
    limits: str = "each process"
    """What memory and processes are counted over: "cgroup v1", "cgroup v2", or "each process"."""
    engine: str = ""
    """What runs the sandboxes, with its version, such as "Docker 27.3.1"; empty where the backend's name says it."""


def protection(name: str, capabilities: Capabilities, egress: Sequence[str] = ()) -> str:
    """What sandboxes of the backend `name` hold back, in one line for people; `egress` is what they may reach."""
    if not capabilities.isolated:
        return f"{name}: NOT ISOLATED, commands reach this user's files and the network"
    more = f" and {len(egress) - 3} more" if len(egress) > 3 else ""
    parts = [
        f"network only to {', '.join(egress[:3])}{more}" if egress else "no network",
        "no host files",
        "seccomp" if capabilities.seccomp else "no seccomp",
        f"limits by {capabilities.limits}" if "cgroup" in capabilities.limits else "limits for each process",
        "disk quota" if capabilities.quota else "disk watched",
        "own kernel" if capabilities.kernel_isolation else "host kernel",
    ]
    return f"{capabilities.engine or name}: {', '.join(parts)}"


class Limits(msgspec.Struct, frozen=True):
    """Limits of a sandbox, its keeper included, where the backend has cgroups; else of each process. None: no limit."""

    memory_bytes: int | None = None
    """Memory without swap; without cgroups, private memory of one process (RLIMIT_DATA)."""
    pids: int | None = None
    """Processes and threads; without cgroups those of the sandbox's user (RLIMIT_NPROC), a host's root excepted."""
    cpus: float | None = None
    """Cores' worth of CPU time, where the backend has cgroups."""
    disk_bytes: int | None = None
    """Size of the workspace: a quota where the backend has one, else watched by the supervisor."""
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
    home: str = ""
    """Identity of the aarctl home that owns it: what the janitor goes by where processes do not tell."""
    epoch: int = 0
    """The supervisor's epoch in its run. The keeper refuses a supervisor of an earlier one (Fenced)."""
    devices: tuple[str, ...] = ()
    """Leased accelerators by NVIDIA index ("0") or device path ("/dev/fuse"). No other device is given."""
    egress: tuple[str, ...] = ()
    """Allowed destinations, host:port. Empty: no way out at all; else one proxy, served by the supervisor."""


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
    out_of_memory: bool = False
    """The kernel ended a process of the sandbox for its memory limit while this ran. Known only with cgroups."""

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


class Usage(msgspec.Struct, frozen=True):
    """What a workspace takes of the disk."""

    bytes: int
    """Blocks, not sizes, each file once."""
    closed: tuple[str, ...]
    """The first few places that cannot be looked into, with the reason: what they hold is not counted."""


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

    async def put(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Write a file atomically, making its folders. Raises UnsafePath, NoSpace.

        Without a `mode` it has that of the file whose place it takes, or 0644.
        """

    async def get(self, path: str, *, max_bytes: int = 1 << 30) -> bytes:
        """Read a regular file. Raises NotFound, UnsafePath, Changed, and BadRequest when it is larger."""

    async def snapshot(self, *, exclude: Sequence[str] = (), max_file_bytes: int = 256 << 20) -> Manifest:
        """The workspace by content; fetch bytes with get. A glob is matched on the path and on each name."""

    async def stats(self) -> Stats:
        """What it uses now."""

    async def usage(self) -> Usage:
        """What its workspace takes of the disk, by looking at every file."""

    async def heartbeat(self) -> None:
        """Tell the keeper that its supervisor lives, and learn that it does. Raises SandboxLost."""

    def connections(self) -> AsyncIterator[Stream]:
        """What its commands open to their proxy, for ever; earlier ones end. Raises NotFound without spec.egress."""

    async def remove(self) -> None:
        """End every process and forget the sandbox; workspace and spool stay. Removing twice does nothing."""


class Backend(Protocol):
    """A way to make sandboxes on this machine."""

    name: str
    image: str
    """What names the image that its sandboxes are made from; empty where there are no images."""

    @property
    def capabilities(self) -> Capabilities:
        """What its sandboxes really give."""

    async def create(self, spec: SandboxSpec) -> Sandbox:
        """Make and start a sandbox. Raises BadRequest, CannotStart."""

    async def attach(self, run: str, name: str, *, epoch: int = 0) -> Sandbox:
        """A sandbox that is alive, for a supervisor of this epoch; any earlier one is fenced off from it.

        Raises NotFound: create it again with the same workspace and spool.
        """

    async def list_owned(self, run: str) -> list[Owned]:
        """The processes of this run's sandboxes, whoever started them."""

    async def clear(self, run: str) -> None:
        """End every sandbox of the run, whoever made it, and what was half made of one; workspaces and spools stay."""

    async def wipe(self, spec: SandboxSpec) -> None:
        """Delete workspace and spool of a removed sandbox. Wiping twice does nothing. Raises BadRequest while alive."""

    async def close(self) -> None:
        """Let go of the engine. Sandboxes stay as they are."""


_KINDS: dict[str, type[SandboxError]] = {
    "bad_request": BadRequest, "unsafe_path": UnsafePath, "not_found": NotFound, "frozen": Frozen, "busy": Busy,
    "changed": Changed, "no_space": NoSpace, "too_large": BadRequest,
    "fenced": Fenced,
}  # fmt: skip


def error_from(answer: Mapping[str, Any]) -> SandboxError:
    """The error that a keeper's refusal stands for."""
    return _KINDS.get(answer["kind"], SandboxError)(answer["message"])
