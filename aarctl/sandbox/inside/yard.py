"""The yard: where commands run. One shepherd per command, each a child subreaper that waits for its whole tree.

The yard hands each request of the keeper to a shepherd that waits; the shepherd starts the command, reports its exit
status once, goes on reaping until its tree is empty, says so and exits. All killing is done by the keeper. Where a
command shares the yard's uid it may kill or stop a shepherd, which costs a command its exit code and saves it nothing.
In bubblewrap the yard is process 1 of the inner pid namespace: when it ends, the kernel ends everything in there.
"""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from typing import NoReturn

import msgpack

from aarctl.sandbox.inside import limits, trees, wire
from aarctl.sandbox.inside.wire import MESSAGE_BYTES

PASSED = 5
"""Files that come with a request: itself, standard input, output, the line to the keeper, and the keeper's /proc."""
QUIET_S = 0.01
FULL = "the sandbox has no process or memory left; kill a command"


def main(channel: socket.socket) -> None:
    """Hand each request to a shepherd until the keeper's end closes, then end everything below and return."""
    trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
    trees.prctl(trees.PR_SET_DUMPABLE, 0)  # a command of the same uid must not ptrace us
    signal.signal(signal.SIGCHLD, lambda *_: trees.reap())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what all children share is not to be copied by their collectors
    channel.send(b"ready")
    spare: Spare | None = None
    while True:
        if spare is None and not select.select([channel], [], [], QUIET_S)[0]:
            spare = Spare.born(channel)  # not sooner: a command that was just started needs the machine
        data, fds, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, PASSED)
        if not data:
            break
        if spare is None or not spare.take(fds):
            spare = Spare.born(channel)  # a command has killed it, or there was no room for one: once more
            if spare is None or not spare.take(fds):
                with socket.socket(fileno=os.dup(fds[3])) as control:
                    _tell(control, {"failed": FULL})
        spare = None
        for fd in fds:
            os.close(fd)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    trees.end_all_below(os.getpid())


class Spare:
    """A shepherd that waits for its command: made before it is needed, as a fork takes time."""

    def __init__(self, pid: int, handoff: socket.socket) -> None:
        self.pid, self._handoff = pid, handoff

    def __repr__(self) -> str:
        return f"Spare({self.pid})"

    @classmethod
    def born(cls, channel: socket.socket) -> Spare | None:
        """A new one; None when the sandbox has no process or memory left."""
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            pid = os.fork()
        except OSError:
            here.close()
            there.close()
            return None
        if pid == 0:
            here.close()
            channel.close()
            _shepherd(there)
        there.close()
        return cls(pid, here)

    def take(self, fds: list[int]) -> bool:
        """Give it its command; False when it is dead. Somebody may have stopped it while it waited."""
        try:
            socket.send_fds(self._handoff, [b"x"], fds)
            os.kill(self.pid, signal.SIGCONT)
        except OSError:
            return False
        finally:
            self._handoff.close()
        return True


def _shepherd(handoff: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
    trees.prctl(trees.PR_SET_DUMPABLE, 0)
    trees.prctl(trees.PR_SET_NO_NEW_PRIVS, 1)
    trees.prctl(trees.PR_SET_PDEATHSIG, signal.SIGKILL)
    data, fds, _, _ = socket.recv_fds(handoff, MESSAGE_BYTES, PASSED)
    if not data:
        os._exit(0)
    request, stdin, output, control_fd, proc = fds
    control = socket.socket(fileno=control_fd)
    _tell(control, {"here": True})  # before the command exists: it may stop us before we say more
    command = None
    try:
        command = _start(msgpack.unpackb(os.pread(request, os.fstat(request).st_size, 0)), stdin, output, proc)
        _tell(control, {"started": True})
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _tell(control, {"failed": f"{type(error).__name__}: {error}"[:MESSAGE_BYTES // 2]})
    for fd in (request, stdin, output, proc):
        os.close(fd)
    while True:
        try:
            ended, status = os.waitpid(-1, 0)
        except ChildProcessError:
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            _tell(control, {"empty": True, "cpu_s": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss << 10})
            os._exit(0)
        if command is not None and ended == command.pid:
            _tell(control, {"status": status})


def _start(spec: wire.Message, stdin: int, output: int, proc: int) -> subprocess.Popen[bytes]:
    """Start the command, with limits that are this process's own from now on."""
    limits.take(spec["limits"])
    user = spec["user"]
    become = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    _expendable(proc, limits.COMMANDS_SCORE)
    try:
        return subprocess.Popen(
            spec["argv"], stdin=stdin, stdout=output, stderr=output, cwd=spec["cwd"], env=spec["env"],
            start_new_session=True, umask=0o022, **become,
        )  # fmt: skip
    finally:
        _expendable(proc, limits.SHEPHERDS_SCORE)


def _tell(control: socket.socket, message: wire.Message) -> None:
    try:
        control.send(msgpack.packb(message))
    except OSError:
        pass  # the keeper is gone: nobody to tell, and the yard is about to end us


def _expendable(proc: int, score: int) -> None:
    """How soon the kernel takes this process and those it starts when memory is short, however small they are.

    By the keeper's own /proc, as the commands' may be read-only. For a plain user the kernel refuses; no harm done.
    """
    try:
        file = os.open("self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
        os.write(file, b"%d" % score)
        os.close(file)
    except OSError:
        pass


def from_stdin() -> NoReturn:
    """The yard as a program: standard input is the channel, and is given back to /dev/null."""
    channel = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    main(channel)
    sys.exit(0)
