"""The bubblewrap backend keeps the contract, and isolates: one attack per promise; as root and as a plain user."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import msgspec
import pytest

from aarctl.sandbox import seccomp
from aarctl.sandbox.bubblewrap import DEVICES, BubblewrapBackend, system_folders
from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.protocol import Backend, BadRequest, CannotStart, Limits, SandboxSpec

from . import plain
from .bubble import needs_bubblewrap
from .contract_life import SandboxContract
from .watch import run

LEASABLE = ("/dev/fuse", "/dev/net/tun", "/dev/kvm")


@needs_bubblewrap
class TestBubblewrap(SandboxContract):
    @pytest.fixture
    def backend(self) -> Backend:
        return BubblewrapBackend()

    async def refused(self, sandbox: LiveSandbox, script: str) -> str:
        """Run a script that must fail; what it said."""
        result, text = await run(sandbox, "sh", "-c", script)
        assert result.exit_code not in (0, None), text
        return text

    async def test_nothing_of_the_home_is_readable_but_workspace_and_task(
        self, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        vault = spec.workspace.parents[1] / "vault"
        vault.mkdir()
        (vault / "secret").write_text("canary")
        ours = (vault, vault / "secret", spec.spool, spec.workspace, spec.read_only["/task"], Path.home() / ".ssh")
        for path in (*ours, "/etc/shadow", "/var", "/sys"):
            await self.refused(sandbox, f"ls {path}")
        # Beside the mounts, the root holds no file at all; and these are all the mounts.
        found = (await run(sandbox, "sh", "-c", "find / -xdev -type f | grep -vE '^/(etc|opt)/'"))[1]
        assert found == ""
        mounts = {line.split()[1] for line in (await run(sandbox, "cat", "/proc/mounts"))[1].splitlines()}
        known = [Path(f"/{name}") for name in ("proc", "dev", "run", "tmp", "etc", "opt", "task", "workspace")]
        known += system_folders("/usr/bin/bwrap")
        assert [m for m in mounts - {"/"} if not any(Path(m).is_relative_to(folder) for folder in known)] == []
        assert (await run(sandbox, "sh", "-c", "cat /task/pool.jsonl; pwd"))[1] == "public\n/workspace\n"

    async def test_the_host_is_not_visible_in_the_root(self, sandbox: LiveSandbox) -> None:
        text = (await run(sandbox, "ls", "/", "/run", "/etc"))[1]
        names = set(text.split())
        assert not names & {"home", "var", "srv", "mnt", "boot", "sys", "ssl", "shadow", "aarctl", "resolv.conf"}
        assert {"passwd", "group", "hosts", "workspace", "task"} <= names

    async def test_task_root_lab_and_devices_are_read_only(self, sandbox: LiveSandbox, spec: SandboxSpec) -> None:
        for path in ("task/x", "task/pool.jsonl", "x", "etc/passwd", "opt/aarctl/aarctl/x", "usr/x", "run/x", "dev/x"):
            assert "Read-only" in await self.refused(sandbox, f"echo x > /{path}")
        assert (spec.read_only["/task"] / "pool.jsonl").read_text() == "public\n"
        assert (await run(sandbox, "sh", "-c", "echo x > /tmp/x && echo x > /dev/shm/x && echo x > /workspace/x"))[0].ok

    async def test_only_the_lab_of_aarctl_is_there(self, sandbox: LiveSandbox) -> None:
        assert (await run(sandbox, "ls", "/opt/aarctl/aarctl"))[1].split() == ["__init__.py", "lab"]
        await self.refused(sandbox, "cd /; python -c 'import aarctl.scorer'")

    async def test_there_is_no_network(self, sandbox: LiveSandbox) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            script = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
            result, text = await run(sandbox, "python", "-c", script)
        assert result.exit_code == 1 and ("refused" in text or "unreachable" in text)
        assert (await run(sandbox, "sh", "-c", "tail -n +3 /proc/net/dev | grep -v lo:"))[1] == ""

    async def test_an_abstract_unix_socket_of_the_host_is_out_of_reach(self, sandbox: LiveSandbox) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0aarctl-{os.getpid()}")
            server.listen()
            script = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0aarctl-{os.getpid()}')"
            assert (await run(sandbox, "python", "-c", script))[0].exit_code == 1

    async def test_only_its_own_processes_are_seen_and_the_keeper_is_not_one(self, sandbox: LiveSandbox) -> None:
        text = (await run(sandbox, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"))[1]
        assert " serve " not in text and "pytest" not in text and "bwrap" not in text

    async def test_no_privilege_can_be_had(self, sandbox: LiveSandbox) -> None:
        status = (await run(sandbox, "cat", "/proc/self/status"))[1]
        caps = {line.split(":")[0]: int(line.split()[1], 16) for line in status.splitlines() if line.startswith("Cap")}
        assert set(caps.values()) == {0} and "NoNewPrivs:\t1" in status
        assert (await run(sandbox, "id", "-u"))[1] == "1000\n"
        await self.refused(sandbox, "unshare -Ur true")
        await self.refused(sandbox, "mount -t tmpfs none /tmp")
        await self.refused(sandbox, "chroot / true")

    async def test_the_kernel_cannot_be_written_through_proc(self, sandbox: LiveSandbox) -> None:
        # Opened for writing and nothing written: a hole found here must not change the machine.
        script = "import os, sys; os.close(os.open(sys.argv[1], os.O_WRONLY))"
        for path in ("sys/kernel/core_pattern", "sys/kernel/hostname", "sys/vm/drop_caches", "self/mem"):
            result, text = await run(sandbox, "python", "-c", script, f"/proc/{path}")
            assert result.exit_code == 1 and ("Read-only" in text or "Permission" in text), text

    async def test_the_hosts_device_nodes_keep_their_mode(self, sandbox: LiveSandbox) -> None:
        names = ("null", "zero", "full", "random", "urandom")
        before = {name: os.stat(f"/dev/{name}").st_ctime_ns for name in names}
        # The same mode as before: a hole found here must not change the machine, but shows in the ctime.
        script = "import os, sys; [os.chmod(p, os.stat(p).st_mode) for p in sys.argv[1:]]"
        await run(sandbox, "python", "-c", script, *(f"/dev/{name}" for name in names))
        assert {name: os.stat(f"/dev/{name}").st_ctime_ns for name in names} == before
        assert (await run(sandbox, "sh", "-c", "echo x > /dev/null && head -c 3 /dev/urandom | wc -c"))[1] == "3\n"

    async def test_the_yard_can_neither_be_killed_nor_read(self, sandbox: LiveSandbox) -> None:
        await run(sandbox, "sh", "-c", "kill -9 1; kill -STOP 1")
        await self.refused(sandbox, "cat /proc/1/environ /proc/1/mem /proc/1/maps")
        await self.refused(sandbox, "ls /proc/1/fd/ /proc/1/root/")
        result, _ = await run(sandbox, "sh", "-c", "kill -9 -1")
        assert result.exit_code is None
        assert (await run(sandbox, "echo", "still here"))[1] == "still here\n"

    async def test_the_spool_and_its_results_are_out_of_reach(self, sandbox: LiveSandbox, spec: SandboxSpec) -> None:
        await self.refused(sandbox, "ls /run/aarctl")
        await self.refused(sandbox, f"ls {spec.spool}")
        assert (spec.spool.stat().st_mode & 0o777) == 0o700

    async def test_another_researchers_workspace_and_processes_are_invisible(
        self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        place = spec.workspace.parent
        second = msgspec.structs.replace(spec, name="r2", workspace=place / "r2", spool=place / "spool2")
        other = await backend.create(second)
        try:
            await other.put("mine", b"canary")
            one = await other.exec("s", ["sh", "-c", "echo canary > /tmp/mine; exec sleep 60"], timeout_s=30)
            await self.refused(sandbox, f"ls {place / 'r2'}")
            text = (await run(sandbox, "sh", "-c", "ls /workspace /tmp /dev/shm; cat /proc/[0-9]*/cmdline"))[1]
            assert "mine" not in text and "sleep" not in text
            await one.kill()
        finally:
            await other.remove()

    async def test_files_and_temporary_folders_have_their_size(self, backend: Backend, spec: SandboxSpec) -> None:
        limits = Limits(file_bytes=1 << 20, tmp_bytes=1 << 20)
        sandbox = await backend.create(msgspec.structs.replace(spec, limits=limits))
        try:
            await self.refused(sandbox, "head -c 2000000 /dev/zero > /workspace/big")
            fill = "head -c 900000 /dev/zero"
            assert "No space" in await self.refused(sandbox, f"{fill} > /tmp/a && {fill} > /tmp/b")
        finally:
            await sandbox.remove()

    async def test_a_home_inside_a_shared_folder_is_refused_with_the_fix(
        self, backend: Backend, spec: SandboxSpec
    ) -> None:
        inside = Path(sys.prefix) / "bin"
        with pytest.raises(BadRequest, match="move AARCTL_HOME"):
            await backend.create(msgspec.structs.replace(spec, read_only={"/task": inside}))

    async def test_a_leased_device_is_there_and_no_other(self, backend: Backend, spec: SandboxSpec) -> None:
        leased = next((path for path in LEASABLE if os.access(path, os.R_OK | os.W_OK)), "/dev/tty")
        sandbox = await backend.create(msgspec.structs.replace(spec, devices=(leased,)))
        try:
            script = "import os, sys; print(os.stat(sys.argv[1]).st_rdev)"
            assert int((await run(sandbox, "python", "-c", script, leased))[1]) == os.stat(leased).st_rdev
            known = {"core", "fd", "ptmx", "pts", "shm", "stderr", "stdin", "stdout", "tty", "console"}
            known |= {Path(name).name for name in DEVICES} | {Path(leased).parts[2]}
            assert set((await run(sandbox, "ls", "/dev"))[1].split()) <= known
        finally:
            await sandbox.remove()

    @pytest.mark.parametrize("device", ["17", "/dev/no-such", "/etc/passwd", "/dev/../etc/passwd", "/dev"])
    async def test_a_device_that_is_not_there_cannot_be_leased(
        self, backend: Backend, spec: SandboxSpec, device: str
    ) -> None:
        with pytest.raises(BadRequest, match="lease one that is there"):
            await backend.create(msgspec.structs.replace(spec, devices=(device,)))


PLAIN = """
import asyncio, json, sys
from pathlib import Path
from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.protocol import Limits, SandboxSpec, protection
import msgspec

