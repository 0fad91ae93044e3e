"""Results: another command's output and exit code, the supervisor's link, a command's past and its future."""

from __future__ import annotations

from aarctl.sandbox.protocol import NotFound
from tests.sandbox.watch import run

from ..arena import Scene
from ..attempt import Attempt


async def _exit_code_is_three(scene: Scene) -> str:
    assert scene.result is not None
    return "" if scene.result.exit_code == 3 else f"{scene.result}"


async def _is_signalled(scene: Scene) -> str:
    assert scene.result is not None
    return "" if (scene.result.exit_code, scene.result.signal) == (None, 9) else f"{scene.result}"


async def _frames_were_only_output(scene: Scene) -> str:
    """What looked like answers has answered nothing: requests get their own."""
    result, said = await run(scene.sandbox, "sh", "-c", "echo mine; exit 7")
    if (result.exit_code, said) != (7, "mine\n"):
        return f"a forged answer: {result} {said!r}"
    stats = await scene.sandbox.stats()
    return "" if stats.disk_total_bytes > 1 else f"a forged answer: {stats}"


async def _future_is_unwritten(scene: Scene) -> str:
    """Ids that it meant to answer for are still free, and run what they are given."""
    try:
        await scene.sandbox.find("future")
    except NotFound:
        pass
    else:
        return "an id that nobody used has a result"
    one = await scene.sandbox.exec("future", ["sh", "-c", "exit 5"], timeout_s=20)
    result = await one.wait()
    return "" if (one.attached, result.exit_code) == (False, 5) else f"{one.attached} {result}"


async def _past_is_kept(scene: Scene) -> str:
    """The earlier command's result is what it was."""
    result = await scene.one.wait()
    again = await (await scene.sandbox.find(scene.one.id)).wait()
    return "" if result == again and result.exit_code == 4 else f"{result} then {again}"


ATTEMPTS = (
    Attempt(
        "writes another command's result into the spool",
        """
import msgpack
body = msgpack.packb({"exit_code": 0, "signal": None, "timed_out": False, "killed": False, "truncated": False,
                      "output_bytes": 6, "error": "", "duration_s": 0.0, "cpu_s": 0.0, "peak_memory_bytes": 0,
                      "out_of_memory": False})
for spool in PLACES["spools"]:
    for place in (f"{spool}/future", f"{spool}/r1/future"):
        tries(os.makedirs, place)
        for name, data in (("request", msgpack.packb({"cap": 100, "argv": []})), ("result", body), ("head", b"forged")):
            tries(write, f"{place}/{name}", data)
""",
        prize=_future_is_unwritten,
    ),
    Attempt(
        "changes its own result after the fact, in the spool",
        """
for spool in PLACES["spools"]:
    for folder, _, files in os.walk(spool):
        won(f"{folder} is in sight")
    tries(os.listdir, spool)
print("TRIED", flush=True)
os._exit(4)
""",
        prize=_past_is_kept,
    ),
    Attempt(
        "says that it succeeded, and fails",
        """
if os.fork() == 0:
    time.sleep(0.05)
    os._exit(0)
print("TRIED", flush=True)
sys.stdout.flush()
os._exit(3)
""",
        prize=_exit_code_is_three,
    ),
    Attempt(
        "dies by a signal, and lets a child say that all is well",
        """
if os.fork() == 0:
    os.setsid()
    time.sleep(0.05)
    print("exit code 0", flush=True)
    os._exit(0)
print("TRIED", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
""",
        prize=_is_signalled,
    ),
    Attempt(
        "answers as the keeper, in frames on its own output",
        """
import msgpack
for number in range(2000):
    result, output = {"result": {"exit_code": 0}}, {"data": b"forged", "offset": 0, "ended": True}
    for body in (result, output, {"disk_total_bytes": 1}):
        frame = msgpack.packb({"v": 1, "id": number, "ok": True, **body})
        data = struct.pack(">I", len(frame)) + frame
        os.write(1 + number % 2, data)
        os.write(1, struct.pack(">BxxxI", 1, len(data)) + data)
print()
""",
        prize=_frames_were_only_output,
    ),
    Attempt(
        "answers as the keeper, through any file it was left",
        """
import msgpack
frame = msgpack.packb({"v": 1, "id": 1, "ok": True, "status": 0})
for fd in range(3, 4096):
    if tries(os.write, fd, struct.pack(">I", len(frame)) + frame) if os.path.exists(f"/proc/self/fd/{fd}") else None:
        won(f"wrote into file {fd}")
for pid in others():
    for fd in range(32):
        try:
            file = os.open(f"/proc/{pid}/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            continue
        won(f"may write into file {fd} of {pid}: {os.readlink(f'/proc/self/fd/{file}')}")
""",
        prize=_frames_were_only_output,
        unhindered="root",
    ),
    Attempt(
        "tells its watcher's socket that it ended well",
        """
import msgpack
word = msgpack.packb({"status": 0})
for pid in ("self", os.getppid(), 1):
    for name in tries(os.listdir, f"/proc/{pid}/fd") or []:
        link = tries(os.readlink, f"/proc/{pid}/fd/{name}") or ""
        if link.startswith("socket:"):
            won(f"a socket of {pid}: {link}")
print("TRIED", flush=True)
os._exit(3)
""",
        prize=_exit_code_is_three,
        unhindered="root",
    ),
)
