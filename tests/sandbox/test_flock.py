"""What the keeper hears of a yard that can make no shepherd, however quick that is to say so."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from aarctl.sandbox.inside.desk import Desk
from aarctl.sandbox.inside.flock import Flock
from aarctl.sandbox.inside.shepherd import tell
from aarctl.sandbox.inside.wire import MESSAGE_BYTES, Message


def full_yard(channel: socket.socket, answer: threading.Event) -> None:
    """Answer each wish as a yard does that may not fork, once it is allowed to answer."""
    while fds := socket.recv_fds(channel, MESSAGE_BYTES, 2)[1]:
        answer.wait()
        line = socket.socket(fileno=fds[0])
        tell(line, {"failed": "full"})
        line.close()
        os.close(fds[1])


@pytest.mark.parametrize("quick", [True, False])
def test_why_there_is_no_shepherd_is_heard_before_and_after_the_request_was_sent(quick: bool) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    answer = threading.Event()
    yard = threading.Thread(target=full_yard, args=(theirs, answer))
    yard.start()
    flock = Flock(ours, Desk(lambda connection, message: None))
    null = os.open(os.devnull, os.O_RDONLY)
    if quick:
        answer.set()
    line = flock.send([null])
    answer.set()
    said: list[Message | None] = []
    while None not in said:
        try:
            said.append(line.hear())
        except BlockingIOError:
            continue
    assert said == [{"failed": "full"}, None]
    line.close()
    ours.close()
    yard.join()
    os.close(null)
