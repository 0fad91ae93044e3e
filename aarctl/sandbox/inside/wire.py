"""Frames between a bridge and a keeper: u32 big-endian length, then one msgpack map {v, id, op, ...}.

Both ends import this file, so the two cannot drift. A frame is bounded; one that is too long is skipped byte by
byte (never held in memory) and one that does not parse is reported, so a hostile or broken peer costs one error
message and nothing else.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

import msgpack

VERSION = 1
MAX_FRAME_BYTES = 4 << 20
CHUNK_BYTES = 1 << 20  # most file or output bytes in one frame
MAX_STDIN_BYTES = 2 << 20
MAX_OUTPUT_CAP_BYTES = 64 << 20
MESSAGE_BYTES = 1024  # of a datagram between keeper, yard and shepherds
HEADER = struct.Struct(">I")
EXEC_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")

Message = dict[str, Any]
Later = Callable[[bool], Message | None]
"""An answer to come: called again until it gives one; True: answer now with what there is. It never raises."""


class Refused(Exception):
    """A request the keeper will not do: `kind` names the error class on the other side, the message the fix."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def pack(message: Message) -> bytes:
    """One frame. Raises Refused when it is longer than MAX_FRAME_BYTES."""
    body: bytes = msgpack.packb(message, use_bin_type=True)
    if len(body) > MAX_FRAME_BYTES:
        raise Refused("bad_request", f"frame of {len(body)} bytes, at most {MAX_FRAME_BYTES}; send it in pieces")
    return HEADER.pack(len(body)) + body


class Frames:
    """Cuts a byte stream into messages; a frame that cannot be read comes out as a Refused in its place."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip = 0

    def feed(self, data: bytes) -> list[Message | Refused]:
        """Messages completed by `data`, in order."""
        self._buffer += data
        out: list[Message | Refused] = []
        while True:
            if self._skip:
                step = min(self._skip, len(self._buffer))
                del self._buffer[:step]
                self._skip -= step
            if self._skip or len(self._buffer) < HEADER.size:
                return out
            (length,) = HEADER.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                del self._buffer[: HEADER.size]
                self._skip = length
                out.append(
                    Refused("bad_request", f"frame of {length} bytes, at most {MAX_FRAME_BYTES}; send it in pieces")
                )
                continue
            if len(self._buffer) < HEADER.size + length:
                return out
            body = bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]
            out.append(_parse(body))


def _parse(body: bytes) -> Message | Refused:
    try:
        message = msgpack.unpackb(body, raw=False, strict_map_key=True)
    except Exception as error:  # noqa: BLE001 - msgpack raises many types on hostile bytes; all mean this
        return Refused("bad_request", f"frame of {len(body)} bytes is not msgpack ({error}); check the peer's version")
    if not isinstance(message, dict) or not all(isinstance(key, str) for key in message):
        return Refused("bad_request", "frame is not a map with text keys; send {v, id, op, ...}")
    return message


def field(message: Message, name: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
    """`message[name]`, checked to be of `kind`. Raises Refused naming the field, its value and what it should be."""
    value = message.get(name, default)
    if value is ...:
        raise Refused("bad_request", f"op {message.get('op')!r} needs the field {name!r}")
    if value is default:
        return value
    if (isinstance(value, bool) and kind is not bool) or not isinstance(value, kind):
        wanted = kind.__name__ if isinstance(kind, type) else " or ".join(k.__name__ for k in kind)
        raise Refused("bad_request", f"field {name!r} = {str(value)[:80]!r}, must be {wanted}")
    return value


def between(message: Message, name: str, low: float, high: float) -> float:
    """The number `message[name]`, checked to be `low` to `high`. Raises Refused."""
    value: float = field(message, name, (int, float))
    if not low <= value <= high:
        raise Refused("bad_request", f"field {name!r} = {value}, must be {low} to {high}")
    return value


def exec_id(message: Message) -> str:
    """The checked exec id of a message: it also names a folder, so its alphabet is closed."""
    value: str = field(message, "exec", str)
    if not EXEC_ID.fullmatch(value):
        raise Refused(
            "bad_request", f"exec id {value[:80]!r}: use 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot"
        )
    return value
