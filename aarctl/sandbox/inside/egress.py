"""The way out as seen from inside: one port on the sandbox's own loopback, whose connections the supervisor serves.

Nothing is decided here and no name looked up; bytes cross the bridge as they come. Ops: egress_accept, egress_read,
egress_send, egress_close. Every question may be asked twice, because a bridge that broke asks again: so pieces carry
their connection's number and their offset from its first byte, and what has been taken is not taken again.
Invariants: both directions are bounded, and wait for whoever is slow; a client that breaks, floods or never reads costs
itself its connection and nothing else; a new supervisor's session begins with no connection of the one before.
"""

from __future__ import annotations

import selectors
import socket

from aarctl.sandbox.inside.desk import Desk
from aarctl.sandbox.inside.wire import Later, Message, Refused, between, field

MAX_STREAMS = 64  # at once; more wait in the kernel's queue
BUFFER_BYTES = 1 << 18  # of one connection, each way
READ_BYTES = 1 << 16


class _Stream:
    """One connection of a command: `up` goes out of the sandbox, `down` comes in."""

    def __init__(self, egress: Egress, peer: socket.socket) -> None:
        self.egress, self.peer, self.fd = egress, peer, peer.fileno()
        self.up, self.up_at, self.up_ended = bytearray(), 0, False
        """Bytes not yet known to have arrived; the offset of their first one; whether no more will come."""
        self.down, self.down_at, self.down_ended = bytearray(), 0, False
        """Bytes that the command has yet to read; the offset that the next ones must have."""
        self.closing = self.gone = False
        peer.setblocking(False)
        self._watch()

    def __repr__(self) -> str:
        return f"_Stream(up {self.up_at}+{len(self.up)}, down {self.down_at}-{len(self.down)}, closing={self.closing})"

    def read(self, offset: int, now: bool) -> Message | None:
        """What goes out from `offset`, or None to be asked again."""
        data = bytes(self.up[max(0, offset - self.up_at) :])
        return {"data": data, "ended": self.up_ended} if data or self.up_ended or now else None

    def taken(self, offset: int) -> None:
        """Everything before `offset` has arrived outside."""
        if not self.up_at <= offset <= self.up_at + len(self.up):
            raise Refused("bad_request", f"offset {offset}, there are {self.up_at} to {self.up_at + len(self.up)}")
        del self.up[: offset - self.up_at]
        self.up_at = offset
        self._watch()

    def give(self, offset: int, data: bytes, last: bool) -> bool:
        """Take what fits of `data` and was not taken before; True when all of it is."""
        if not self.gone:
            piece = data[self.down_at - offset :][: BUFFER_BYTES - len(self.down)]
            self.down += piece
            self.down_at += len(piece)
            self.down_ended = self.down_ended or (last and self.down_at == offset + len(data))
            self._watch()
        return self.gone or self.down_at >= offset + len(data)

    def close(self) -> None:
        """Nothing more is wanted from the command; it may read what it was given, then the connection ends."""
        self.closing = self.down_ended = self.up_ended = True
        self.up.clear()
        self._watch()

    def drop(self) -> None:
        """End it at once, and with it whatever waits for it."""
        if not self.gone:
            self.gone = self.up_ended = True
            self.egress.desk.forget(self.fd)
            self._shut(socket.SHUT_RDWR)  # said aloud: a forked child may hold the socket a little longer
            self.peer.close()
            self.egress.forget(self)

    def _watch(self) -> None:
        if self.gone:
            return
        if self.down_ended and not self.down:
            if self.closing:
                self.drop()
                return
            self._shut(socket.SHUT_WR)
        events = selectors.EVENT_WRITE if self.down else 0
        if not self.up_ended and len(self.up) < BUFFER_BYTES:
            events |= selectors.EVENT_READ
        if events:
            self.egress.desk.watch(self.fd, events, self._ready)
        else:
            self.egress.desk.forget(self.fd)

    def _ready(self) -> None:
        try:
            if self.down:
                del self.down[: self.peer.send(self.down[:READ_BYTES])]
            if not self.up_ended and len(self.up) < BUFFER_BYTES:
                data = self.peer.recv(READ_BYTES)
                self.up += data
                self.up_ended = not data
        except BlockingIOError:
            pass
        except OSError:
            self.drop()  # it was reset: nobody waits for an answer
        self._watch()
        self.egress.desk.look()

    def _shut(self, how: int) -> None:
        try:
            self.peer.shutdown(how)
        except OSError:
            pass  # it has ended already


