"""Device nodes: made, found, carried in; the terminal of the person; the modes of nodes that are shared."""

from __future__ import annotations

import os
import stat

from ..arena import Scene
from ..attempt import Attempt

SHARED = ("null", "zero", "full", "random", "urandom", "tty")


async def _modes_changed(scene: Scene) -> str:
    """Whether the host's own nodes have another mode now; put right at once."""
    changed = [name for name in SHARED if stat.S_IMODE(os.stat(f"/dev/{name}").st_mode) == 0o606]
    for name in changed:
        os.chmod(f"/dev/{name}", 0o666)
    return f"the host's {changed} have another mode" if changed else ""


ATTEMPTS = (
    Attempt(
        "makes a node of the host's disk and reads it",
        """
for where in ("disk", "/tmp/disk", "/dev/shm/disk"):
    tries(os.mknod, where, 0o600 | 0o060000, os.makedev(*PLACES["disk"]))
    fd = tries(os.open, where, os.O_RDONLY)
    if fd is not None and tries(os.read, fd, 512):
        won("read the host's disk")
""",
    ),
    Attempt(
        "makes a node of a harmless device and reads it",
        """
for where in ("zero", "/tmp/zero", "/dev/shm/zero"):
    tries(os.mknod, where, 0o666 | 0o020000, os.makedev(1, 5))
    fd = tries(os.open, where, os.O_RDONLY)
    if fd is not None and tries(os.read, fd, 4):
        won("read a device of its own making")
    if not PLACES["walls"]:
        break
""",
        unhindered="root",
    ),
    Attempt(
        "finds a device that is more than a source or a sink of bytes",
        """
import stat
known = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue", "core", "fd", "stdin",
         "stdout", "stderr", "console"}
for name in os.listdir("/dev"):
    path = f"/dev/{name}"
    if name not in known and stat.S_IFMT(os.stat(path).st_mode) in (stat.S_IFCHR, stat.S_IFBLK):
        tries(opens, path, os.O_RDONLY)
for name in ("kvm", "fuse", "loop-control", "net/tun", "vhost-vsock", "vsock", "mapper/control", "rtc0",
             "nvidiactl", "dri"):
    tries(opens, f"/dev/{name}", os.O_RDONLY)
""",
        unhindered="root",
    ),
    Attempt(
        "changes the mode of device nodes, which may be the host's own",
        """
for name in ("null", "zero", "full", "random", "urandom", "tty"):
    tries(os.chmod, f"/dev/{name}", 0o606)
""",
        prize=_modes_changed,
    ),
    Attempt(
        "types into the person's terminal",
        """
import termios
for path in ("/dev/tty", "/dev/console", "/dev/pts/0", "/dev/pts/1", "/proc/self/fd/0", "/proc/self/fd/1"):
    fd = tries(os.open, path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    if fd is not None and os.isatty(fd):
        if tries(lambda: fcntl.ioctl(fd, termios.TIOCSTI, b"x") or True):
            won(f"typed into {path}")
        if path.startswith("/dev/pts") or path == "/dev/console":
            won(f"opened {path}, which is somebody's")
""",
    ),
    Attempt(
        "mounts a file system of its own through fuse or a loop device",
        """
tries(opens, "/dev/fuse", os.O_RDWR)
tries(opens, "/dev/loop-control", os.O_RDWR)
for number in range(8):
    tries(opens, f"/dev/loop{number}", os.O_RDONLY)
""",
        unhindered="root",
    ),
)
