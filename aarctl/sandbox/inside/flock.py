"""The keeper's shepherds: a line to each, those that wait for work, and new ones from the yard.

A line tells the shepherd's pid in the keeper's own namespace with its first word. One that waits may be killed by a
command of its uid; it is then dropped, and a request that finds it dead goes to the next.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket

import msgpack

from aarctl.sandbox.inside import trees, wire
from aarctl.sandbox.inside.desk import Desk

MAX_WAITING = 8


class Line:
    """The keeper's end of the line to one shepherd."""

    def __init__(self, end: socket.socket) -> None:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        end.setblocking(False)
        self.socket = end
        self.pid = 0
        """0 until it has said that it is here."""

    def __repr__(self) -> str:
        return f"Line(to {self.pid or 'a shepherd that has not spoken'})"

    def hear(self) -> wire.Message | None:
        """Its next word; None when it is gone. Raises BlockingIOError when it says nothing now."""
        try:
            data, ancillary, _, _ = self._receive()
        except ConnectionError:  # it left a request unread; the kernel says so once, and then what it had said
            data, ancillary, _, _ = self._receive()
        if not data:
            return None
        message: wire.Message = msgpack.unpackb(data)
        if "here" in message:  # the yard itself speaks too, when it could not make one
            self.pid = next(int.from_bytes(body[:4], "little") for _, _, body in ancillary)
        return message

    def _receive(self) -> tuple[bytes, list[tuple[int, int, bytes]], int, object]:
        return self.socket.recvmsg(wire.MESSAGE_BYTES * 2, socket.CMSG_SPACE(12))

    def close(self) -> None:
        """Hang up: the shepherd ends."""
        self.socket.close()


class Flock:
    """Those that wait for work."""

    def __init__(self, channel: socket.socket, desk: Desk) -> None:
        self._channel, self._desk = channel, desk
        self._waiting: list[Line] = []
        self.back(self._new())  # the first command should not wait for it

    def __repr__(self) -> str:
        return f"Flock({self._waiting})"

    @property
    def pids(self) -> set[int]:
        """Of those that wait."""
        return {line.pid for line in self._waiting if line.pid}

    def send(self, fds: list[int]) -> Line:
        """Give a request to a shepherd, whoever takes it; its line. Raises OSError when none can be had."""
        while self._waiting:
            line = self._waiting.pop()
            self._desk.forget(line.socket.fileno())
            try:
                socket.send_fds(line.socket, [b"x"], fds)
            except ConnectionError:
                line.close()
                continue
            trees.send({line.pid} - {0}, signal.SIGCONT)  # somebody may have stopped it while it waited
            return line
        line = self._new()
        try:
            socket.send_fds(line.socket, [b"x"], fds)
        except ConnectionError:
            pass  # the yard could not make one, and the line says why
        except OSError:
            line.close()
            raise
        return line

    def back(self, line: Line) -> None:
        """A shepherd waits for work again."""
        if len(self._waiting) >= MAX_WAITING:
            line.close()
            return
        self._waiting.append(line)
        self._desk.watch(line.socket.fileno(), selectors.EVENT_READ, lambda: self._speaks(line))

    def _speaks(self, line: Line) -> None:
        if line.hear() is None:
            self._desk.forget(line.socket.fileno())
            self._waiting.remove(line)
            line.close()

    def _new(self) -> Line:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line = Line(here)
        proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            socket.send_fds(self._channel, [b"x"], [there.fileno(), proc])
        except OSError:
            line.close()
            raise
        finally:
            there.close()
            os.close(proc)
        return line
