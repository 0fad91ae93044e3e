"""Groups are found, limit what is in them, count it, and go. The real kernel wherever groups can be made."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aarctl.sandbox.cgroups import REMOVE_PATIENCE_S, Group, Place, folders, group_name, settings, sweep
from aarctl.sandbox.inside import memory
from aarctl.sandbox.protocol import CannotStart, Limits

from .bubble import PLACE, needs_groups

needs_mount = pytest.mark.skipif(
    os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0,
    reason="only root can mount",
)
SLEEP = ["sleep", "600"]
DEAD = 2**22 + 1  # no kernel gives so high a pid

HYBRID = """
24 23 0:5 / /proc rw - proc proc rw
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
""".strip()
V2 = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate"
CONTAINER = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"


def test_each_controller_of_version_1_has_a_folder_of_its_own() -> None:
    found = folders(HYBRID, "4:memory:/user/me\n3:cpu,cpuacct:/\n2:pids:/user\n0::/scope")
    assert found == {
        "memory": Path("/sys/fs/cgroup/memory/user/me"), "cpu": Path("/sys/fs/cgroup/cpu,cpuacct"),
        "cpuacct": Path("/sys/fs/cgroup/cpu,cpuacct"), "pids": Path("/sys/fs/cgroup/pids/user"),
        "": Path("/sys/fs/cgroup/unified/scope"),
    }  # fmt: skip


def test_version_2_has_one_folder() -> None:
    assert folders(V2, "0::/user.slice/a.scope") == {"": Path("/sys/fs/cgroup/user.slice/a.scope")}


def test_in_a_container_paths_count_from_what_is_mounted_there() -> None:
    assert folders(CONTAINER, "4:memory:/docker/abc/mine") == {"memory": Path("/sys/fs/cgroup/memory/mine")}
    assert folders(CONTAINER, "4:memory:/elsewhere") == {}


def test_a_limit_on_memory_leaves_no_swap_in_either_version() -> None:
    limits = Limits(memory_bytes=1000, pids=7, cpus=1.5)
    assert list(settings(1, limits)) == [
        ("cpu", "cpu.shares", "128"),
        ("memory", "memory.limit_in_bytes", "1000"), ("memory", "memory.memsw.limit_in_bytes", "1000"),
        ("pids", "pids.max", "7"), ("cpu", "cpu.cfs_period_us", "100000"), ("cpu", "cpu.cfs_quota_us", "150000"),
    ]  # fmt: skip
    assert list(settings(2, limits)) == [
        ("cpu", "cpu.weight", "12"),
        ("memory", "memory.max", "1000"), ("memory", "memory.swap.max", "0"), ("pids", "pids.max", "7"),
        ("cpu", "cpu.max", "150000 100000"),
    ]  # fmt: skip


@pytest.mark.parametrize("version", [1, 2])
def test_without_limits_a_sandbox_yields_all_the_same(version: int) -> None:
    ((_, _, share),) = settings(version, Limits())
    assert int(share) <= {1: 1024, 2: 100}[version] / 8


def test_a_name_says_whose_it_is_and_is_never_the_same() -> None:
    one, two = (group_name("0123456789abcdef", "run", "r1") for _ in range(2))
    assert one.startswith(f"aarctl-01234567-run.r1.{os.getpid()}-") and one != two


def _holds(group: Path, pid: int) -> bool:
    return str(pid) in (group / "cgroup.procs").read_text().split()


@needs_groups
class TestRealGroups:
    @pytest.fixture
    def home(self) -> str:
        return secrets.token_hex(4)

    @pytest.fixture
    def made(self, home: str, request: pytest.FixtureRequest) -> Iterator[Group]:
        assert PLACE
        group = Group.make(PLACE, group_name(home, "run", "r1"), getattr(request, "param", Limits()))
        yield group
        group.remove()

    @pytest.mark.parametrize("made", [Limits(memory_bytes=64 << 20)], indirect=True)
    def test_memory_past_the_limit_ends_the_process_and_is_counted(self, made: Group) -> None:
        before = memory.kills(str(made.oom_file))
        done = subprocess.run(made.entering([sys.executable, "-S", "-c", "b'x' * (256 << 20)"]))
        assert done.returncode == -9
        assert (before, memory.kills(str(made.oom_file))) == (0, 1)

    @pytest.mark.parametrize("made", [Limits(pids=8)], indirect=True)
    def test_processes_past_the_limit_are_not_made(self, made: Group) -> None:
        script = "for n in 1 2 3 4 5 6 7 8 9; do sleep 600 > /dev/null 2>&1 & done"
        done = subprocess.run(made.entering(["sh", "-c", script]), capture_output=True, text=True)
        assert done.returncode != 0 and "fork" in done.stderr
        assert 0 < len(made.processes()) <= 8

    @pytest.mark.parametrize("made", [Limits(cpus=0.01)], indirect=True)  # less than busy neighbours leave it
    def test_cpu_time_past_the_limit_is_held_back(self, made: Group) -> None:
        script = "import time; end = time.process_time() + 0.01\nwhile time.process_time() < end: pass"
        assert subprocess.run(made.entering([sys.executable, "-S", "-c", script])).returncode == 0
        words = (made.folders["cpu"] / "cpu.stat").read_text().split()
        assert int(words[words.index("nr_throttled") + 1]) > 0

    def test_whoever_is_left_ends_with_the_group(self, made: Group) -> None:
        child = subprocess.Popen(made.entering(SLEEP))
        while child.pid not in made.processes():
            assert child.poll() is None
        made.remove()
        assert child.wait(30) == -9
        assert not any(folder.exists() for folder in made.folders.values())
        made.remove()

    def test_a_group_that_is_gone_cannot_be_entered(self, made: Group) -> None:
        made.remove()
        done = subprocess.run(made.entering(["echo", "in"]), capture_output=True, text=True)
        assert done.returncode != 0 and done.stdout == ""

    def test_the_empty_groups_of_a_dead_supervisor_go_and_no_others(self, made: Group, home: str) -> None:
        assert PLACE
        empty, maker = self.left_behind(home, "run", "r3"), subprocess.Popen(SLEEP)
        full = self.left_behind(home, "run", "r2", maker.pid)  # alive until it is full: other tests sweep too
        child = subprocess.Popen(full.entering(SLEEP))
        try:
            while not all(_holds(folder, child.pid) for folder in full.folders.values()):
                assert child.poll() is None
            maker.kill()
            maker.wait()
            sweep(home, "run")
            assert [group.folders["memory"].exists() for group in (empty, full, made)] == [False, True, True]
        finally:
            maker.kill()
            maker.wait()
            full.remove()
            child.wait()

    def left_behind(self, home: str, run: str, name: str, maker: int = DEAD) -> Group:
        """A group as a supervisor leaves it that is killed."""
        assert PLACE
        group = Group(PLACE, f"{group_name(home, run, name).rpartition('.')[0]}.{maker}-ab")
        for folder in group.folders.values():
            folder.mkdir(exist_ok=True)
        return group

    def test_making_a_group_clears_away_what_the_dead_left_beside_it(self, home: str) -> None:
        assert PLACE
        left = self.left_behind(home, "run", "r2")
        Group.make(PLACE, group_name(home, "other", "r1"), Limits()).remove()
        assert not left.folders["memory"].exists()

    def test_a_place_without_the_right_is_said_to_be_one(self, tmp_path: Path) -> None:
        closed = Place(1, {"memory": Path("/proc/self"), "pids": Path("/proc/self")})
        with pytest.raises(CannotStart, match=r"cgroup v1: .*run aarctl where it may make groups"):
            Group.make(closed, "x", Limits())

    @needs_mount
    def test_where_groups_can_only_be_read_that_is_found_at_once(self, tmp_path: Path) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "aarctl", str(tmp_path)], check=True)
        began = time.monotonic()
        try:
            with pytest.raises(CannotStart, match="Read-only"):
                Group.make(Place(1, {"memory": tmp_path}), "x", Limits())
        finally:
            subprocess.run(["umount", str(tmp_path)], check=True)
        assert time.monotonic() - began < REMOVE_PATIENCE_S

    def test_a_group_lies_below_our_own_or_beside_it(self) -> None:
        assert PLACE
        own = folders(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
        for controller, parent in PLACE.parents.items():
            mine = own["" if PLACE.version == 2 else controller]
            assert os.path.samefile(mine, parent) or parent in mine.parents
