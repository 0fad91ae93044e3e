"""The keeper, the yard and the shepherds, from below: traced, robbed, signalled, starved, squatted on, poisoned."""

from __future__ import annotations

from tests.sandbox.watch import run

from ..arena import Scene
from ..attempt import LIMIT_S, Attempt


async def _no_exit_code(scene: Scene) -> str:
    """A command whose watcher was killed has no exit code; one whose watcher lives has its own."""
    if scene.result is None:
        return ""
    if scene.result.exit_code == 3 and not scene.result.error:
        return ""
    unknown = (scene.result.exit_code, scene.result.signal) == (None, None) and scene.result.error
    return "" if unknown else f"an invented end: {scene.result}"


async def _keeper_is_clean(scene: Scene) -> str:
    """A new keeper on the poisoned workspace must not have run any of it."""
    spec = scene.sandbox.spec
    await scene.sandbox.remove()
    scene.arena.forget()
    sandbox = await scene.arena.target()
    await sandbox.heartbeat()
    await sandbox.put("a/file", b"x")
    await sandbox.snapshot()
    _, said = await run(sandbox, "ls", "/workspace")
    assert "poison.py" in said, f"the workspace of {spec.name} was not kept: {said}"
    return f"the keeper ran it: {said}" if "poisoned" in said else ""


async def _commands_start(scene: Scene) -> str:
    """Its own sandbox goes on, or is lost and made anew; one that only seems to be well is a win for it."""
    _, said = await run(scene.sandbox, "echo", "well")
    if said == "well\n":
        return ""
    await scene.arena.renew()
    return "its own commands start no more"


