"""Too much of everything: processes, threads, memory of each kind, open files, cores, and what users share unseen.

Each bomb is bounded a little above its limit: that it went past is the win, not that the machine fell.
"""

from __future__ import annotations

from aarctl.sandbox.protocol import SandboxError
from tests.sandbox.watch import run

from ..arena import Scene
from ..attempt import LIMIT_S, Attempt, Look
from ..backends import EACH_PROCESS, NO_SECCOMP

EACH = "without a cgroup memory is limited for each process, not for all together"
SHARED = "the kernel counts these for each user, and to it all sandboxes are one; commands still start and end"


async def _answers_at_the_limit(scene: Scene) -> str:
    """With not a process to spare, requests are answered rightly or by a typed error, and so after it."""
    for _ in range(3):
        await scene.sandbox.heartbeat()
        try:
            result, said = await run(scene.sandbox, "echo", "right")
        except SandboxError:
            continue
        assert said == "right\n" or result.exit_code is None or not result.ok, f"{result} {said!r}"
        try:
            await scene.sandbox.put("small", b"x")
            assert await scene.sandbox.get("small") == b"x"
        except SandboxError:
            continue
    return ""


def neighbour_can(program: str) -> Look:
    """A look at whether the neighbour still gets what all users of the machine share."""

    async def look(scene: Scene) -> str:
        result, said = await run(scene.neighbour, "python", "-c", program)
        return "" if result.ok else f"the neighbour gets no more: {said[-200:]}"

    return look


REFUSED = "(1, 38)"  # EPERM, ENOSYS: nobody gets any, so nobody can take them from others
WATCH = f"""
import ctypes
l = ctypes.CDLL(None, use_errno=True)
assert l.inotify_init1(0) >= 0 or ctypes.get_errno() in {REFUSED}, ctypes.get_errno()
"""
TIMER = f"""
import ctypes, platform
l = ctypes.CDLL(None, use_errno=True)
n = {{"x86_64": 222, "aarch64": 107}}[platform.machine()]
assert l.syscall(n, 1, None, ctypes.byref(ctypes.c_int())) == 0 or ctypes.get_errno() in {REFUSED}, ctypes.get_errno()
"""
PASS = """
import os, socket
a, b = socket.socketpair()
socket.send_fds(a, [b"x"], [0])
"""

