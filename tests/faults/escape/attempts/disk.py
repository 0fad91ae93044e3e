"""Too much of the disk: in one file, in many, in memory disks, in deleted files, in hidden folders, and in output."""

from __future__ import annotations

from ..arena import MB, Scene
from ..attempt import Attempt
from ..backends import NO_QUOTA

FLOOD_BYTES = 1 << 30


async def _flood_was_kept_small(scene: Scene) -> str:
    """All of it was counted, head and tail were kept, and the sandbox answered."""
    assert scene.result is not None
    kept = await scene.one.output()
    assert scene.result.output_bytes >= FLOOD_BYTES and scene.result.truncated, scene.result
    size = len(kept.head) + len(kept.tail)
    return f"{size} bytes were kept" if size > 4 * MB else ""


async def _watch_sees_it(scene: Scene) -> str:
    """Whatever it could write is counted by who watches."""
    files = [line for line in scene.said.splitlines() if line.startswith("WON")]
    seen, limit = await scene.sandbox.usage(), scene.sandbox.spec.limits.disk_bytes
    assert limit is not None and (not files or seen.bytes > limit), f"{files}, but the watch sees {seen}"
    return ""


async def _watch_is_not_fooled(scene: Scene) -> str:
    """What cannot be looked into is at least named."""
    seen = await scene.sandbox.usage()
    await scene.one.kill(grace_s=10.0)  # it opens its folder at a TERM, so that it can be cleared
    return "" if seen.bytes > 13 * MB or seen.closed else f"hidden from {seen}"


ATTEMPTS = (
    Attempt(
        "fills /tmp and /dev/shm",
        """
for folder in ("/tmp", "/dev/shm"):
    held = 0
    try:
        for number in range(8):
            with open(f"{folder}/bomb{number}", "wb", 0) as file:
                for _ in range(8):
                    held += file.write(bytes(1 << 20))
    except OSError as error:
        print("refused:", error)
    if held > PLACES["tmp"]:
        won(f"{held} bytes in {folder}")
""",
    ),
    Attempt(
        "writes one file past its size",
        """
held = 0
try:
    with open("bomb", "wb", 0) as file:
        while held < PLACES["file"] * 2:
            held += file.write(bytes(1 << 20))
except OSError as error:
    print("refused:", error)
tries(os.truncate, "bomb", 1 << 40)
if os.stat("bomb").st_size > PLACES["file"]:
    won(f"{os.stat('bomb').st_size} bytes in one file")
""",
    ),
    Attempt(
        "fills the disk with many files",
        """
held = 0
try:
    for number in range(PLACES["space"] * 3 // 2 // (8 << 20)):
        with open(f"bomb{number}", "wb", 0) as file:
            for _ in range(8):
                held += file.write(bytes(1 << 20))
except OSError as error:
    print("refused:", error)
if held > PLACES["space"]:
    won(f"{held} bytes in the workspace")
""",
        prize=_watch_sees_it,
        differs={NO_QUOTA: "the workspace's size is watched, not enforced: this disk gives no quota"},
    ),
    Attempt(
        "fills the disk with deleted files that it keeps open",
        """
held, files = 0, []
try:
    for number in range(PLACES["space"] * 3 // 2 // (8 << 20)):
        files.append(open(f"bomb{number}", "wb", 0))
        os.unlink(f"bomb{number}")
        for _ in range(8):
            held += files[-1].write(bytes(1 << 20))
except OSError as error:
    print("refused:", error)
if held > PLACES["space"]:
    won(f"{held} bytes in no folder")
""",
        differs={NO_QUOTA: "what no folder lists is seen only in the disk's free space, which is watched too"},
    ),
    Attempt(
        "hides what it takes of the disk, in closed and in deep folders",
        """
os.mkdir("closed")
with open("closed/bomb", "wb", 0) as file:
    for _ in range(12):
        file.write(bytes(1 << 20))
os.chmod("closed", 0)
here = os.open(".", os.O_RDONLY)
for _ in range(200):
    os.mkdir("deep")
    os.chdir("deep")
write("bomb", bytes(1 << 20))
os.fchdir(here)
signal.signal(signal.SIGTERM, lambda *_: (os.chmod("closed", 0o700), os._exit(0)))
ready()
until_killed()
""",
        during=_watch_is_not_fooled,
    ),
    Attempt(
        "writes a gigabyte of output",
        f"""
block = b"x" * (1 << 20)
for _ in range({FLOOD_BYTES} >> 20):
    at = 0
    while at < len(block):
        at += os.write(1, block[at:])
print()
""",
        prize=_flood_was_kept_small,
    ),
)
