"""Another researcher of the same run: its files, processes, memory, sockets and queues."""

from __future__ import annotations

from ..attempt import Attempt

ATTEMPTS = (
    Attempt(
        "reads the neighbour's workspace by every name it may have",
        "for folder in PLACES['neighbour']:\n    tries(show, f'{folder}/mine')",
        unhindered="user",
    ),
    Attempt(
        "writes into the neighbour's workspace",
        """
for folder in PLACES["neighbour"]:
    tries(opens, f"{folder}/mine")
    tries(opens, f"{folder}/../new", os.O_WRONLY | os.O_CREAT) if PLACES["walls"] else None
""",
        unhindered="user",
    ),
    Attempt(
        "reads the neighbour's arguments and environment",
        """
for name in os.listdir("/proc"):
    if name.isdigit() and int(name) != os.getpid():
        tries(show, f"/proc/{name}/cmdline")
        tries(show, f"/proc/{name}/environ")
""",
        unhindered="user",
    ),
    Attempt(
        "finds the neighbour's files in /tmp and /dev/shm",
        """
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run"):
    tries(show, f"{folder}/{PLACES['resident']}")
""",
        unhindered="user",
    ),
    Attempt(
        "connects to the neighbour's server on loopback",
        """
link = tries(socket.create_connection, ("127.0.0.1", PLACES["port"]), 2)
if link:
    won("connected")
""",
        unhindered="user",
    ),
    Attempt(
        "connects to the neighbour by an abstract name",
        """
link = socket.socket(socket.AF_UNIX)
if tries(lambda: link.connect("\\0" + PLACES["resident"]) or True):
    won("connected")
""",
        unhindered="user",
    ),
    Attempt(
        "attaches shared memory by its key",
        """
LIBC.shmat.restype = ctypes.c_void_p
at = tries(checked, LIBC.shmget(PLACES["shared"], 4096, 0))
if at is not None:
    print(ctypes.string_at(LIBC.shmat(at, None, 0), 64))
tries(show, "/proc/sysvipc/shm")
""",
        unhindered="user",
    ),
    Attempt(
        "receives from a message queue of the host",
        """
queue = tries(call, "mq_open", PLACES["queue"].lstrip("/").encode(), os.O_RDWR | os.O_NONBLOCK, 0, 0)
if queue is not None:
    room = ctypes.create_string_buffer(8192)
    tries(checked, LIBC.mq_receive(queue, room, 8192, None))
    print(room.value)
""",
        unhindered="user",
    ),
    Attempt(
        "kills processes of the host by their numbers",
        """
for pid in (PLACES["victim"], PLACES["keyholder"]):
    tries(os.kill, pid, signal.SIGKILL)
    tries(os.killpg, pid, signal.SIGKILL)
""",
        unhindered="user",
    ),
)