ATTEMPTS = (
    Attempt(
        "forks past its number of processes",
        """
made = 0
for _ in range(PLACES["pids"] * 4):
    try:
        if os.fork() == 0:
            until_killed()
    except OSError as error:
        print("refused:", error)
        break
    made += 1
if made > PLACES["pids"]:
    won(f"{made} processes")
ready()
print("TRIED", flush=True)
until_killed()
""",
        during=_answers_at_the_limit,
        differs={"bubblewrap as root without a cgroup": "the kernel counts no processes of root"},
    ),
    Attempt(
        "starts threads past its number of processes",
        """
def wait():
    time.sleep(1000)
made = 0
for _ in range(PLACES["pids"] * 4):
    try:
        threading.Thread(target=wait, daemon=True).start()
    except RuntimeError as error:
        print("refused:", error)
        break
    made += 1
if made > PLACES["pids"]:
    won(f"{made} threads")
ready()
until_killed()
""",
        during=_answers_at_the_limit,
        differs={"bubblewrap as root without a cgroup": "the kernel counts no threads of root"},
    ),
    Attempt(
        "keeps dead children past its number of processes",
        """
made = 0
for _ in range(PLACES["pids"] * 4):
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError as error:
        print("refused:", error)
        break
    made += 1
if made > PLACES["pids"]:
    won(f"{made} dead")
ready()
until_killed()
""",
        during=_answers_at_the_limit,
        differs={"bubblewrap as root without a cgroup": "the kernel counts no processes of root"},
    ),
    Attempt(
        "forks without end until it is stopped",
        """
print("TRIED", flush=True)
if not PLACES["cgroup"]:
    sys.exit()
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        limit_s=LIMIT_S,
    ),
    Attempt(
        "is born again and again, faster than it can be listed",
        """
print("TRIED", flush=True)
for _ in range(8):
    if os.fork() == 0:
        break
os.setsid() if os.getpid() != os.getsid(0) else None
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        pass
""",
        limit_s=LIMIT_S,
    ),
    Attempt(
        "takes memory in one process",
        """
try:
    room = bytearray(PLACES["memory"] * 5 // 4)
    won(f"{len(room)} bytes")
except MemoryError as error:
    print("refused:", error)
""",
        ends=False,
    ),
    Attempt(
        "takes memory in many processes",
        """
share, living = PLACES["memory"] // 8, []
for _ in range(12):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        room = bytearray(share)
        os.write(w, b"x")
        until_killed()
    os.close(w)
    if os.read(r, 1):
        living.append(pid)
time.sleep(0.1)
living = [pid for pid in living if os.waitpid(pid, os.WNOHANG)[0] == 0]
if len(living) > 8:
    won(f"{len(living)} times {share} bytes")
""",
        ends=False,
        differs={EACH_PROCESS: EACH},
    ),
    Attempt(
        "takes memory in nameless files",
        """
files, held = [], 0
try:
    while held < PLACES["memory"] * 3 // 2:
        files.append(os.memfd_create("bomb"))
        for _ in range(8):
            held += os.write(files[-1], bytes(1 << 20))
except OSError as error:
    print("refused:", error)
if held >= PLACES["memory"] * 5 // 4:
    won(f"{held} bytes")
""",
        ends=False,
        differs={EACH_PROCESS: EACH},
    ),
    Attempt(
        "takes the kernel's memory, in pipes and sockets",
        """
held, ends = 0, []
try:
    while held < PLACES["memory"] * 3 // 2:
        r, w = os.pipe()
        os.set_blocking(w, False)
        ends += [r, w]
        size = tries(fcntl.fcntl, w, 1031, 1 << 20) or 65536
        try:
            while True:
                held += os.write(w, bytes(65536))
        except BlockingIOError:
            pass
        if size < 1 << 20 and len(ends) > 4000:
            break
except OSError as error:
    print("refused:", error)
print(held)
if held >= PLACES["memory"] * 5 // 4:
    won(f"{held} bytes in pipes")
""",
        ends=False,
        differs={"bubblewrap as root without a cgroup": EACH},
    ),
    Attempt(
        "locks memory, so that it cannot be taken back",
        """
import mmap
room = mmap.mmap(-1, 64 << 20)
if tries(lambda: checked(LIBC.mlock(ctypes.addressof(ctypes.c_char.from_buffer(room)), 64 << 20)) == 0):
    print("locked 64 MB, which its limit covers")
if tries(lambda: checked(LIBC.mlockall(3)) == 0):
    room = tries(mmap.mmap, -1, PLACES["memory"] * 2)
    if room:
        won("locked twice its memory")
""",
        ends=False,
        differs={"bubblewrap as root without a cgroup": EACH},
    ),
    Attempt(
        "opens files until no more can be",
        """
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
tries(resource.setrlimit, resource.RLIMIT_NOFILE, (hard, hard))
opened = 0
try:
    while opened < 200_000:
        os.open("/dev/null", os.O_RDONLY)
        opened += 1
except OSError as error:
    print("refused:", error)
print(opened, "files")
""",
    ),
    Attempt(
        "sends more open files to itself than its user may have under way",
        """
import array, resource
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
tries(resource.setrlimit, resource.RLIMIT_NOFILE, (hard, hard))
fds, pairs, sent = array.array("i", [0] * 250), [], 0
try:
    while sent < PLACES["files"] * 2:
        pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        pairs[-1][0].setblocking(False)
        try:
            while sent < PLACES["files"] * 2:
                pairs[-1][0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
                sent += len(fds)
        except BlockingIOError:
            pass
except OSError as error:
    print("refused:", error)
print(sent, "files under way")
ready()
until_killed()
""",
        during=neighbour_can(PASS),
        differs={"bubblewrap": SHARED, "docker": SHARED},
    ),
    Attempt(
        "takes every file watch of its user",
        """
taken = 0
while taken < 5000 and LIBC.inotify_init1(0) >= 0:
    taken += 1
print(taken, "watches")
ready()
until_killed()
""",
        during=neighbour_can(WATCH),
        differs={NO_SECCOMP: SHARED},
    ),
    Attempt(
        "takes every timer of its user",
        """
taken = 0
try:
    while taken < 300_000:
        call("timer_create", 1, None, ctypes.byref(ctypes.c_int()))
        taken += 1
except OSError as error:
    print("refused:", error)
print(taken, "timers")
ready()
until_killed()
""",
        during=neighbour_can(TIMER),
    ),
    Attempt(
        "keeps every core busy",
        """
for _ in range(16):
    if os.fork() == 0:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            pass
        os._exit(0)
for _ in range(16):
    os.wait()
""",
    ),
)
