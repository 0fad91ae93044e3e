"""The yard: where commands run. One shepherd per command, each a child subreaper that waits for its whole tree.

The yard forks a shepherd for each request of the keeper; the shepherd starts the command, reports its exit status
once, goes on reaping until its tree is empty, says so and exits. All killing is done by the keeper. Where a command
shares the yard's uid it may kill or stop its shepherd, which costs it its exit code and saves it nothing.
In bubblewrap the yard is process 1 of the inner pid namespace: when it ends, the kernel ends everything in there.
"""

from __future__ import annotations

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


def request_fd(request: wire.Message) -> int:
    """A memory file holding the request: argv and environment may be larger than a datagram."""
    fd = os.memfd_create("request", os.MFD_CLOEXEC)
    with open(fd, "wb", closefd=False) as file:
        file.write(msgpack.packb(request))
    return fd


def main(channel: socket.socket) -> None:
    """Fork a shepherd per request until the keeper's end closes, then end everything below and return."""
    trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
    trees.prctl(trees.PR_SET_DUMPABLE, 0)  # a command of the same uid must not ptrace us
    signal.signal(signal.SIGCHLD, lambda *_: trees.reap())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel.send(b"ready")
    while True:
        data, fds, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 5)
        if not data:
            break
        for fd in fds:
            os.set_inheritable(fd, False)
        try:
            child = os.fork()
        except OSError as error:
            with socket.socket(fileno=os.dup(fds[3])) as control:
                _tell(control, {"failed": _full(error)})
        else:
            if child == 0:
                channel.close()
                _shepherd(*fds)
        for fd in fds:
            os.close(fd)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    trees.end_all_below(os.getpid())


def _shepherd(request: int, stdin: int, output: int, control_fd: int, proc: int) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
    trees.prctl(trees.PR_SET_DUMPABLE, 0)
    trees.prctl(trees.PR_SET_PDEATHSIG, signal.SIGKILL)
    with open(request, "rb") as file:
        file.seek(0)
        spec = msgpack.unpackb(file.read(), raw=False)
    control = socket.socket(fileno=control_fd)
    _tell(control, {"here": True})  # before the command exists: it may stop us before we say more
    # The command's start closes this pipe (close-on-exec); a failed start writes its reason first.
    failed_r, failed_w = os.pipe()
    try:
        pid = os.fork()
    except OSError as error:
        pid = -1
        os.write(failed_w, _full(error).encode())
    if pid == 0:
        _command(spec, stdin, output, failed_w, proc)
    for fd in (stdin, output, failed_w, proc):
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


def _full(error: OSError) -> str:
    return f"{error.strerror}: the sandbox has no process or memory left; kill a command"


def _tell(control: socket.socket, message: wire.Message) -> None:
    try:
        control.send(msgpack.packb(message))
    except OSError:
        pass  # the keeper is gone: nobody to tell, and the yard is about to end us


def _command(spec: wire.Message, stdin: int, output: int, failed: int, proc: int) -> NoReturn:
    try:
        os.setsid()
        _expendable(proc)
        for target, source in ((0, stdin), (1, output), (2, output)):
            os.dup2(source, target)
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


def from_stdin() -> None:
    """The yard as a program: standard input is the channel, and is given back to /dev/null."""
    channel = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    main(channel)
    sys.exit(0)
