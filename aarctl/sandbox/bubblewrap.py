"""The `bubblewrap` backend: the keeper in an outer sandbox, its commands in an inner pid namespace.

Protected: no network, no home but the workspace and the given read-only folders, a read-only root made of /usr, this
Python and its packages, no device but the leased, a clean environment, no capability, no further user namespace, no
system call outside of the policy in seccomp.py, every process ended with the supervisor. Memory, processes and CPU time
are limited for the keeper and all commands together. The spool and the keeper's memory are out of the commands' reach:
they share neither /proc nor /run.
Not protected: the kernel is shared; disk is not limited. Where libseccomp is missing there is no filter. Where no
cgroup can be made (most plain users) memory and processes are limited one process at a time, CPU time not at all.
Works as root and as a plain user; inside, the user is uid 1000 either way. A plain user is safer: what commands write
into a root supervisor's workspace belongs to root on the host, set-uid bits included, so keep that home closed (0700).
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

import aarctl
from aarctl.sandbox import cards, cgroups, seccomp
from aarctl.sandbox.backend import KEEPER, PACKAGES, PYTHON, KeeperBackend, keeper_options
from aarctl.sandbox.bridge import Bridge
from aarctl.sandbox.environment import isolated
from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.protocol import BadRequest, CannotStart, Capabilities, Limits, SandboxSpec

PRIVATE = "/run/aarctl"  # the keeper's own folder, hidden from commands
OOM_FILE = f"{PRIVATE}/oom"
CODE = "/opt/keeper/aarctl"
LAB = "/opt/aarctl"
USER = ["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
CONTROLS = ("/dev/nvidiactl", "/dev/nvidia-uvm")  # every NVIDIA card is reached through these too
TMP_SHARE = 4
"""/tmp and /dev/shm may each fill this part of the memory limit: they count as memory that no kill gives back."""
ETC = ("ld.so.cache", "alternatives", "localtime", "nsswitch.conf")
TRUST = ("ssl/certs", "pki/tls/certs", "pki/ca-trust/extracted", "ca-certificates/extracted")
"""What HTTPS is checked by, for a sandbox with a way out; not /etc/ssl as a whole, which holds private keys."""
PASSWD = b"root:x:0:0:root:/:/sbin/nologin\nresearcher:x:1000:1000::/workspace:/bin/sh\n"
GROUP = b"root:x:0:\nresearcher:x:1000:\n"
HOSTS = b"127.0.0.1 localhost sandbox\n"


class BubblewrapSandbox(LiveSandbox):
    """A live sandbox, and the control group that goes when it goes."""

    group: cgroups.Group | None = None

    async def remove(self) -> None:
        """See Sandbox.remove."""
        try:
            await super().remove()
        finally:
            if self.group:
                await asyncio.to_thread(self.group.remove)


class BubblewrapBackend(KeeperBackend):
    """Sandboxes of Linux namespaces, made by an unprivileged `bwrap`."""

    name = "bubblewrap"

    def __init__(self) -> None:
        super().__init__()
        found = shutil.which("bwrap")
        self._bwrap = os.path.realpath(found) if found else ""
        self._seal: list[str] | None = None
        self._place = cgroups.find()
        self._filter = seccomp.program()
        self._groups: dict[tuple[str, str], cgroups.Group] = {}  # of sandboxes that are being started
        self.capabilities = Capabilities(
            isolated=True, freeze="signals", quota=False, kernel_isolation=False, gpu=Path(CONTROLS[0]).exists(),
            seccomp=self._filter is not None, limits=self._place.words if self._place else "each process",
        )  # fmt: skip

    async def create(self, spec: SandboxSpec) -> LiveSandbox:
        """See Backend.create."""
        if self._place is None:
            return await super().create(spec)
        key = (spec.run, spec.name)
        group = cgroups.Group.make(self._place, cgroups.group_name(spec.home, spec.run, spec.name), spec.limits)
        self._groups[key] = group
        try:
            return await super().create(spec)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(group.remove))
            raise
        finally:
            self._groups.pop(key, None)

    def sandbox(self, spec: SandboxSpec, bridge: Bridge, removed: Callable[[], None]) -> LiveSandbox:
        """See KeeperBackend.sandbox."""
        live = BubblewrapSandbox(spec, self.capabilities, bridge, self.environment(spec), removed)
        live.group = self._groups.get((spec.run, spec.name))
        return live

    def command_line(self, spec: SandboxSpec) -> tuple[list[str], Sequence[int]]:
        """(into the group ->) bwrap (outer) -> keeper -> bwrap (inner) -> yard."""
        if not self._bwrap:
            raise CannotStart("bubblewrap: no bwrap in PATH; install the package bubblewrap")
        workspace, spool = spec.workspace.resolve(), spec.spool.resolve()
        shared = {source.resolve() for source in spec.read_only.values()}
        system = system_folders(self._bwrap)
        group, limits = self._groups.get((spec.run, spec.name)), spec.limits
        devices = leased(spec.devices)
        for folder in system:
            for private in (workspace, spool, *shared):
                if private.is_relative_to(folder):
                    raise BadRequest(
                        f"{private} lies in {folder}, which every sandbox sees; move AARCTL_HOME or this Python"
                    )
        etc, files = _etc((*ETC, *TRUST) if spec.egress else ETC)
        tmp_bytes = limits.tmp_bytes
        if group and limits.memory_bytes is not None:
            tmp_bytes = min(tmp_bytes, limits.memory_bytes // TMP_SHARE)
        # bwrap's own --die-with-parent is for the inner one: killed while it prepares, bwrap leaves a child that waits
        # for ever. The keeper ends when its input does, which a killed supervisor's does at once, or when bwrap does.
        outer = [
            self._bwrap, "--unshare-all", "--unshare-user", *USER, "--hostname", "sandbox",
            "--new-session", "--as-pid-1", "--clearenv", *_root(system), "--proc", "/proc", "--dev", "/dev",
            *_tmpfs("/dev/shm", tmp_bytes), *_tmpfs("/tmp", tmp_bytes), "--tmpfs", "/run", *etc,
            *_binds(system), "--dir", PRIVATE, "--bind", str(spool), f"{PRIVATE}/spool",
            *(text for path in devices for text in ("--dev-bind", path, path)),
        ]  # fmt: skip
        if os.geteuid() == 0:
            # As root bwrap covers parts of its /proc, and the kernel then refuses the inner namespace a fresh one
            # unless a whole /proc is in view. This one is the keeper's alone: the inner /run hides it.
            outer += ["--dir", f"{PRIVATE}/proc", "--bind", "/proc", f"{PRIVATE}/proc"]
            outer += _own_devices(spool, (*DEVICES, *devices))
        outer += ["--bind", str(workspace), "/workspace", *_code()]
        for inside, source in spec.read_only.items():
            outer += ["--ro-bind", str(source.resolve()), inside]
        # To the kernel's file permissions a root supervisor's sandbox user is root, if without capabilities. So all of
        # /proc is read-only: a written /proc/sys/kernel/core_pattern would be an escape.
        inner = [
            self._bwrap, "--unshare-user", "--unshare-pid", *USER, "--die-with-parent", "--new-session", "--as-pid-1",
            *self._sealed(), "--dev-bind", "/", "/", "--tmpfs", "/run", "--remount-ro", "/run", "--proc", "/proc",
            "--remount-ro", "/proc", "--chdir", "/", *_filtered(self._filter, files), "--",
        ]  # fmt: skip
        if group:
            outer += ["--ro-bind", str(group.oom_file), OOM_FILE]
            spec = msgspec.structs.replace(spec, limits=Limits(file_bytes=limits.file_bytes))  # the rest is the group's
        options = keeper_options(spec, "/workspace", f"{PRIVATE}/spool") + (["--oom-file", OOM_FILE] if group else [])
        keeper = [*PYTHON, f"{CODE}/sandbox/keeper.py", *options, "--die-with-parent"]
        argv = [*outer, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--", *keeper, "--", *inner]
        return group.entering(argv) if group else argv, files

    def environment(self, spec: SandboxSpec) -> dict[str, str]:
        """A clean environment with the paths of the inside."""
        return isolated(spec, f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", LAB)

    def _sealed(self) -> list[str]:
        """Options that forbid further user namespaces inside, where this bwrap has them (0.8 and later)."""
        if self._seal is None:
            text = subprocess.run([self._bwrap, "--help"], capture_output=True, text=True, timeout=10).stdout
            self._seal = ["--disable-userns", "--assert-userns-disabled"] if "--assert-userns-disabled" in text else []
        return self._seal


def system_folders(bwrap: str) -> list[Path]:
    """The read-only folders that every sandbox sees, outermost only: /usr, this Python, its packages."""
    paths = sysconfig.get_paths()
    wanted = {Path("/usr"), Path(sys.prefix), Path(sys.base_prefix), Path(paths["purelib"]), Path(paths["platlib"])}
    wanted |= {PACKAGES, Path(bwrap)}
    # Both names of a place that is reached through a link: programs may spell either.
    wanted |= {path.resolve() for path in wanted}
    if Path("/") in wanted:
        raise CannotStart("bubblewrap: this Python's prefix is '/'; use one in a folder of its own, such as a venv")
    return sorted(p for p in wanted if p.exists() and not any(o != p and p.is_relative_to(o) for o in wanted))


def _root(system: list[Path]) -> list[str]:
    """/bin, /lib and so on, as links into /usr or, on a system that is not merged, as folders of their own."""
    out: list[str] = []
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            out += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            out += ["--ro-bind", str(path), str(path)]
    return out


def _binds(system: list[Path]) -> list[str]:
    return [text for path in system for text in ("--ro-bind", str(path), str(path))]


def _tmpfs(path: str, size_bytes: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size_bytes), "--tmpfs", path]


def leased(devices: Iterable[str]) -> list[str]:
    """The device nodes behind the leased names. Raises BadRequest for a name without one."""
    out: list[str] = []
    for name in devices:
        out += [name] if name.startswith("/") else [cards.node_of(name) or cards.NODE.format(name), *CONTROLS]
    for path in out:
        if not os.path.realpath(path).startswith("/dev/") or not Path(path).is_char_device():
            raise BadRequest(f"devices: {path} is no device node of this machine; lease one that is there")
    return list(dict.fromkeys(out))


def _own_devices(spool: Path, paths: Iterable[str]) -> list[str]:
    """Device nodes of the sandbox's own: as root its user owns the host's, and could chmod those for everybody.

    Where none can be made or opened (no CAP_MKNOD, a nodev disk) the host's stay, and with them that one risk.
    """
    out: list[str] = []
    folder = spool / ".dev"
    folder.mkdir(exist_ok=True)
    for path in paths:
        node, like = folder / path.strip("/").replace("/", "-"), os.stat(path)
        try:
            node.unlink(missing_ok=True)
            os.mknod(node, stat.S_IFCHR | 0o666, like.st_rdev)
            node.chmod(0o666)
            os.close(os.open(node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:  # that is /dev/tty where there is none: the node itself is good
                continue
        out += ["--dev-bind", str(node), path]
    return out


def _filtered(program: bytes | None, files: list[int]) -> list[str]:
    """Options of the inner bwrap that put the system call filter on all that runs in it; its file joins `files`."""
    if program is None:
        return []
    files.append(_file("filter", program))
    return ["--seccomp", str(files[-1])]


def _file(name: str, body: bytes) -> int:
    """An open file in memory with this content."""
    fd = os.memfd_create(name)
    os.write(fd, body)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _etc(names: Sequence[str]) -> tuple[list[str], list[int]]:
    """The smallest /etc that programs accept, and the open files that carry its made-up part."""
    out = [text for name in names for text in ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")]
    files = []
    for name, body in (("passwd", PASSWD), ("group", GROUP), ("hosts", HOSTS)):
        files.append(_file(name, body))
        out += ["--ro-bind-data", str(files[-1]), f"/etc/{name}"]
    return out, files


def _code() -> list[str]:
    """The keeper's own files, and for the commands `aarctl` reduced to its version and the lab."""
    package = Path(aarctl.__file__).parent
    pairs = [
        (package / "__init__.py", f"{CODE}/__init__.py"),
        (KEEPER.parent / "__init__.py", f"{CODE}/sandbox/__init__.py"),
        (KEEPER, f"{CODE}/sandbox/keeper.py"),
        (KEEPER.parent / "inside", f"{CODE}/sandbox/inside"),
        (package / "__init__.py", f"{LAB}/aarctl/__init__.py"),
        (package / "lab", f"{LAB}/aarctl/lab"),
    ]
    return [text for source, inside in pairs if source.exists() for text in ("--ro-bind", str(source), inside)]
