"""The keeper's desk: connections, the questions that wait for an answer, and work done aside in a forked child.

Everything happens between two turns of one selector, so no state needs a lock. A connection that breaks loses its
waiting questions and nothing else.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable

from aarctl.sandbox.inside import trees, wire
from aarctl.sandbox.inside.user import become
from aarctl.sandbox.inside.wire import Message, Refused

READ_BYTES = 1 << 16
MAX_PENDING = 1024  # questions that wait, all connections together
MAX_UNSENT_BYTES = 64 << 20  # a peer that asks and does not read is cut off
START_PATIENCE_S = 10.0
MAX_WAIT_S = 3600.0  # epoll refuses more than 24 days; waking for nothing once an hour costs nothing


class Connection:
    """One bridge: frames in, frames out, never blocking on a slow reader."""

    def __init__(self, desk: Desk, read_fd: int, write_fd: int, closed: Callable[[], None]) -> None:
        self.desk, self.read_fd, self.write_fd, self._closed = desk, read_fd, write_fd, closed
        self.epoch = 0
        """Of the supervisor at the other end, as it said in its greeting."""
        self._frames = wire.Frames()
        self._out = bytearray()
        self._gone = False  # its files may be somebody else's by now
        for fd in {read_fd, write_fd}:
            os.set_blocking(fd, False)
        desk.watch(read_fd, selectors.EVENT_READ, self._readable)

    def _readable(self) -> None:
        try:
            data = os.read(self.read_fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        for message in self._frames.feed(data):
            if self._gone:
                return
            self.desk.heard_at = time.monotonic()
            if isinstance(message, Refused):
                self.refuse({}, message)
            else:
                self.desk.handle(self, message)

    def reply(self, message: Message, body: Message) -> None:
        """Answer a request, with its own id."""
        self._send({"v": wire.VERSION, "id": message.get("id"), "ok": True, **body})

    def refuse(self, message: Message, refusal: Refused) -> None:
        """Answer a request with an error; a frame without an id gets the id None."""
        number = message.get("id")
        number = number if isinstance(number, int) else None
        self._send({"v": wire.VERSION, "id": number, "ok": False, "kind": refusal.kind, "message": str(refusal)[:2000]})

    def _send(self, message: Message) -> None:
        if self._gone:
            return
        self._out += wire.pack(message)
        if len(self._out) > MAX_UNSENT_BYTES:
            self.close()
        else:
            self._flush()

    def _flush(self) -> None:
        try:
            while self._out:
                del self._out[: os.write(self.write_fd, self._out[:READ_BYTES])]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        events = selectors.EVENT_WRITE if self._out else 0
        if self.read_fd == self.write_fd:
            self.desk.watch(self.read_fd, events | selectors.EVENT_READ, self._either)
        elif events:
            self.desk.watch(self.write_fd, events, self._flush)
        else:
            self.desk.forget(self.write_fd)

    def _either(self) -> None:
        if self._out:
            self._flush()
        if not self._gone:
            self._readable()

    def close(self) -> None:
        """Forget this bridge and its waiting questions; what is answered to it later goes nowhere."""
        if self._gone:
            return
        self._gone = True
        self.desk.drop(self)
        for fd in {self.read_fd, self.write_fd}:
            self.desk.forget(fd)
        self._closed()


class _Question:
    def __init__(
        self, connection: Connection, message: Message, look: Callable[[bool], Message | None], by: float
    ) -> None:
        self.connection, self.message, self.look, self.by = connection, message, look, by


class Desk:
    """One selector, its callbacks, and the pending questions."""

    def __init__(self, answer: Callable[[Connection, Message], None], user: int | None = None) -> None:
        self._answer, self._user = answer, user
        self._selector = selectors.PollSelector()  # epoll's watches are one quota for all sandboxes of a user
        self._questions: list[_Question] = []
        self._aside: dict[int, float] = {}  # children at work on files, and when they are to be ended
        self._look = False
        self.heard_at = time.monotonic()

    def __repr__(self) -> str:
        return f"Desk({len(self._questions)} questions waiting, {len(self._selector.get_map())} watched)"

    def watch(self, fd: int, events: int, call: Callable[[], None]) -> None:
        """Call `call` whenever `fd` is ready; replaces an earlier watch of it."""
        if fd in self._selector.get_map():
            self._selector.modify(fd, events, call)
        else:
            self._selector.register(fd, events, call)

    def forget(self, fd: int) -> None:
        """Stop watching `fd`; unknown is fine."""
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def turn(self, timeout_s: float) -> None:
        """Wait for something to happen, at most `timeout_s`, and do it."""
        now = time.monotonic()
        ends = [*(question.by for question in self._questions), *self._aside.values()]
        timeout_s = 0.0 if self._look else min([timeout_s, *(end - now for end in ends)])
        for key, _ in self._selector.select(min(max(0.0, timeout_s), MAX_WAIT_S)):
            now_there = self._selector.get_map().get(key.fd)  # an earlier callback of this turn may have closed it
            if now_there is not None and now_there.data is key.data:
                key.data()
        now = time.monotonic()
        for child in [child for child, end in self._aside.items() if end <= now]:
            trees.send({child}, signal.SIGKILL)
            self._aside[child] = float("inf")
        if self._look or any(question.by <= now for question in self._questions):
            self._look = False
            for question in list(self._questions):
                self._try(question, now)

    def look(self) -> None:
        """Something changed: ask the waiting questions again at the end of this turn."""
        self._look = True

    def later(
        self, connection: Connection, message: Message, look: Callable[[bool], Message | None], by: float
    ) -> None:
        """Answer when `look` has an answer, at the latest at time `by` (monotonic)."""
        if len(self._questions) >= MAX_PENDING:
            raise Refused("busy", f"{MAX_PENDING} requests are waiting; cancel some")
        question = _Question(connection, message, look, by)
        self._questions.append(question)
        self._try(question, time.monotonic())

    def _try(self, question: _Question, now: float) -> None:
        try:
            out = question.look(now >= question.by)
        except Exception as error:  # noqa: BLE001 - as in handle: no question, however unlucky, ends the keeper
            self._drop(question)
            question.connection.refuse(question.message, Refused("internal", f"{type(error).__name__}: {error}"))
            return
        if (out is not None or now >= question.by) and self._drop(question):
            question.connection.reply(question.message, out or {})

    def _drop(self, question: _Question) -> bool:
        if question not in self._questions:
            return False
        self._questions.remove(question)
        return True

    def drop(self, connection: Connection) -> None:
        """Forget the questions of a connection."""
        self._questions = [question for question in self._questions if question.connection is not connection]

    def handle(self, connection: Connection, message: Message) -> None:
        """One request; whatever goes wrong in it is answered, and the keeper goes on."""
        try:
            self._answer(connection, message)
        except Refused as refusal:
            connection.refuse(message, refusal)
        except Exception as error:  # noqa: BLE001 - task root: the answer carries it to the journal
            connection.refuse(
                message, Refused("internal", f"{message.get('op')!r} failed: {type(error).__name__}: {error}")
            )

    def aside(self, connection: Connection, message: Message, work: Callable[[], Message], limit_s: float) -> None:
        """Do `work` in a forked child as the commands' user: slow files must not delay commands.

        A command of that user may kill or stop it, so it is killed after `limit_s`, and its question refused.
        """
        read_fd, write_fd = os.pipe()
        try:
            child = os.fork()
        except OSError as error:
            os.close(read_fd)
            os.close(write_fd)
            raise Refused("busy", f"no process is left for file work ({error.strerror}); kill a command") from None
        if child == 0:
            os.closerange(3, write_fd)  # or a command's input would stay open as long as this
            os.closerange(write_fd + 1, os.sysconf("SC_OPEN_MAX"))
            try:
                become(self._user)
                out = wire.pack({"ok": True, **work()})
            except Refused as refusal:
                out = wire.pack({"ok": False, "kind": refusal.kind, "message": str(refusal)})
            except Exception as error:  # noqa: BLE001 - task root, as in handle
                out = wire.pack({"ok": False, "kind": "internal", "message": f"{type(error).__name__}: {error}"})
            with open(write_fd, "wb") as file:
                file.write(out)
            os._exit(0)
        os.close(write_fd)
        self._aside[child] = time.monotonic() + limit_s
        frames = wire.Frames()

        def readable() -> None:
            data = os.read(read_fd, wire.CHUNK_BYTES)
            done = frames.feed(data)
            if done or not data:
                self.forget(read_fd)
                os.close(read_fd)
                del self._aside[child]
                body = done[0] if done else None
                if not isinstance(body, dict):
                    connection.refuse(message, Refused("internal", "the file work was killed; try again"))
                elif body.pop("ok"):
                    connection.reply(message, body)
                else:
                    connection.refuse(message, Refused(body["kind"], body["message"]))

        self.watch(read_fd, selectors.EVENT_READ, readable)

    def stdio(self, closed: Callable[[], None]) -> None:
        """Serve standard input and output; prints go to standard error from here on."""
        read_fd, write_fd = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.close(null)
        Connection(self, read_fd, write_fd, closed)

    def listen(self, path: str) -> None:
        """Serve every connection to a unix socket at `path` (0600)."""
        server = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        server.bind(path)
        os.umask(before)
        server.listen(16)

        def accept() -> None:
            peer = server.accept()[0]
            Connection(self, peer.fileno(), peer.fileno(), peer.close)

        self.watch(server.fileno(), selectors.EVENT_READ, accept)


def join(path: str) -> None:
    """Copy standard input to the socket at `path` and back until either side closes."""
    peer = _connected(path)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ, lambda data: peer.sendall(data))
    selector.register(peer.fileno(), selectors.EVENT_READ, _write_out)
    while True:
        for key, _ in selector.select():
            data = os.read(key.fd, READ_BYTES)
            if not data:
                return
            key.data(data)


def _connected(path: str) -> socket.socket:
    """A connection to a keeper that may just be starting. Raises OSError when there is none for long."""
    until = time.monotonic() + START_PATIENCE_S
    while True:
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect(path)
            return peer
        except (FileNotFoundError, ConnectionRefusedError):
            peer.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.005)


def _write_out(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