class Egress:
    """The port, its connections by number, and the session of the supervisor that serves them."""

    def __init__(self, desk: Desk, port: int | None) -> None:
        self.desk, self._streams, self._number, self._session = desk, dict[int, _Stream](), 0, ""
        self._server: socket.socket | None = None
        if port is not None:
            try:
                self._server = socket.create_server(("127.0.0.1", port), backlog=MAX_STREAMS)
            except OSError as error:
                raise SystemExit(f"keeper: the way out needs 127.0.0.1:{port}: {error}") from None
            self._server.setblocking(False)
            self._listen()

    def __repr__(self) -> str:
        return f"Egress({len(self._streams)} connections, {'serving' if self._session else 'not served'})"

    # requests

    def op_egress_accept(self, message: Message) -> Later:
        """Connections later than number `after`; the first question of a session ends those of the one before."""
        session, after = field(message, "session", str), int(between(message, "after", 0, 2**62))
        if self._server is None:
            raise Refused("not_found", "this sandbox has no way out; make it with egress")
        if session != self._session:
            for stream in list(self._streams.values()) if self._session else ():
                stream.drop()
            self._session = session
        self._listen()

        def look(now: bool) -> Message | None:
            new = [number for number in self._streams if number > after]
            return {"streams": new} if new or now else None

        return look

    def op_egress_read(self, message: Message) -> Later:
        """What goes out from `offset`; asking says that all before it has arrived."""
        stream, offset = self._stream(message), int(between(message, "offset", 0, 2**62))
        stream.taken(offset)
        return lambda now: stream.read(offset, now)

    def op_egress_send(self, message: Message) -> Later:
        """Give `data`, which begins at `offset`, to the command; `last`: nothing comes after it."""
        stream, offset = self._stream(message), int(between(message, "offset", 0, 2**62))
        data, last = field(message, "data", bytes), field(message, "last", bool)
        if offset > stream.down_at:
            raise Refused("bad_request", f"offset {offset}, the next one is {stream.down_at}")

        def look(now: bool) -> Message | None:
            done = stream.give(offset, data, last)
            return {"received": stream.down_at, "open": not stream.gone} if done or now else None

        return look

    def op_egress_close(self, message: Message) -> Message:
        """Let it read what it was given, then end it. Closing what is gone does nothing."""
        stream = self._streams.get(field(message, "stream", int))
        if stream is not None and field(message, "session", str) == self._session:
            stream.close()
        return {}

    def _stream(self, message: Message) -> _Stream:
        stream = self._streams.get(field(message, "stream", int))
        if stream is None or field(message, "session", str) != self._session:
            raise Refused("not_found", f"connection {message['stream']} is gone")
        return stream

    # connections

    def forget(self, stream: _Stream) -> None:
        """A connection has ended; another may come."""
        self._streams = {number: one for number, one in self._streams.items() if one is not stream}
        self._listen()
        self.desk.look()

    def _listen(self) -> None:
        """Watch for connections while there is room for one."""
        assert self._server is not None
        if len(self._streams) < MAX_STREAMS or any(one.closing for one in self._streams.values()):
            self.desk.watch(self._server.fileno(), selectors.EVENT_READ, self._accept)
        else:
            self.desk.forget(self._server.fileno())

    def _accept(self) -> None:
        assert self._server is not None
        try:
            peer = self._server.accept()[0]
        except OSError:  # no file is free, or it gave up: the supervisor's next question tries again
            self.desk.forget(self._server.fileno())
            return
        if len(self._streams) >= MAX_STREAMS:  # one that does not read its end makes place
            next(one for one in self._streams.values() if one.closing).drop()
        self._number += 1
        self._streams[self._number] = _Stream(self, peer)
        self._listen()
        self.desk.look()


OPS = ("egress_accept", "egress_read", "egress_send", "egress_close")
