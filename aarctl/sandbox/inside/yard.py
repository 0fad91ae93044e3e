"""The yard: where commands run. One shepherd per command, each a child subreaper that waits for its whole tree.

The yard hands each request of the keeper to a shepherd that waits; the shepherd starts the command, reports its exit
status once, goes on reaping until its tree is empty, says so and exits. All killing is done by the keeper. Where a
command shares the yard's uid it may kill or stop a shepherd, which costs a command its exit code and saves it nothing.
Invariant: yard and shepherds stay in one session, where no process of a command can ever be.
In bubblewrap the yard is process 1 of the inner pid namespace: when it ends, the kernel ends everything in there.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
from typing import NoReturn

import msgpack

from aarctl.sandbox.inside import limits, trees, wire
from aarctl.sandbox.inside.user import become

MESSAGE_BYTES = 1024
PASSED = 5
"""Files that come with a request: itself, standard input, output, the line to the keeper, and the keeper's /proc."""
FULL = "the sandbox has no process or memory left; kill a command"


def request_fd(request: wire.Message) -> int:
    """A memory file holding the request: argv and environment may be larger than a datagram."""
    fd = os.memfd_create("request", os.MFD_CLOEXEC)
    with open(fd, "wb", closefd=False) as file:
        file.write(msgpack.packb(request))
    return fd


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
        spare = spare or Spare.born(channel)
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
    """A shepherd that waits for its command, with the process that will be it: both are made before they are needed."""

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
    trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
    trees.prctl(trees.PR_SET_DUMPABLE, 0)
    trees.prctl(trees.PR_SET_PDEATHSIG, signal.SIGKILL)
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # The command's start closes this pipe (close-on-exec); a failed start writes its reason first.
    failed_r, failed_w = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os._exit(1)
    if pid == 0:
        for end in (near, handoff):
            end.close()
        _command(far, failed_w)
    far.close()
    os.close(failed_w)
    data, fds, _, _ = socket.recv_fds(handoff, MESSAGE_BYTES, PASSED)
    if not data:
        os._exit(0)
    request, stdin, output, control_fd, proc = fds
    control = socket.socket(fileno=control_fd)
    _tell(control, {"here": True})  # before the command exists: it may stop us before we say more
    socket.send_fds(near, [b"x"], [request, stdin, output, proc])
    near.close()
    for fd in (request, stdin, output, proc):
        os.close(fd)
    reason = os.read(failed_r, MESSAGE_BYTES)
    os.close(failed_r)
    _tell(control, {"failed": reason.decode(errors="replace")} if reason else {"started": True})
    while True:
        try:
            ended, status = os.waitpid(-1, 0)
        except ChildProcessError:
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            _tell(control, {"empty": True, "cpu_s": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss << 10})
            os._exit(0)
        if ended == pid and not reason:
            _tell(control, {"status": status})


def _tell(control: socket.socket, message: wire.Message) -> None:
    try:
        control.send(msgpack.packb(message))
    except OSError:
        pass  # the keeper is gone: nobody to tell, and the yard is about to end us


def _command(far: socket.socket, failed: int) -> NoReturn:
    try:
        os.setsid()  # at once: only what is of no command is in the yard's own session
        data, fds, _, _ = socket.recv_fds(far, MESSAGE_BYTES, PASSED)
        if not data:
            os._exit(0)
        request, stdin, output, proc = fds
        with open(request, "rb") as file:
            file.seek(0)
            spec = msgpack.unpackb(file.read(), raw=False)
        _expendable(proc)
        for target, source in ((0, stdin), (1, output), (2, output)):
            os.dup2(source, target)
        for fd in (stdin, output, proc):  # received ones are inherited
            os.close(fd)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):  # Python ignores the first two
            signal.signal(number, signal.SIG_DFL)
        become(spec["user"])
        limits.take(spec["limits"])
        os.umask(0o022)
        os.chdir(spec["cwd"])
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])
    except BaseException as error:  # noqa: BLE001 - the only way to report out of a half-made child
        os.write(failed, f"{type(error).__name__}: {error}".encode()[:MESSAGE_BYTES])
    os._exit(127)


def _expendable(proc: int) -> None:
    """Have the kernel take this process before yard and keeper, however small it is, when memory is short.

    By the keeper's own /proc, as the commands' may be read-only. For a plain user the kernel refuses; no harm done.
    """
    try:
        with open(os.open("self/oom_score_adj", os.O_WRONLY, dir_fd=proc), "w") as file:
            file.write("1000")
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
