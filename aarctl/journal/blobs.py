"""Content-addressed storage of what is too long for a row: zstd files named by sha256 of their content.

A blob is on disk before the event that names it is committed. Writing one twice does nothing, so a retried
effect cannot leave two.
"""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path

import zstandard

from .errors import BlobMissing, BlobTooLarge
from .events import HEAD_BYTES, Text, clean, head_of

MAX_BLOB_BYTES = 1 << 30  # refuse to inflate more: a damaged frame must not eat the memory
RESTORE = "restore it from a backup"


class Blobs:
    """The blobs of one run."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BLOB_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def __repr__(self) -> str:
        return f"Blobs({str(self._folder)!r})"

    def path(self, name: str) -> Path:
        """Where the blob `name` (64 hex) lies."""
        return self._folder / name[:2] / f"{name}.zst"

    def put(self, data: bytes) -> str:
        """Store `data` durably; return its name. Raises BlobTooLarge."""
        if len(data) > self._max_bytes:
            raise BlobTooLarge(f"{len(data)} bytes, a blob holds {self._max_bytes}; keep it in a file of its own")
        name = sha256(data).hexdigest()
        path = self.path(name)
        if path.exists():
            return name
        new_folder = not path.parent.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(zstandard.ZstdCompressor(level=3).compress(data))
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        if new_folder:
            sync_folder(self._folder)
        return name

    def get(self, name: str) -> bytes:
        """The content of `name`. Raises BlobMissing when it is absent or is not what its name says."""
        try:
            data = self._inflate(self.path(name).read_bytes())
        except FileNotFoundError:
            raise BlobMissing(f"blob {name[:16]} is not in {self._folder}; {RESTORE}") from None
        except (OSError, zstandard.ZstdError) as error:
            raise BlobMissing(f"blob {name[:16]} cannot be read ({error}); {RESTORE}") from None
        if sha256(data).hexdigest() != name:
            raise BlobMissing(f"blob {name[:16]} is altered; {RESTORE}")
        return data

    def _inflate(self, packed: bytes) -> bytes:
        # The decompressor obeys `max_output_size` only where the frame does not state its size.
        size = zstandard.frame_content_size(packed)
        if size > self._max_bytes:
            raise zstandard.ZstdError(f"it claims {size} bytes, at most {self._max_bytes} are allowed")
        data: bytes = zstandard.ZstdDecompressor().decompress(packed, max_output_size=self._max_bytes)
        return data

    def keep(self, text: str) -> Text:
        """`text` as a row keeps it; a longer one goes into a blob first. Raises BlobTooLarge."""
        head = head_of(text)
        if head.bytes <= HEAD_BYTES:
            return head
        name = self.put(clean(text).encode())
        return Text(head=head.head, bytes=head.bytes, chars=head.chars, lines=head.lines, blob=name)

    def text(self, kept: Text) -> str:
        """The whole of a kept text; its head where only that was kept. Raises BlobMissing."""
        return self.get(kept.blob).decode("utf-8", "replace") if kept.blob else kept.head


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: a file's own fsync does not."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
