"""Links, pipes, odd names and races against put, get and snapshot, which cross the wall on the supervisor's behalf."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable

from aarctl.sandbox.protocol import BadRequest, Changed, NoSpace, NotFound, SandboxError

from ..arena import Scene
from ..attempt import Attempt, Look

RACES = 60
SPELLINGS = (
    "../r2/mine", "/workspace/../../etc/passwd", "a/../../../etc/passwd", "{secret}", "/etc/passwd", "//etc/passwd",
    "/proc/self/environ", "..", ".", "", "/", "a\0b", "/workspace", "~/.netrc", "....//etc/passwd", "..\\etc", "./../x",
)  # fmt: skip
"""Paths that lead elsewhere, or nowhere."""
REFUSALS = (BadRequest, NotFound, Changed, NoSpace)


async def got(scene: Scene, reading: Awaitable[bytes]) -> str:
    """What a get gave away; empty for a typed refusal, and for bytes that are no secret."""
    try:
        data = await reading
    except REFUSALS:
        return ""
    words = [place for place, word in scene.host.canaries.items() if word.encode() in data]
    return f"get gave {words}" if words else ""


def gets(*paths: str, refused: bool = True) -> Look:
    """Ask for each path; with `refused`, each must be."""

    async def look(scene: Scene) -> str:
        for path in paths:
            path = path.replace("{secret}", scene.host.places()["secret"])
            if prize := await got(scene, scene.sandbox.get(path)):
                return prize
            try:
                data = await scene.sandbox.get(path)
            except REFUSALS:
                continue
            if refused:
                return f"get {path!r} gave {data[:80]!r}"
        return ""

    return look


def puts(*paths: str) -> Look:
    """Write through each path; only below the workspace may anything change, which the arena looks at."""

    async def look(scene: Scene) -> str:
        for path in paths:
            try:
                await scene.sandbox.put(path.replace("{drop}", str(scene.host.drop)), b"dropped")
            except REFUSALS:
                continue
        return ""

    return look


async def _races(scene: Scene) -> str:
    for _ in range(RACES):
        for path in ("d/secret", "f"):
            if prize := await got(scene, scene.sandbox.get(path)):
                return prize
        try:
            await scene.sandbox.put("g/dropped", b"dropped")
        except REFUSALS:
            continue
    return ""


async def _snapshot_holds_no_secret(scene: Scene) -> str:
    """The manifest names nothing by the content of a secret file, and ends."""
    seen = await scene.sandbox.snapshot()
    secrets = {hashlib.sha256(word.encode()).hexdigest() for word in scene.host.canaries.values()}
    found = [entry.path for entry in seen.files if entry.sha256 in secrets]
    return f"the snapshot holds {found}" if found else ""


async def _snapshot_is_tame(scene: Scene) -> str:
    """Every path of a snapshot stays inside, is text, and can be asked for again."""
    seen = await scene.sandbox.snapshot(max_file_bytes=1 << 20)
    for entry in seen.files:
        pieces = entry.path.split("/")
        if entry.path.startswith("/") or ".." in pieces or "" in pieces:
            return f"a path that leads outside: {entry.path!r}"
        entry.path.encode()
        await scene.sandbox.get(entry.path)
    assert any(entry.path == "plain" for entry in seen.files), f"honest files are missing: {seen}"
    return ""


async def _grows(scene: Scene) -> str:
    """A get of what grows ends, with a refusal or with bytes within the limit."""
    for limit in (1, 1 << 16, 1 << 20):
        try:
            data = await scene.sandbox.get("grows", max_bytes=limit)
        except REFUSALS:
            continue
        if len(data) > limit:
            return f"{len(data)} bytes, more than {limit}"
    await scene.sandbox.snapshot(max_file_bytes=1 << 16)
    return ""


async def _closed_to_all(scene: Scene) -> str:
    """Where its owner may not look, neither may we: each request says so by a typed error, and a TERM puts it right."""
    try:
        for path in ("d/e/f", "d", "new"):
            for work in (scene.sandbox.get(path), scene.sandbox.put(path, b"x"), scene.sandbox.snapshot()):
                try:
                    await work  # type: ignore[misc]
                except SandboxError:
                    continue
    finally:
        await scene.one.kill(grace_s=10.0)
    return ""


ATTEMPTS = (
    Attempt(
        "has the supervisor read through a symbolic link",
        """
os.symlink(PLACES["secret"], "file")
os.symlink(os.path.dirname(PLACES["secret"]), "folder")
os.symlink("folder", "chain")
os.symlink("/proc/1/root", "magic")
os.symlink("/proc/self/fd/0", "fd")
ready()
until_killed()
""",
        during=gets("file", "folder/secret", "chain/secret", "magic{secret}", "fd", "magic/etc/hosts", "folder"),
    ),
    Attempt(
        "has the supervisor read a file with two names",
        """
for source in (PLACES["secret"], "/etc/hosts", "/task/pool.jsonl", "/proc/self/environ"):
    tries(os.link, source, os.path.basename(source))
open("one", "w").write("x")
os.link("one", "two")
ready()
until_killed()
""",
        during=gets("secret", "hosts", "pool.jsonl", "environ", "one", "two"),
    ),
    Attempt(
        "has the supervisor read what never ends or answers: pipes, sockets, folders, devices",
        """
