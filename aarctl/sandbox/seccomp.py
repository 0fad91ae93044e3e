"""The system calls a researcher may make: one policy in data, given to Docker as a profile and to bwrap as a program.

An allow-list: what is not named here does not exist inside (ENOSYS, which also sends a C library from a new call to the
older one it knows). Stricter than Docker's own default, and the same whatever capabilities a container has.
Not named, so refused: io_uring and Linux AIO, bpf, perf events, userfaultfd, keyrings, every mount call old and new,
namespaces (unshare, setns, clone3, clone with such a flag), modules, kexec, swap, quota, clocks, file handles,
fanotify, NUMA placement, machine-wide sync; inotify and POSIX timers, of which a user's sandboxes share so many;
ptrace and its kin, so no debugger and no freeze that a tracer undoes; System V and POSIX queues and segments, which are
memory that outlives its makers, so that no kill gives it back.
Sockets: unix, TCP and UDP, and route netlink, which lists interfaces; no vsock, raw, packet, crypto, SCTP or Bluetooth.
Programs of another word size (i386, x32) are ended. Not filtered: ioctl. TIOCSTI has nothing to write to, for no
terminal of the person's ever comes inside.
"""

from __future__ import annotations

import errno
import functools
import os
import socket
from typing import Any

import msgspec

FILES = """
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock
    fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr
    ioctl lchown lgetxattr link linkat listxattr
    llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod mknodat newfstatat open openat openat2 pipe
    pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr
    rename renameat renameat2 rmdir sendfile setxattr splice stat statfs statx symlink symlinkat sync_file_range tee
    truncate umask unlink unlinkat utime utimensat utimes write writev
"""
WAITING = """
    accept accept4 bind connect epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd
    eventfd2 getpeername getsockname getsockopt listen poll ppoll pselect6 recvfrom recvmmsg recvmsg select sendmmsg
    sendmsg sendto setsockopt shutdown signalfd signalfd4 timerfd_create timerfd_gettime timerfd_settime
"""
MEMORY = """
    brk madvise map_shadow_stack membarrier memfd_create mincore mlock mlock2 mlockall mmap mprotect mremap mseal
    msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect
"""
PROCESSES = """
    arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv
    futex_wake get_robust_list getcpu getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority
    getresgid getresuid getrlimit getrusage getsid gettid getuid ioprio_get ioprio_set landlock_add_rule
    landlock_create_ruleset landlock_restrict_self pidfd_open prctl rseq sched_get_priority_max
    sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
    sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp set_robust_list
    set_tid_address setfsgid setfsuid setgid setgroups setpgid setpriority setregid setresgid setresuid setreuid
    setrlimit setsid setuid sysinfo uname vfork wait4 waitid
"""
SIGNALS = """
    kill pause pidfd_send_signal restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
    rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack tgkill tkill
"""
TIME = """
    alarm clock_getres clock_gettime clock_nanosleep getitimer getrandom gettimeofday nanosleep setitimer time times
"""

NAMESPACES = 0x7E020000
"""Every CLONE_NEW flag that clone takes."""
ROUTE = 0  # NETLINK_ROUTE
KIND = 2**64 - 1 & ~(socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)  # a socket's type without its flags
ASK = 0xFFFFFFFF  # personality: only tell the present one
UNKNOWN = -1  # libseccomp's word for a name it has no number for; one of another architecture has a smaller number
ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")


class Condition(msgspec.Struct, frozen=True):
    """Argument number `index`, after `mask`, is `value`. All 64 bits are looked at: none may hide in the upper half."""

    index: int
    value: int
    mask: int | None = None


class Rule(msgspec.Struct, frozen=True):
    """System calls that are allowed where every condition holds."""

    names: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()


def _sockets() -> list[Rule]:
    # The type counts too: protocol 0 is whatever the kernel has for it, SCTP for one type and DCCP for another.
    return [
        Rule(("socket", "socketpair"), (Condition(0, socket.AF_UNIX),)),
        Rule(("socket",), (Condition(0, socket.AF_NETLINK), Condition(2, ROUTE))),
        *(
            Rule(("socket",), (Condition(0, family), Condition(1, kind, mask=KIND), Condition(2, protocol)))
            for family in (socket.AF_INET, socket.AF_INET6)
            for kind, own in ((socket.SOCK_STREAM, socket.IPPROTO_TCP), (socket.SOCK_DGRAM, socket.IPPROTO_UDP))
            for protocol in (0, own)
        ),
    ]


POLICY = (
    Rule(tuple(" ".join((FILES, WAITING, MEMORY, PROCESSES, SIGNALS, TIME)).split())),
    Rule(("clone",), (Condition(0, 0, mask=NAMESPACES),)),
    Rule(("prlimit64",), (Condition(0, 0),)),  # one's own limits: another's would need no more than its uid
    Rule(("personality",), (Condition(0, 0),)),
    Rule(("personality",), (Condition(0, ASK),)),
    *_sockets(),
)
"""Everything that is allowed, and under which conditions."""


def docker_profile() -> dict[str, Any]:
    """The policy as Docker takes it, as JSON after `seccomp=`. Engines of 20.10 refuse with EPERM, not ENOSYS."""
    allowed = [
        {"names": list(rule.names), "action": "SCMP_ACT_ALLOW", "args": [_docker(c) for c in rule.conditions]}
        for rule in POLICY
    ]
    # By name for those old engines, too: at ENOSYS the C library turns to clone, and `timeout` to an alarm; at EPERM no
    # thread would start.
    absent = {"names": ["clone3", "timer_create"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS}
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.ENOSYS,
        "archMap": [{"architecture": name, "subArchitectures": []} for name in ARCHITECTURES],
        "syscalls": [*allowed, absent],
    }


def _docker(condition: Condition) -> dict[str, Any]:
    if condition.mask is None:
        return {"index": condition.index, "value": condition.value, "op": "SCMP_CMP_EQ"}
    return {
        "index": condition.index, "value": condition.mask, "valueTwo": condition.value, "op": "SCMP_CMP_MASKED_EQ",
    }  # fmt: skip


@functools.cache
def program(architecture: str = "") -> bytes | None:
    """The policy as a program for the kernel, for this machine or a named one; None where libseccomp is missing."""
    try:
        import pyseccomp  # looks for the library when imported, and raises when there is none
    except (ImportError, RuntimeError):
        return None
    out = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    if architecture:
        out.remove_arch(pyseccomp.system_arch())
        out.add_arch(getattr(pyseccomp.Arch, architecture.removeprefix("SCMP_ARCH_")))
    for rule in POLICY:
        conditions = [_compiled(pyseccomp, condition) for condition in rule.conditions]
        for name in rule.names:
            number = pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)
            if number != UNKNOWN:  # else newer than this libseccomp, and then ENOSYS as on an older kernel
                out.add_rule(pyseccomp.ALLOW, number, *conditions)
    with open(os.memfd_create("seccomp"), "w+b") as file:
        out.export_bpf(file)
        file.seek(0)
        return file.read()


def _compiled(pyseccomp: Any, condition: Condition) -> Any:
    if condition.mask is None:
        return pyseccomp.Arg(condition.index, pyseccomp.EQ, condition.value)
    return pyseccomp.Arg(condition.index, pyseccomp.MASKED_EQ, condition.mask, condition.value)
