"""The beginning of every attempt's program: its text goes before the attempt's own. Runs inside; standard library only.

PLACES is what an attacker might know or guess of the host: paths, pids, addresses. It holds no secret.
"""

# ruff: noqa: F401 - for the attempts' own lines
import ctypes
import errno
import fcntl
import json
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

PLACES = json.loads(os.environ["PLACES"])
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
COLUMN = {"x86_64": 0, "aarch64": 1}[platform.machine()]
NUMBERS = {
    "clone": (56, 220), "ptrace": (101, 117), "syslog": (103, 116), "capset": (126, 91), "pivot_root": (155, 41),
    "acct": (163, 89), "mount": (165, 40), "init_module": (175, 105), "quotactl": (179, 60), "kexec_load": (246, 104),
    "timer_create": (222, 107), "mq_open": (240, 180), "add_key": (248, 217), "keyctl": (250, 219),
    "ioprio_set": (251, 30), "unshare": (272, 97), "perf_event_open": (298, 241), "fanotify_init": (300, 262),
    "open_by_handle_at": (304, 265), "clock_adjtime": (305, 266), "setns": (308, 268), "process_vm_readv": (310, 270),
    "finit_module": (313, 273), "bpf": (321, 280), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "open_tree": (428, 428), "fsopen": (430, 430), "pidfd_open": (434, 434), "clone3": (435, 435),
    "pidfd_getfd": (438, 438),
}  # fmt: skip


def won(what):
    """Claim a success."""
    print("WON", what, flush=True)


def tries(act, *args, **named):
    """act(*args), or None and a line that says why when the system refuses."""
    try:
        return act(*args, **named)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        print("refused:", getattr(act, "__name__", act), str(args)[:120], error, flush=True)
        return None


def show(path, size=65536):
    """Print what can be read of a file."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        print(os.read(fd, size), flush=True)
    finally:
        os.close(fd)


def write(path, text):
    """Write into a file, made if missing; without a buffer, so that a refusal is seen."""
    with open(path, "wb", buffering=0) as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def opens(path, flags=os.O_WRONLY):
    """Open and close, changing nothing; opening alone is the win."""
    os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY))
    won(f"opened {path}")


def checked(out):
    """The result of a C call. Raises OSError."""
    if out < 0:
        number = ctypes.get_errno()
        raise OSError(number, errno.errorcode.get(number, "?"))
    return out


def call(name, *args):
    """A bare system call. Raises OSError."""
    full = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return checked(LIBC.syscall(ctypes.c_long(NUMBERS[name][COLUMN]), *full))


def others():
    """The processes that are not this one: all that are in sight, or those it is told to keep to."""
    seen = PLACES["only"] or [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in seen if pid != os.getpid()]


def in_child(act, *args):
    """Do it in a child, which it may crash or change for good; how the child ended."""
    pid = os.fork()
    if pid == 0:
        try:
            tries(act, *args)
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1]


def ready():
    """Tell the host that the trap is set."""
    print("READY", flush=True)


def until_killed():
    """Stay, until the host has done its part."""
    while True:
        signal.pause()
