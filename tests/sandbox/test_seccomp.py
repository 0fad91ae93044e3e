"""The policy is what it says, and real sandboxes hold to it: asked by the bare system call, past any library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aarctl.sandbox import seccomp
from aarctl.sandbox.protocol import SandboxSpec

from .make import backend_named
from .watch import marker, run

NEVER = """
    acct add_key adjtimex bpf chroot clock_adjtime clock_settime clone3 delete_module fanotify_init fanotify_mark
    finit_module fsconfig fsmount fsopen fspick init_module io_setup io_submit io_uring_enter io_uring_register
    io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind memfd_secret
    migrate_pages mount mount_setattr move_mount move_pages mq_open msgget name_to_handle_at nfsservctl
    open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise process_vm_readv
    process_vm_writev ptrace quotactl quotactl_fd reboot request_key semget set_mempolicy sethostname setns
    settimeofday shmget swapoff swapon sync syslog umount2 unshare userfaultfd uselib ustat vhangup vm86 vmsplice
"""
NEW = {"fchmodat2", "futex_requeue", "futex_wait", "futex_wake", "map_shadow_stack", "mseal"}
"""Allowed names that the libseccomp of a supported system may not know yet."""

ASK = """
import ctypes, errno, json, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == "x86_64"
word = ctypes.c_ulong

def call(number, *arguments):
    ctypes.set_errno(0)
    return "worked" if libc.syscall(number, *map(word, arguments)) >= 0 else errno.errorcode[ctypes.get_errno()]

def family(*arguments):
    try:
        socket.socket(*arguments).close()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "worked"

USER = 0x10000000
said = {
    "io_uring_setup": call(425, 1, 0), "unshare": call(272 if x86 else 97, USER), "fsopen": call(430, 0, 0),
    "mount": call(165 if x86 else 40, 0, 0, 0, 0, 0), "setns": call(308 if x86 else 268, 0, 0),
    "clone for a namespace": call(56 if x86 else 220, USER | 17, 0, 0, 0, 0), "clone3": call(435, 0, 0),
    "bpf": call(321 if x86 else 280, 0, 0, 0), "ptrace": call(101 if x86 else 117, 0, 0, 0, 0),
    "perf_event_open": call(298 if x86 else 241, 0, 0, 0, 0, 0), "userfaultfd": call(323 if x86 else 282, 0),
    "keyctl": call(250 if x86 else 219, 0, 0), "shmget": call(29 if x86 else 194, 0, 4096, 0o1600),
    "process_vm_readv": call(310 if x86 else 270, 1, 0, 0, 0, 0, 0),
    "open_by_handle_at": call(304 if x86 else 265, 0, 0, 0),
    "personality": call(135 if x86 else 92, 0x0040000),
    "socket hidden in the upper half": call(41 if x86 else 198, (1 << 32) | 38, 5, 0),
    "vsock": family(40, 1), "packet": family(17, 3), "alg": family(38, 5), "raw": family(2, 3, 1),
    "sctp by its type": family(2, 5, 0), "dccp by its type": family(2, 6, 0), "raw by its type": family(10, 3, 0),
    "sctp": family(2, 1, 132), "mptcp": family(2, 1, 262), "netfilter": family(16, 3, 12),
}
allowed = {
    "unix": family(1, 1), "tcp": family(2, 1), "udp": family(2, 2, 17), "tcp6": family(10, 1, 6),
    "udp6, flagged": family(10, 2 | 0o4000, 0), "route": family(16, 3, 0),
    "what personality": call(135 if x86 else 92, 0xffffffff),
}
print(json.dumps([said, allowed]))
"""

WORK = """
import asyncio, concurrent.futures, os, multiprocessing, mmap, sqlite3, subprocess, tempfile, threading
threads = [threading.Thread(target=sum, args=([1],)) for _ in range(4)]
[one.start() for one in threads]; [one.join() for one in threads]

def double(n):
    return 2 * n

async def child():
    process = await asyncio.create_subprocess_exec("echo", "hi", stdout=-1)
    return (await process.communicate())[0]

if __name__ == "__main__":
    assert asyncio.run(child()) == b"hi\\n"
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        assert list(pool.map(double, range(3))) == [0, 2, 4]
    with multiprocessing.Manager() as manager:
        assert manager.list([1])[0] == 1
    base = sqlite3.connect("base.db")
    base.execute("pragma journal_mode = wal"); base.execute("create table t(a)"); base.commit()
    mmap.mmap(-1, 4096).close()
    os.mkfifo("fifo"); os.symlink("fifo", "link"); os.chmod("base.db", 0o600); os.utime("base.db")
    import socket
    server = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(server.getsockname()).close()
    print(subprocess.run("ls | wc -l; tar cf t.tar fifo; sort --parallel=2 work.py | tail -n 0; nice true", shell=True,
                         capture_output=True, text=True, check=True).stdout)
