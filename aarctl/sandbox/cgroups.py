"""A control group for each sandbox, made by hand: memory (and no swap), processes and CPU time of all of it together.

Groups lie below this process's own, so a limit that was set on the supervisor holds for its sandboxes too; on version 2
beside it where the kernel wants that. A name says whose it is: aarctl-<home>-<run>.<sandbox>.<maker's pid>-<random>. A
sandbox enters its group before anything of it runs. As root, or where systemd has delegated a part of the tree to the
user; `find` answers by making a group and entering it.
A supervisor that is killed leaves its groups, empty; the next one to make a group there removes them.
Invariant: nothing is removed here but one's own group, and empty groups whose maker is gone.
"""

from __future__ import annotations

import glob
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import psutil

from aarctl.sandbox.protocol import CannotStart, Limits

MOUNTS, OWN = Path("/proc/self/mountinfo"), Path("/proc/self/cgroup")
NEEDED = frozenset({"memory", "pids"})
WANTED = (*sorted(NEEDED), "cpu")
UNIFIED = ""
"""The name that /proc gives to the tree of version 2."""
PREFIX = "aarctl-"
MAKER = re.compile(r"\.(\d+)-[0-9a-f]+\Z")
PERIOD_US = 100_000
MIN_QUOTA_US = 1_000
SHARE = {1: ("cpu.shares", "128"), 2: ("cpu.weight", "12")}
"""An eighth of the usual, by version: where cores are short, supervisor, room and the person's own work go first."""
OPTIONAL = ("memory.memsw.limit_in_bytes", "memory.swap.max")  # not there where the kernel does not count swap
ENTER = 'while [ "$1" != -- ]; do echo 0 > "$1" || exit 1; shift; done; shift; exec "$@"'
REMOVE_PATIENCE_S = 30.0  # what is left then stays as long as its maker lives
TRIAL = Limits(memory_bytes=1 << 30, pids=64, cpus=1.0)


class Place(msgspec.Struct, frozen=True):
    """Where this process may make groups: the parent folder for each controller."""

    version: Literal[1, 2]
    parents: Mapping[str, Path]

    @property
    def words(self) -> str:
        """As Capabilities.limits says it."""
        return f"cgroup v{self.version}"


