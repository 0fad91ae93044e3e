"""A shepherd: starts one command at a time, as a child subreaper, and waits for its whole tree.

It reports the command's exit status once, goes on reaping until the tree is empty, says so, and waits for the next. It
lives on between commands because a fork and a cold start cost more than a short command does. All killing is done by
the keeper. Where a command shares its uid it may kill or stop its shepherd, which costs it its exit code and saves it
nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from typing import NoReturn

import msgpack

from aarctl.sandbox.inside import limits, trees, wire
from aarctl.sandbox.inside.user import acting_as
from aarctl.sandbox.inside.wire import MESSAGE_BYTES

PASSED = 3
"""Files that come with a request: itself, standard input, output."""


def tend(keeper: socket.socket, proc: int) -> NoReturn:
    """Carry out requests until the keeper's line closes. `proc` is the keeper's /proc: the commands' may be read-only.

    Says, as they come true: here; failed or started; status; empty, with the CPU seconds and largest process.
    """
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
    trees.prctl(trees.PR_SET_DUMPABLE, 0)  # a command of the same uid must not ptrace us
    trees.prctl(trees.PR_SET_NO_NEW_PRIVS, 1)
    trees.prctl(trees.PR_SET_PDEATHSIG, signal.SIGKILL)
    tell(keeper, {"here": True})
    while True:
        data, fds, _, _ = socket.recv_fds(keeper, MESSAGE_BYTES, PASSED)
        if not data:
            os._exit(0)
        request, stdin, output = fds
        command = None
        try:
            command = _start(msgpack.unpackb(os.pread(request, os.fstat(request).st_size, 0)), stdin, output, proc)
            tell(keeper, {"started": True})
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            tell(keeper, {"failed": f"{type(error).__name__}: {error}"[: MESSAGE_BYTES // 2]})
        for fd in fds:
            os.close(fd)
        _reap(keeper, command)


def _reap(keeper: socket.socket, command: subprocess.Popen[bytes] | None) -> None:
    cpu_s, peak_bytes = 0.0, 0
    while True:
        try:
            ended, status, used = os.wait4(-1, 0)
        except ChildProcessError:
            tell(keeper, {"empty": True, "cpu_s": cpu_s, "peak_bytes": peak_bytes})
            return
        cpu_s, peak_bytes = cpu_s + used.ru_utime + used.ru_stime, max(peak_bytes, used.ru_maxrss << 10)
        if command is not None and ended == command.pid:
            command.returncode = status  # or it would look for its process for ever
            tell(keeper, {"status": status})
            command = None  # its number may be another's from now on


def _start(spec: wire.Message, stdin: int, output: int, proc: int) -> subprocess.Popen[bytes]:
    """Start the command, with limits that are this process's own from now on."""
    limits.take(spec["limits"])
    _expendable(proc, limits.COMMANDS_SCORE)
    try:
        with acting_as(spec["user"]):
            return subprocess.Popen(
                spec["argv"], stdin=stdin, stdout=output, stderr=output, cwd=spec["cwd"], env=spec["env"],
                start_new_session=True, umask=0o022,
            )  # fmt: skip
    finally:
        _expendable(proc, limits.SHEPHERDS_SCORE)


def _expendable(proc: int, score: int) -> None:
    """How soon the kernel takes this process and those it starts when memory is short, however small they are.

    For a plain user the kernel refuses; no harm done.
    """
    try:
        file = os.open("self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
        os.write(file, b"%d" % score)
        os.close(file)
    except OSError:
        pass


def tell(keeper: socket.socket, message: wire.Message) -> None:
    """Say something to the keeper."""
    try:
        keeper.send(msgpack.packb(message))
    except OSError:
        pass  # it is gone: nobody to tell, and the yard is about to end us
