"""Time: the machine's clocks, the sandbox's own, the dates of files, and the timers of others."""

from __future__ import annotations

import hashlib

from aarctl.sandbox.protocol import Changed, UnsafePath

from ..arena import Scene
from ..attempt import Attempt

TRIES = 40
SIZE = 3 << 20


async def _never_two_files_as_one(scene: Scene) -> str:
    """A get of a file that is exchanged under it is refused, or is one file's bytes."""
    for _ in range(TRIES):
        try:
            data = await scene.sandbox.get("swapped")
        except (Changed, UnsafePath):  # exchanged between two pieces, or between the look and the opening
            continue
        if data.count(data[:1]) != SIZE:
            return "bytes of two files as one"
    return ""


async def _own_clock(scene: Scene) -> str:
    """Durations are the keeper's, whatever the command believes."""
    assert scene.result is not None
    return "" if 0 < scene.result.duration_s < 60 else f"it says that it took {scene.result.duration_s} s"


async def _dates_do_not_matter(scene: Scene) -> str:
    """Snapshots go by content, and files of any date cross."""
    seen = {entry.path: entry.sha256 for entry in (await scene.sandbox.snapshot()).files}
    for name in ("old", "new", "end"):
        assert seen[name] == hashlib.sha256(await scene.sandbox.get(name)).hexdigest()
    return ""


ATTEMPTS = (
    Attempt(
        "sets the machine's clock, by every call there is",
        """
class Spec(ctypes.Structure):
    _fields_ = [("s", ctypes.c_long), ("n", ctypes.c_long)]
now = time.time()
spec = Spec(int(now), int(now % 1 * 1e9))
if tries(lambda: time.clock_settime(time.CLOCK_REALTIME, now) or True):
    won("clock_settime, to the present time")
if tries(lambda: checked(LIBC.settimeofday(ctypes.byref(spec), None)) == 0):
    won("settimeofday, to the present time")
room = ctypes.create_string_buffer(struct.pack("Ixxxxl", 1, 0) + bytes(240))
if tries(call, "clock_adjtime", 0, room) is not None:
    won("clock_adjtime, by nothing")
for path in ("/dev/rtc", "/dev/rtc0", "/dev/ptp0"):
    tries(opens, path, os.O_RDWR)
""",
    ),
    Attempt(
        "lives in a time of its own",
        """
def leave():
    checked(LIBC.unshare(0x80))
    won("a time namespace")
    write("/proc/self/timens_offsets", "monotonic 100000 0")
in_child(leave)
""",
        prize=_own_clock,
        unhindered="root",
    ),
    Attempt(
        "exchanges a file while it is read, and gives the new one the old one's date",
        f"""
for name in ("a", "b"):
    open(name, "wb").write(name.encode() * {SIZE})
    os.utime(name, ns=(10**18, 10**18))
def swap():
    while True:
        for name in ("a", "b"):
            with open("new", "wb") as file:
                file.write(name.encode() * {SIZE})
            os.utime("new", ns=(10**18, 10**18))
            os.rename("new", "swapped")
threading.Thread(target=swap, daemon=True).start()
while not os.path.exists("swapped"):
    pass
ready()
until_killed()
""",
        during=_never_two_files_as_one,
    ),
    Attempt(
        "rings other processes' alarms",
        """
for pid in others():
    for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU):
        tries(os.kill, pid, number) if pid != os.getppid() else None
    event = struct.pack("QiiI", 0, int(signal.SIGKILL), 4, pid) + bytes(64)
    tries(call, "timer_create", 1, ctypes.create_string_buffer(event), ctypes.byref(ctypes.c_int()))
""",
        ends=False,
    ),
    Attempt(
        "dates its files in the far past and future",
        """
for name, when in (("old", -(1 << 40)), ("new", 1 << 40), ("end", (1 << 63) // 10**9 - 1)):
    open(name, "w").write(name)
    tries(os.utime, name, (when, when))
ready()
until_killed()
""",
        during=_dates_do_not_matter,
    ),
)