async def main(home):
    backend = BubblewrapBackend()
    limits = Limits(memory_bytes=256 << 20, pids=100)
    sandbox = await backend.create(SandboxSpec("plain", "r1", home / "w", home / "s", limits=limits))
    said = {"capabilities": msgspec.to_builtins(backend.capabilities)}
    async def run(name, *argv):
        one = await sandbox.exec(name, argv, timeout_s=30)
        said[name] = [(await one.wait()).exit_code, (await one.output()).text()]
    try:
        await run("id", "id", "-u")
        await run("memory", "python3", "-c", "b'x' * (512 << 20)")
        await run("spool", "ls", "/run/aarctl", str(home))
        await run("unshare", "unshare", "-Ur", "true")
        await run("network", "python3", "-c", "import socket; socket.create_connection(('1.1.1.1', 53), 2)")
        await run("write", "sh", "-c", "echo x > file; cat file; echo x > /usr/file")
        loop = await sandbox.exec("loop", ["sh", "-c", "while :; do :; done"], timeout_s=30)
        await sandbox.freeze()
        said["frozen"] = (await sandbox.stats()).frozen
        await sandbox.thaw()
        said["killed"] = (await loop.kill()).killed
    finally:
        await sandbox.remove()
    print(json.dumps(said))

asyncio.run(main(Path(sys.argv[1])))
"""


@needs_bubblewrap
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; here all tests run as a plain one")
def test_a_plain_user_gets_the_same_sandbox_with_limits_for_each_process() -> None:
    with plain.room() as home:
        done = plain.run(home, PLAIN, str(home))
        assert done.returncode == 0, done.stderr
        assert (home / "w" / "file").stat().st_uid == plain.NOBODY
    said = json.loads(done.stdout)
    has = said["capabilities"]
    assert (has["isolated"], has["freeze"], has["limits"]) == (True, "signals", "each process")
    assert has["seccomp"] is (seccomp.program() is not None)
    assert said["id"] == [0, "1000\n"]
    assert said["memory"][0] == 1 and "MemoryError" in said["memory"][1]
    assert said["spool"][0] != 0 and "spool" not in said["spool"][1]
    assert said["unshare"][0] != 0
    assert said["network"][0] == 1 and "unreachable" in said["network"][1]
    assert said["write"][0] != 0 and said["write"][1].startswith("x\n") and "Read-only" in said["write"][1]
    assert said["frozen"] and said["killed"]


async def test_without_bwrap_the_message_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotStart, match="install the package bubblewrap"):
        await BubblewrapBackend().create(SandboxSpec("run", "r1", tmp_path / "w", tmp_path / "s"))


def test_the_shared_folders_are_outermost_and_never_the_root() -> None:
    folders = system_folders("/usr/bin/bwrap")
    assert Path("/usr") in folders and Path("/") not in folders
    assert not any(a != b and a.is_relative_to(b) for a in folders for b in folders)