"""


def names() -> list[str]:
    return [name for rule in seccomp.POLICY for name in rule.names]


def test_what_no_researcher_needs_is_not_in_the_policy() -> None:
    assert set(NEVER.split()) & set(names()) == set()


def test_a_name_that_is_always_allowed_has_no_second_rule() -> None:
    plain = seccomp.POLICY[0].names
    assert len(set(plain)) == len(plain)
    assert not set(plain) & {name for rule in seccomp.POLICY[1:] for name in rule.names}


def test_every_name_is_a_system_call_that_libseccomp_knows_or_will() -> None:
    pyseccomp = pytest.importorskip("pyseccomp", reason="libseccomp is not here", exc_type=RuntimeError)
    unknown = {n for n in names() if pyseccomp.resolve_syscall(pyseccomp.system_arch(), n) == seccomp.UNKNOWN}
    assert unknown <= NEW


@pytest.mark.parametrize("architecture", ["", *seccomp.ARCHITECTURES])
def test_the_policy_compiles_for_every_machine_it_names(architecture: str) -> None:
    pytest.importorskip("pyseccomp", reason="libseccomp is not here", exc_type=RuntimeError)
    program = seccomp.program(architecture)
    assert program and len(program) % 8 == 0 and len(program) // 8 > len(seccomp.POLICY[0].names)


def test_the_profile_refuses_by_default_and_names_both_machines() -> None:
    profile = json.loads(json.dumps(seccomp.docker_profile()))
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert [one["architecture"] for one in profile["archMap"]] == list(seccomp.ARCHITECTURES)
    refused = {n for rule in profile["syscalls"] if rule["action"] != "SCMP_ACT_ALLOW" for n in rule["names"]}
    assert refused == {"clone3", "timer_create"}


def test_a_condition_looks_at_a_mask_only_where_it_has_one() -> None:
    rules = {tuple(rule["names"]): rule.get("args") for rule in seccomp.docker_profile()["syscalls"]}
    assert rules[("clone",)] == [{"index": 0, "value": seccomp.NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]
    assert rules[("socket", "socketpair")] == [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]


class Held:
    """What a sandbox of any backend with a filter does."""

    name = ""

    @pytest.fixture
    def spec(self, tmp_path: Path) -> SandboxSpec:
        task = tmp_path / "task"
        task.mkdir()
        work = tmp_path / "work"
        return SandboxSpec(f"run-{marker()}", "r1", work / "r1", work / "spool", {"/task": task}, home="seccomp0")

    async def test_a_real_sandbox_refuses_what_is_not_in_the_policy(self, spec: SandboxSpec) -> None:
        backend = await backend_named(self.name, spec.home)
        sandbox = await backend.create(spec)
        try:
            assert sandbox.capabilities.seccomp
            result, text = await run(sandbox, "python", "-c", ASK)
            assert result.ok, text
            refused, allowed = json.loads(text)
            # An engine of 20.10 knows no other error number for what it refuses.
            assert {name for name, error in refused.items() if error not in ("ENOSYS", "EPERM")} == set(), refused
            assert set(allowed.values()) == {"worked"}, allowed
        finally:
            await sandbox.remove()
            await backend.wipe(spec)

    async def test_ordinary_work_goes_on_under_the_filter(self, spec: SandboxSpec) -> None:
        backend = await backend_named(self.name, spec.home)
        sandbox = await backend.create(spec)
        try:
            await sandbox.put("work.py", WORK.encode())
            result, text = await run(sandbox, "python", "work.py", timeout_s=60.0)
            assert result.ok, text
        finally:
            await sandbox.remove()
            await backend.wipe(spec)


@pytest.mark.skipif(seccomp.program() is None, reason="libseccomp is not here, so bubblewrap has no filter")
class TestBubblewrap(Held):
    name = "bubblewrap"

    @pytest.mark.slow
    async def test_torch_computes_under_the_filter(self, spec: SandboxSpec) -> None:
        backend = await backend_named(self.name, spec.home)
        sandbox = await backend.create(spec)
        script = (
            "import torch; torch.set_num_threads(2); print((torch.ones(300, 300) @ torch.ones(300, 300)).sum().item())"
        )
        try:
            result, text = await run(sandbox, "python", "-c", script, timeout_s=120.0)
            assert result.ok and "27000000.0" in text, text
        finally:
            await sandbox.remove()


@pytest.mark.usefixtures("docker_engine")
class TestDocker(Held):
    name = "docker"
