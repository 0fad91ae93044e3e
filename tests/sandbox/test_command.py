"""The end of a command, step by step at made-up times, with a shepherd that has nothing to say."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aarctl.sandbox.inside.command import STUBBORN_S, Command
from aarctl.sandbox.inside.flock import Line


@pytest.fixture
def shepherd() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def command(tmp_path: Path, shepherd: subprocess.Popen[bytes]) -> Iterator[Command]:
    """One that was told to end, and has nothing below its shepherd any more."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one = Command(str(tmp_path), 100)
    one.line = Line(ours)
    one.line.pid = shepherd.pid
    one.end(0.0, killed=True)
    yield one
    one.close()
    theirs.close()


def test_a_shepherd_that_is_slow_is_waited_for(command: Command, shepherd: subprocess.Popen[bytes]) -> None:
    assert command.kill_at is not None
    command.push(command.kill_at + 5.0, frozen=False)
    with pytest.raises(subprocess.TimeoutExpired):  # a SIGKILL that was sent has done its work long before
        shepherd.wait(0.2)


def test_one_that_was_stopped_goes_on_once_its_tree_is_empty(
    command: Command, shepherd: subprocess.Popen[bytes]
) -> None:
    assert command.kill_at is not None
    shepherd.send_signal(signal.SIGSTOP)
    while psutil.Process(shepherd.pid).status() != psutil.STATUS_STOPPED:
        assert shepherd.poll() is None
    command.push(command.kill_at + 0.01, frozen=False)
    assert psutil.Process(shepherd.pid).status() != psutil.STATUS_STOPPED


def test_one_that_is_stuck_ends_all_the_same(command: Command, shepherd: subprocess.Popen[bytes]) -> None:
    assert command.kill_at is not None
    command.push(command.kill_at + STUBBORN_S + 0.1, frozen=False)
    assert shepherd.wait(30) == -signal.SIGKILL