ATTEMPTS = (
    Attempt(
        "traces every process that is not its own",
        """
for pid in others():
    for request in (0x4206, 16):
        if tries(call, "ptrace", request, pid, 0, 0) is not None:
            won(f"traces {pid}")
            call("ptrace", 17, pid, 0, 0) if request == 16 and os.waitpid(pid, 0x40000000) else None
            break
""",
        unhindered="root",
    ),
    Attempt(
        "reads and writes the memory of every process that is not its own",
        """
room = ctypes.create_string_buffer(8)
here = struct.pack("QQ", ctypes.addressof(room), 8)
for pid in others():
    tries(opens, f"/proc/{pid}/mem", os.O_RDWR)
    there = struct.pack("QQ", 0x400000, 8)
    try:
        call("process_vm_readv", pid, here, 1, there, 1, 0)
        won(f"read {pid}")
    except OSError as error:
        if error.errno == errno.EFAULT:
            won(f"was let into {pid}")
""",
        unhindered="root",
    ),
    Attempt(
        "takes open files out of every process that is not its own",
        """
for pid in others():
    handle = tries(call, "pidfd_open", pid, 0)
    for fd in range(24):
        try:
            os.close(os.open(f"/proc/{pid}/fd/{fd}", os.O_RDWR | os.O_NONBLOCK))
            won(f"file {fd} of {pid}, by its name")
        except OSError:
            pass
        try:
            won(f"file {call('pidfd_getfd', handle, fd, 0)} of {pid}, by its number") if handle is not None else None
        except OSError:
            pass
""",
        unhindered="root",
    ),
    Attempt(
        "looks at the maps, root and folder of every process that is not its own",
        """
for pid in others():
    for name in ("environ", "maps", "auxv", "syscall", "stack", "io", "personality"):
        data = tries(lambda: open(f"/proc/{pid}/{name}", "rb").read(100))
        won(f"{name} of {pid}: {data[:40]}") if data else None
    for name in ("root", "cwd", "exe"):
        tries(lambda: won(f"{name} of {pid}: {os.readlink(f'/proc/{pid}/{name}')}"))
""",
        unhindered="root",
    ),
    Attempt("kills everything it may, itself included", "print('now')\nos.kill(-1, signal.SIGKILL)", ends=False),
    Attempt(
        "kills the first process, and each other one, by every signal",
        """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for number in range(1, 65):
    for pid in others():
        if pid != os.getppid() or number in (9, 19):
            try:
                os.kill(pid, number)
            except OSError:
                continue
""",
        ends=False,
        limit_s=10.0,
    ),
    Attempt(
        "kills its watcher, and then claims another end",
        "print('TRIED', flush=True)\ntries(os.kill, os.getppid(), signal.SIGKILL)\nos._exit(3)",
        prize=_no_exit_code,
    ),
    Attempt(
        "stops its watcher, to outlive its time limit",
        "print('TRIED', flush=True)\ntries(os.kill, os.getppid(), signal.SIGSTOP)\ntime.sleep(1000)",
        limit_s=LIMIT_S,
    ),
    Attempt(
        "has the kernel send a signal for it, by the owner of a pipe",
        """
for pid in others():
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
        r, w = os.pipe()
        tries(fcntl.fcntl, r, fcntl.F_SETOWN, pid)
        tries(fcntl.fcntl, r, 10, int(number))
        tries(fcntl.fcntl, r, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.write(w, b"x")
""",
        ends=False,
        unhindered="user",
    ),
    Attempt(
        "lowers the limits of every process that is not its own",
        """
import resource
for pid in others():
    for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):
        tries(resource.prlimit, pid, kind, (0, 0))
""",
        ends=False,
        prize=_commands_start,
        differs={"bubblewrap without seccomp": "to prlimit, yard and commands are one user; it breaks only its own"},
    ),
    Attempt(
        "slows every process that is not its own: last in turn, on one core, with the least share of the disk",
        """
for pid in others():
    if tries(lambda: os.setpriority(os.PRIO_PROCESS, pid, 19) or True):
        print("nice", pid)
    tries(os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
    tries(os.sched_setaffinity, pid, {0})
    tries(call, "ioprio_set", 1, pid, 3 << 13)
for _ in range(4):
    if os.fork() == 0:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            pass
        os._exit(0)
for _ in range(4):
    os.wait()
""",
    ),
    Attempt(
        "squats on the keeper's socket and folder",
        """
for place in {PLACES["room"], "/run/aarctl", "/run"}:
    path = f"{place}/keeper.sock"
    for act in (os.unlink, os.rmdir, os.listdir):
        if tries(lambda: act(path if act is os.unlink else place) is not False) and place != "/run":
            won(f"{act.__name__} at {place}")
    link = socket.socket(socket.AF_UNIX)
    if tries(lambda: link.bind(path) or True):
        won(f"listens at {path}")
    if tries(lambda: os.rename(place, "/tmp/room") or True):
        won(f"moved {place}")
""",
    ),
    Attempt(
        "speaks to the keeper as a supervisor of a later epoch",
        """
import msgpack
for path in (f"{PLACES['room']}/keeper.sock", "/run/aarctl/keeper.sock"):
    link = socket.socket(socket.AF_UNIX)
    if tries(lambda: link.connect(path) or True):
        won("connected")
        body = msgpack.packb({"v": 1, "id": 0, "op": "hello", "epoch": 2**60})
        link.sendall(struct.pack(">I", len(body)) + body)
        print(link.recv(1000))
""",
    ),
    Attempt(
        "starts a keeper of its own on the spool, and a bridge to the real one",
        """
keeper = "/opt/keeper/aarctl/sandbox/keeper.py"
for argv in (["serve", "--run", "x", "--name", "x", "--workspace", "/", "--spool", f"{PLACES['room']}/spool"],
             ["bridge", "--listen", f"{PLACES['room']}/keeper.sock"], ["yard", "--run", "x"]):
    done = tries(subprocess.run, [sys.executable, "-I", "-S", keeper, *argv], input=b"", capture_output=True, timeout=5)
    if done is not None and (done.returncode == 0 or done.stdout):
        won(f"{argv}: {done}")
""",
    ),
    Attempt(
        "poisons what Python loads, for the next keeper",
        """
poison = "import os\\nopen(f'/workspace/poisoned-{os.getpid()}', 'w').close()\\n"
site = ".local/lib/python3.11/site-packages"
names = ["poison.py", "sitecustomize.py", "usercustomize.py", "msgpack.py", "encodings.py", "selectors.py",
         "argparse.py", "aarctl/__init__.py", "aarctl/sandbox/__init__.py", f"{site}/usercustomize.py", f"{site}/x.pth",
         ".pythonrc", ".profile", ".bashrc", "python"]
for name in names:
    os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)
    open(name, "w").write(poison)
    os.chmod(name, 0o755)
""",
        prize=_keeper_is_clean,
    ),
)
