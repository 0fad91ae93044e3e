"""Living on: past its own end, past its time limit, past a freeze, out of sight of the lists of processes."""

from __future__ import annotations

from aarctl.sandbox.protocol import Frozen, NotFound, TimedOut

from ..arena import Scene
from ..attempt import LIMIT_S, Attempt

LOOKS = 40

TICK = """
def tick():
    while True:
        with open("ticks", "ab") as file:
            file.write(b"x")
"""


async def _stands_still(scene: Scene) -> str:
    """Freeze it: either that is refused with a typed error, or not one tick more is written until the thaw."""
    while not await _ticks(scene):
        await scene.sandbox.heartbeat()
    try:
        await scene.sandbox.freeze()
    except TimedOut:
        return ""
    try:
        before = await _ticks(scene)
        for _ in range(LOOKS):
            after = await _ticks(scene)
    except Frozen:  # the engine had to pause it, and with it the keeper, whom we would ask: there no process runs
        before = after = 0
    await scene.sandbox.thaw()
    return f"{after - before} ticks while frozen" if after != before else ""


async def _ticks(scene: Scene) -> int:
    """How often it has ticked."""
    try:
        found = [entry.size for entry in (await scene.sandbox.snapshot()).files if entry.path == "ticks"]
    except NotFound:
        return 0
    return found[0] if found else 0


ATTEMPTS = (
    Attempt(
        "leaves a daemon behind: forked twice, in a session of its own, with no file open",
        """
print("TRIED", flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.closerange(0, 100)
        time.sleep(100_000)
    os._exit(0)
os._exit(0)
""",
    ),
    Attempt(
        "leaves a child of its parent's behind, by CLONE_PARENT",
        """
print("TRIED", flush=True)
if tries(call, "clone", 0x8000 | 17, 0, 0, 0, 0) == 0:
    time.sleep(100_000)
os._exit(0)
""",
    ),
    Attempt(
        "leaves stopped children behind",
        """
print("TRIED", flush=True)
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(100_000)
os._exit(0)
""",
    ),
    Attempt(
        "ends its first thread and lives on in another, as a zombie to all who look",
        TICK + "threading.Thread(target=tick, daemon=True).start()\nprint('TRIED', flush=True)\n"
        "LIBC.syscall({'x86_64': 60, 'aarch64': 93}[platform.machine()], 0)\n",
        limit_s=LIMIT_S,
    ),
    Attempt(
        "lives on as such a zombie while frozen",
        TICK + "threading.Thread(target=tick, daemon=True).start()\nready()\n"
        "LIBC.syscall({'x86_64': 60, 'aarch64': 93}[platform.machine()], 0)\n",
        during=_stands_still,
    ),
    Attempt(
        "ignores all it can, and sleeps past its time limit",
        """
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
print("TRIED", flush=True)
while True:
    time.sleep(1000)
""",
        limit_s=LIMIT_S,
    ),
    Attempt(
        "waits for a child by vfork, where no signal but one arrives",
        """
print("TRIED", flush=True)
if call("clone", 0x4000 | 17, 0, 0, 0, 0) == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(100_000)
""",
        limit_s=LIMIT_S,
    ),
    Attempt(
        "works on while frozen, its processes waking each other",
        TICK
        + """
import itertools
family = [os.getpid()]
for _ in range(6):
    pid = os.fork()
    if pid == 0:
        break
    family.append(pid)
parent = family[0]
threading.Thread(target=tick, daemon=True).start()
if os.getpid() == parent:
    ready()
for pid in itertools.cycle(range(max(2, parent - 2), parent + 12)):
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGCONT)
        except OSError:
            continue
""",
        during=_stands_still,
    ),
    Attempt(
        "works on while frozen, forking faster than it is stopped",
        """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    while True:
        with open("ticks", "ab") as file:
            file.write(b"x")
        if os.fork():
            os._exit(0)
while not os.path.exists("ticks"):
    pass
ready()
until_killed()
""",
        during=_stands_still,
    ),
    Attempt(
        "works on while frozen, in a child whose parent waits for it by vfork",
        TICK
        + """
ready()
if call("clone", 0x4000 | 17, 0, 0, 0, 0) == 0:
    tick()
""",
        during=_stands_still,
    ),
)
