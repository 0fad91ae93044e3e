"""Read a safetensors file that nobody trusts: bounded header first, tensor bytes after.

The header is parsed here, and not by the `safetensors` library, because every refusal must name the field
and the fix, and because nothing may be allocated on a size that the file only claims. The byte ranges must
tile the file exactly: no gaps, no overlaps, no bytes that no tensor owns. Layout: huggingface/safetensors,
"Format".
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aarctl.lab.errors import LabError

if TYPE_CHECKING:
    import torch

MAX_HEADER_BYTES = 4 * 2**20
ITEM_BYTES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}
FLOATS = ("F32", "BF16", "F16")


class BadTensors(LabError):
    """A safetensors file is refused. `field` says where, `value` what was found, `fix` what to do."""

    def __init__(self, field: str, value: object, fix: str) -> None:
        super().__init__(f"{field} = {show(value)}: {fix}")
        self.field, self.value, self.fix = field, show(value), fix


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tensor of the header; `data_offsets` are bytes after the header."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]

    @property
    def numel(self) -> int:
        """Number of elements; 1 for a scalar."""
        return prod(self.shape)


class Header(msgspec.Struct, frozen=True):
    """A checked header: tensors by name in file order, and where their bytes begin."""

    entries: dict[str, Entry]
    data_start: int


def show(value: object) -> str:
    """Untrusted value, fit for a message: ASCII only, at most 160 characters."""
    text = ascii(value)
    return text if len(text) <= 160 else text[:157] + "..."


def open_plain(path: Path, field: str) -> int:
    """Open a regular file read-only without following a link or waiting on a fifo; the caller closes it."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as e:
        raise BadTensors(field, path.name, f"cannot be opened ({e.strerror}); write a plain readable file") from None


def read_at(fd: int, size: int, offset: int, field: str) -> bytearray:
    """Exactly `size` bytes from `offset`, or BadTensors when the file is shorter."""
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        n = os.preadv(fd, [view[done:]], offset + done)
        if n == 0:
            raise BadTensors(field, f"{offset + done} bytes", "the file is cut short; save it again")
        done += n
    return data


def read_header(fd: int, size_bytes: int, field: str = "model.safetensors") -> Header:
    """Parse and check the header of an open file of `size_bytes`; reads MAX_HEADER_BYTES + 8 at most."""
    if size_bytes < 8:
        raise BadTensors(field, f"{size_bytes} bytes", "is not a safetensors file; write it with save_student")
    length = int.from_bytes(read_at(fd, 8, 0, field), "little")
    if length > min(MAX_HEADER_BYTES, size_bytes - 8):
        limit = f"a header has at most {MAX_HEADER_BYTES} bytes and fits its file"
        raise BadTensors(f"{field}: header size", length, f"{limit}; write it with save_student")
    raw = bytes(read_at(fd, length, 8, field))
    try:
        parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        meta = parts.pop("__metadata__", None)
        if meta is not None:
            msgspec.json.decode(meta, type=dict[str, str])
        entries = {name: msgspec.json.decode(part, type=Entry) for name, part in parts.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise BadTensors(
            f"{field}: header", str(e), "is not a safetensors header; write it with save_student"
        ) from None
    _check_tiling(entries, size_bytes - 8 - length, field)
    return Header(entries, 8 + length)


def _check_tiling(entries: dict[str, Entry], data_bytes: int, field: str) -> None:
    """Every tensor has the bytes its shape needs, and together they cover the file exactly."""
    position = 0
    for name, entry in sorted(entries.items(), key=lambda kv: kv[1].data_offsets):
        where = f"{field}: {show(name)}"
        if entry.dtype not in ITEM_BYTES:
            raise BadTensors(f"{where} dtype", entry.dtype, f"must be one of {', '.join(ITEM_BYTES)}")
        if len(entry.shape) > 8 or any(d < 0 or d > 2**40 for d in entry.shape):
            raise BadTensors(f"{where} shape", entry.shape, "must be at most 8 sizes, none negative")
        begin, end = entry.data_offsets
        if begin != position or end - begin != entry.numel * ITEM_BYTES[entry.dtype]:
            fix = "offsets must tile the data and match the shape; write it with save_student"
            raise BadTensors(f"{where} data_offsets", entry.data_offsets, fix)
        position = end
    if position != data_bytes:
        fix = f"the tensors own {position} bytes; remove the rest or save it again"
        raise BadTensors(f"{field}: data size", data_bytes, fix)


def read_tensors(fd: int, header: Header, field: str = "model.safetensors") -> Iterator[tuple[str, torch.Tensor]]:
    """Yield (name, tensor) in name order, one tensor in memory at a time; refuses NaN and infinity."""
    import torch

    dtypes = {
        "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
        "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
        "BOOL": torch.bool,
    }  # fmt: skip
    for name, entry in sorted(header.entries.items()):
        begin, end = entry.data_offsets
        data = read_at(fd, end - begin, header.data_start + begin, field)
        dtype = dtypes[entry.dtype]
        flat = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
        tensor = flat.reshape(entry.shape)
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            bad = int((~torch.isfinite(tensor)).sum())
            fix = "weights must be finite; lower the learning rate or clip gradients, and train again"
            raise BadTensors(f"{field}: {show(name)}", f"{bad} of {entry.numel} values NaN or infinite", fix)
        yield name, tensor


def digest(fd: int, header: Header, field: str = "model.safetensors") -> str:
    """sha256 over names, dtypes, shapes and bytes in name order: the weights, however they are laid out."""
    h = hashlib.sha256()
    for name, entry in sorted(header.entries.items()):
        begin, end = entry.data_offsets
        h.update(f"{name}\0{entry.dtype}\0{entry.shape}\0".encode("utf-8", "surrogatepass"))
        for at in range(begin, end, 2**24):
            h.update(read_at(fd, min(2**24, end - at), header.data_start + at, field))
    return h.hexdigest()


def base_entries(base: Path) -> dict[str, Entry]:
    """Names, dtypes and shapes of a trusted base: one model.safetensors, or the shards of its index."""
    index = base / "model.safetensors.index.json"
    if index.exists():
        shards = sorted(set(msgspec.json.decode(index.read_bytes())["weight_map"].values()))
    else:
        shards = ["model.safetensors"]
    entries: dict[str, Entry] = {}
    for shard in shards:
        with (base / shard).open("rb") as f:
            entries |= read_header(f.fileno(), os.fstat(f.fileno()).st_size, shard).entries
    return entries