class Group:
    """The group of one sandbox: a folder in each hierarchy that counts something for it."""

    def __init__(self, place: Place, name: str) -> None:
        self.folders = {controller: parent / name for controller, parent in place.parents.items()}

    def __repr__(self) -> str:
        return f"Group({next(iter(self.folders.values())).name}, {', '.join(self.folders)})"

    @classmethod
    def make(cls, place: Place, name: str, limits: Limits) -> Group:
        """Make a group with these limits, empty. Raises CannotStart."""
        _clear(set(place.parents.values()), PREFIX)
        group = cls(place, name)
        try:
            for folder in group._distinct():
                folder.mkdir()
            for controller, file, value in settings(place.version, limits):
                path = group.folders.get(controller, Path()) / file
                if controller in group.folders and (file not in OPTIONAL or path.exists()):
                    path.write_text(value)
        except OSError as error:
            group.remove()
            raise CannotStart(
                f"{place.words}: {error.filename or group!r}: {error.strerror}; run aarctl where it may make groups"
            ) from None
        return group

    @property
    def oom_file(self) -> Path:
        """The file that counts how often the kernel ended a process here for the memory limit."""
        folder = self.folders["memory"]
        return next(path for path in (folder / "memory.events", folder / "memory.oom_control") if path.exists())

    def entering(self, argv: Sequence[str]) -> list[str]:
        """argv that enters the group and then becomes `argv`."""
        return ["/bin/sh", "-c", ENTER, "aarctl", *(str(f / "cgroup.procs") for f in self._distinct()), "--", *argv]

    def processes(self) -> set[int]:
        """Who is in it, as far as this process can see them."""
        return {int(word) for folder in self._distinct() for word in _read(folder / "cgroup.procs").split()}

    def remove(self) -> None:
        """End whoever is left in it, and the group. Removing twice does nothing."""
        until = time.monotonic() + REMOVE_PATIENCE_S
        left = self._distinct()
        while (left := [folder for folder in left if not _gone(folder)]) and time.monotonic() < until:
            for pid in self.processes() - {0}:  # 0: of another pid namespace, and not ours to end
                try:
                    os.kill(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue
            time.sleep(0.002)

    def _distinct(self) -> list[Path]:
        return list(dict.fromkeys(self.folders.values()))


def group_name(home: str, run: str, name: str) -> str:
    """A name that was never used (old counters must not be taken for new ones) and says who made it."""
    return f"{_owner(home, run)}{name}.{os.getpid()}-{secrets.token_hex(4)}"


def _owner(home: str, run: str) -> str:
    return f"{PREFIX}{home[:8] or 'nohome'}-{run}."


def settings(version: int, limits: Limits) -> Iterator[tuple[str, str, str]]:
    """(controller, file, value) for the share and each limit that is set, in an order that the kernel takes."""
    one = version == 1
    yield "cpu", *SHARE[version]
    if limits.memory_bytes is not None:
        yield "memory", "memory.limit_in_bytes" if one else "memory.max", str(limits.memory_bytes)
        # Version 1 counts memory and swap together, version 2 swap alone.
        yield "memory", OPTIONAL[0] if one else OPTIONAL[1], str(limits.memory_bytes if one else 0)
    if limits.pids is not None:
        yield "pids", "pids.max", str(limits.pids)
    if limits.cpus is not None:
        quota = max(int(limits.cpus * PERIOD_US), MIN_QUOTA_US)
        if one:
            yield "cpu", "cpu.cfs_period_us", str(PERIOD_US)
            yield "cpu", "cpu.cfs_quota_us", str(quota)
        else:
            yield "cpu", "cpu.max", f"{quota} {PERIOD_US}"


def find() -> Place | None:
    """Where groups can be made and entered, tried with one; None where nowhere."""
    own = folders(_read(MOUNTS), _read(OWN))
    if own.keys() >= NEEDED:
        place = Place(1, {name: own[name] for name in WANTED if name in own})
        return place if _works(place) else None
    for parent in (own[UNIFIED], *own[UNIFIED].parents) if UNIFIED in own else ():
        if not (parent / "cgroup.subtree_control").exists():
            break
        enabled = _enabled(parent)
        place = Place(2, {name: parent for name in WANTED if name in enabled})
        if enabled >= NEEDED and _works(place):
            return place
    return None


def folders(mountinfo: str, cgroup: str) -> dict[str, Path]:
    """A process's own group in each hierarchy, by controller, from its two files in /proc."""
    mounts = {}
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        root, point = left.split()[3:5]
        kind, _, options = right.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            mounts.update(dict.fromkeys(options.split(",") if kind == "cgroup" else [UNIFIED], (root, point)))
    out = {}
    for line in cgroup.splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            root, point = mounts.get(name, ("", ""))
            inside = os.path.relpath(path, root) if root else ".."
            if not inside.startswith(".."):  # else it lies outside of what is mounted here
                out[name] = Path(point, inside)
    return out


def sweep(home: str, run: str) -> int:
    """Remove what dead supervisors of a run left, wherever it lies. Returns of how many sandboxes."""
    return _clear((Path(found) for top in _hierarchies() for found, _, _ in os.walk(top)), _owner(home, run))


def _clear(parents: Iterable[Path], prefix: str) -> int:
    cleared = set()
    for parent in parents:
        for folder in parent.glob(f"{glob.escape(prefix)}*"):
            maker = MAKER.search(folder.name)
            if maker and not psutil.pid_exists(int(maker[1])) and _gone(folder):
                cleared.add(folder.name)
    return len(cleared)


def _hierarchies() -> set[Path]:
    """The outermost folders that can be seen of each hierarchy that counts something."""
    tops = set()
    for controller, folder in folders(_read(MOUNTS), _read(OWN)).items():
        if controller in (UNIFIED, *WANTED):
            tops.add(next(top for top in (folder, *folder.parents) if not (top.parent / "cgroup.procs").exists()))
    return tops


def _enabled(folder: Path) -> set[str]:
    """The controllers that groups below a folder have, after trying to enable what is wanted and missing."""
    control = folder / "cgroup.subtree_control"
    missing = set(WANTED) & set(_read(folder / "cgroup.controllers").split()) - set(_read(control).split())
    for name in missing:
        try:
            control.write_text(f"+{name}")
        except OSError:  # not ours, or processes are in it: then the folder above may do
            continue
    return set(_read(control).split())


def _works(place: Place) -> bool:
    try:
        group = Group.make(place, group_name("", "try", str(os.getpid())), TRIAL)
    except CannotStart:
        return False
    try:
        return subprocess.run(group.entering(["true"]), stderr=subprocess.DEVNULL).returncode == 0
    finally:
        group.remove()


def _gone(folder: Path) -> bool:
    """Remove an empty group; True when it is not there any more."""
    try:
        folder.rmdir()
    except OSError:
        return not folder.exists()  # where nothing can be written, the kernel says so of what is not there, too
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
