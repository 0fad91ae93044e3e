"""The spool keeps head and tail of any output, and frames survive any cut: properties over random inputs."""

from __future__ import annotations

import tempfile

from hypothesis import given
from hypothesis import strategies as st

from aarctl.sandbox.inside import wire
from aarctl.sandbox.inside.spool import Spool

PIECES = st.lists(st.binary(max_size=40), max_size=12)


@given(pieces=PIECES, cap=st.integers(0, 60), limit=st.integers(1, 20), reopen=st.booleans())
def test_a_reader_gets_head_and_tail_and_the_true_offsets(
    pieces: list[bytes], cap: int, limit: int, reopen: bool
) -> None:
    full = b"".join(pieces)
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(folder, cap)
        for piece in pieces:
            spool.write(piece)
        spool.close()
        if reopen:
            spool = Spool(folder, cap, spool.total)
        offset, seen = 0, b""
        while True:
            start, data = spool.read(offset, limit)
            assert data == full[start : start + len(data)] and start >= offset
            offset, seen = start + len(data), seen + data
            if not data:
                break
        head, tail = cap - cap // 2, cap // 2
        kept = full if len(full) <= cap else full[:head] + full[len(full) - tail :]
        assert seen == kept and spool.total == len(full) and spool.dropped == len(full) - len(kept)
        assert offset == len(full) or not tail


MESSAGES = st.lists(st.dictionaries(st.text(max_size=5), st.binary(max_size=50), max_size=3), max_size=5)


@given(messages=MESSAGES, cut=st.integers(1, 30))
def test_frames_come_out_whole_however_the_stream_is_cut(messages: list[wire.Message], cut: int) -> None:
    stream = b"".join(wire.pack(message) for message in messages)
    frames, out = wire.Frames(), list[object]()
    for at in range(0, len(stream), cut):
        out += frames.feed(stream[at : at + cut])
    assert out == messages


@given(st.binary(max_size=300))
def test_no_bytes_whatever_make_the_reader_raise(data: bytes) -> None:
    for out in wire.Frames().feed(data):
        assert isinstance(out, dict | wire.Refused)
