"""The yard: where commands run. It forks a shepherd whenever the keeper wants one more, and ends with the keeper.

In bubblewrap the yard is process 1 of the inner pid namespace: when it ends, the kernel ends everything in there.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from typing import NoReturn

from aarctl.sandbox.inside import trees
from aarctl.sandbox.inside.shepherd import tell, tend
from aarctl.sandbox.inside.wire import MESSAGE_BYTES

PASSED = 2
"""Files that come with the wish for a shepherd: its line to the keeper, and the keeper's /proc."""
FULL = "the sandbox has no process or memory left; kill a command"


def main(channel: socket.socket) -> None:
    """Fork shepherds until the keeper's end closes, then end everything below and return."""
    trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
    trees.prctl(trees.PR_SET_DUMPABLE, 0)  # a command of the same uid must not ptrace us
    signal.signal(signal.SIGCHLD, lambda *_: trees.reap())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what all children share is not to be copied by their collectors
    channel.send(b"ready")
    while True:
        data, fds, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, PASSED)
        if not data:
            break
        line, proc = socket.socket(fileno=fds[0]), fds[1]
        try:
            child = os.fork()
        except OSError as error:
            tell(line, {"failed": f"{error.strerror}: {FULL}"})
        else:
            if child == 0:
                channel.close()
                tend(line, proc)
        line.close()
        os.close(proc)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    trees.end_all_of_ours()


def from_stdin() -> NoReturn:
    """The yard as a program: standard input is the channel, and is given back to /dev/null."""
    channel = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    main(channel)
    sys.exit(0)