os.mkfifo("fifo")
socket.socket(socket.AF_UNIX).bind("socket")
os.mkdir("folder")
tries(os.mknod, "zero", 0o666 | 0o020000, os.makedev(1, 5))
os.symlink("/dev/zero", "link")
ready()
until_killed()
""",
        during=gets("fifo", "socket", "folder", "zero", "link"),
    ),
    Attempt(
        "has the supervisor leave the workspace by its path's spelling",
        "ready()\nuntil_killed()",
        during=gets(*SPELLINGS),
    ),
    Attempt(
        "has the supervisor write through links",
        """
for name in ("folder", "chain"):
    os.symlink(PLACES["drop"] if name == "folder" else "folder", name)
os.symlink(PLACES["guard"], "file")
os.symlink("/task/pool.jsonl", "task")
os.mkfifo("fifo")
ready()
until_killed()
""",
        during=puts("folder/dropped", "chain/dropped", "file", "task", "fifo", "../drop/dropped", "{drop}/dropped"),
    ),
    Attempt(
        "swaps folders and files for links while the supervisor reads and writes",
        """
import shutil
os.makedirs("real")
write("real/secret", "harmless")
write("plain", "harmless")
def clear(name):
    if os.path.isdir(name) and not os.path.islink(name):
        shutil.rmtree(name)
    elif os.path.lexists(name):
        os.unlink(name)
def swap(name, first, second):
    while True:
        try:
            for target in (first, second):
                os.symlink(target, name)
                clear(name)
            os.mkdir(name) if first == "real" else write(name, "harmless")
            clear(name)
        except OSError:
            continue
for name, first, second in (("d", "real", os.path.dirname(PLACES["secret"])), ("f", "plain", PLACES["secret"]),
                            ("g", "real", PLACES["drop"])):
    threading.Thread(target=swap, args=(name, first, second), daemon=True).start()
ready()
until_killed()
""",
        during=_races,
    ),
    Attempt(
        "puts links to secrets into a snapshot",
        """
os.symlink(PLACES["secret"], "file")
os.symlink(os.path.dirname(PLACES["secret"]), "folder")
os.symlink("/", "root")
os.symlink(".", "loop")
os.makedirs("below")
os.symlink("..", "below/up")
ready()
until_killed()
""",
        during=_snapshot_holds_no_secret,
    ),
    Attempt(
        "gives files names that mean something to others",
        """
open("plain", "w").write("x")
for name in ("-rf", "--", "a\\nb", "\\x1b[2J", "\\r", "con", "..\\\\..\\\\x", "... ", "%2e%2e", "\\u202e", "~", "$HOME",
             "`id`", "a" * 255, "*", ";", "'", '"', "<b>", "\\ufeff"):
    tries(write, name, "x")
tries(write, b"\\xff\\xfe", "x")
deep = "deep"
for _ in range(120):
    os.mkdir(deep)
    os.chdir(deep)
open("bottom", "w").write("x")
ready()
until_killed()
""",
        during=_snapshot_is_tame,
    ),
    Attempt(
        "claims a file of a terabyte, and one that is never whole",
        """
fd = os.open("sparse", os.O_RDWR | os.O_CREAT)
tries(os.truncate, fd, 1 << 40)
tries(os.truncate, fd, 8 << 20)
def grow():
    with open("grows", "wb", 0) as file:
        while True:
            try:
                file.write(b"x" * 4096)
            except OSError:
                file.truncate(0)
                file.seek(0)
threading.Thread(target=grow, daemon=True).start()
while not os.path.exists("grows"):
    pass
ready()
until_killed()
""",
        during=_grows,
    ),
    Attempt(
        "fills the workspace with files, deep and wide, for the snapshot to drown in",
        """
for n in range(40):
    os.makedirs(f"wide/{n}")
    for m in range(60):
        open(f"wide/{n}/{m}", "w").close()
os.chdir("wide")
for _ in range(300):
    os.mkdir("d")
    os.chdir("d")
ready()
until_killed()
""",
        during=_snapshot_holds_no_secret,
    ),
    Attempt(
        "holds leases on its files, which make who opens them wait",
        """
for number in range(20):
    fd = os.open(f"leased{number}", os.O_RDWR | os.O_CREAT)
    tries(fcntl.fcntl, fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
signal.signal(signal.SIGIO, signal.SIG_IGN)
open("plain", "w").write("x")
ready()
until_killed()
""",
        during=gets(*(f"leased{number}" for number in range(20)), refused=False),
    ),
    Attempt(
        "takes away its own workspace while the supervisor uses it",
        """
tries(os.rmdir, "/workspace")
tries(os.rename, "/workspace", "/tmp/workspace")
os.makedirs("d/e/f")
folders = [os.open(name, os.O_RDONLY) for name in ("d", ".")]
for fd in folders:
    os.fchmod(fd, 0)
signal.signal(signal.SIGTERM, lambda *_: ([os.fchmod(fd, 0o755) for fd in folders], os._exit(0)))
ready()
until_killed()
""",
        during=_closed_to_all,
    ),
)
