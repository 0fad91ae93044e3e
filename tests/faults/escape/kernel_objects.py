"""What the kernel keeps outside of files: shared memory, a message queue, a key in a keyring, a file's handle.

Each is open to every process of this user that shares the right namespace, which a sandbox must not.
"""

from __future__ import annotations

import ctypes
import os
import platform
import secrets
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.shmat.restype = ctypes.c_void_p
LIBC.syscall.restype = ctypes.c_long
ADD_KEY, KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(platform.machine(), (-1, -1))
SESSION, REVOKE = -3, 3
CREATE, ALL_MAY = 0o1000, 0o666
REMOVE = 0
HERE = -100  # AT_FDCWD


class Planted:
    """The objects, with `word` in the memory and the queue, and `key` in the keyring."""

    def __init__(self, word: str, key: str) -> None:
        self._word, self._key_word = word.encode(), key.encode()
        self._memory_key = secrets.randbelow(1 << 30) + 1
        self._memory, self._key = -1, -1
        self.queue, self.key = f"/aarctl-{secrets.token_hex(4)}", f"aarctl-{secrets.token_hex(4)}"

    def plant(self) -> None:
        """Make them."""
        self._memory = LIBC.shmget(self._memory_key, 4096, CREATE | ALL_MAY)
        ctypes.memmove(LIBC.shmat(self._memory, None, 0), self._word, len(self._word))
        queue = LIBC.mq_open(self.queue.encode(), os.O_RDWR | os.O_CREAT, ALL_MAY, None)
        if queue >= 0:
            for _ in range(5):
                LIBC.mq_send(queue, self._word, len(self._word), 0)
            os.close(queue)
        name, word = self.key.encode(), self._key_word
        self._key = LIBC.syscall(ADD_KEY, b"user", name, word, ctypes.c_size_t(len(word)), ctypes.c_long(SESSION))

    def places(self, file: Path) -> dict[str, Any]:
        """How they are asked for; `handle` is that of `file`, where its disk gives one."""
        kind, handle = handle_of(file)
        return {
            "shared": self._memory_key, "queue": self.queue, "keyring": self.key,
            "handle": handle.hex(), "handle_type": kind,
        }  # fmt: skip

    def close(self) -> None:
        """Take them away."""
        LIBC.shmctl(self._memory, REMOVE, None)
        LIBC.mq_unlink(self.queue.encode())
        if self._key >= 0:
            LIBC.syscall(KEYCTL, ctypes.c_long(REVOKE), ctypes.c_long(self._key))


def handle_of(path: Path) -> tuple[int, bytes]:
    """The kernel's own name of a file: type and bytes, as an attacker may guess them from an inode's number."""
    room = ctypes.create_string_buffer((128).to_bytes(4, "little"), 136)
    mount = ctypes.c_int()
    if LIBC.name_to_handle_at(HERE, str(path).encode(), room, ctypes.byref(mount), 0) != 0:
        return 1, (2).to_bytes(4, "little") + bytes(4)  # inode 2: the root of a disk
    size = int.from_bytes(room.raw[:4], "little")
    return int.from_bytes(room.raw[4:8], "little"), room.raw[8 : 8 + size]
