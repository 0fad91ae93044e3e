"""Warm runner: import torch once, then fork a ready process per job.

    python -m aarctl.lab.runner serve --socket PATH                    beside the sandbox's commands
    python -I -S .../aarctl/lab/runner.py run --socket PATH -- METHOD_PY --task T --seed S --out DIR

`run` is the same as `python -m aarctl.lab.job ...`, only sooner: it hands its arguments, folder, environment,
limits and stdio to the server, waits, and exits as the job did (128 + n for signal n). Without a server it
becomes the cold command itself. If it dies, the job's whole process group is killed. A job is a fork of a
guard, which is a fork of the server: no job can break either. Only the standard library is imported here, and
by `run` very little of it, so that it starts in milliseconds. Not protected: whoever may write to the socket
(0600) may run jobs; it belongs inside the sandbox that it serves.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing would cost `run` 10 ms
if TYPE_CHECKING:
    import socket as socket_module
    from typing import Any, NoReturn

JOB_MODULE = "aarctl.lab.job"
STARTED, MAX_REQUEST_BYTES = b"S", 2**20
LOST_EXIT = 70  # EX_SOFTWARE: the job began, and the warm runner died before its exit code was known
POLL_S = 0.5  # how soon the server notices that its parent or its socket is gone
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
USAGE = "usage: runner.py serve --socket PATH | runner.py run --socket PATH -- METHOD_PY [job options]"


def main(argv: list[str]) -> int:
    """Entry of both commands; returns the exit code."""
    if len(argv) >= 3 and argv[0] in ("serve", "run") and argv[1] == "--socket":
        command, path, rest = argv[0], argv[2], argv[3:]
        if command == "serve" and not [a for a in rest if not a.startswith("--run=")]:
            return serve(path)
        if command == "run" and rest[:1] == ["--"]:
            return run(path, rest[1:])
    print(USAGE, file=sys.stderr)
    return 2


# ---- run: the client ---------------------------------------------------------------------------------------


def run(path: str, job_argv: list[str]) -> int:
    """Run one job through the server at `path`, or cold when none answers; returns its exit code."""
    import _socket as sockets  # `socket` itself costs 5 ms of enum; these names are the same objects

    connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        connection.connect(path)
        _send_request(connection, sockets, job_argv)
        started = connection.recv(1) == STARTED
    except OSError:
        started = False
    if not started:
        connection.close()
        cold(job_argv)
    answer = b""
    while len(answer) < 2:
        try:
            part = connection.recv(2 - len(answer))
        except ConnectionError:
            part = b""
        if not part:
            print(
                "runner: the warm runner died while the job ran, and its result is unknown; run it again",
                file=sys.stderr,
            )
            return LOST_EXIT
        answer += part
    return int.from_bytes(answer, "little")


def cold(job_argv: list[str]) -> NoReturn:
    """Become the cold command, `python -P -m aarctl.lab.job ...`; never returns."""
    os.execve(sys.executable, [sys.executable, "-P", "-m", JOB_MODULE, *job_argv], _job_env())


def _job_env() -> dict[str, str]:
    """The environment in which this aarctl is importable and the order of sets is fixed."""
    env = dict(os.environ)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [p for p in env.get("PYTHONPATH", "").split(os.pathsep) if p not in ("", root)]
    return env | {"PYTHONPATH": os.pathsep.join([root, *paths]), "PYTHONHASHSEED": "0"}


def _send_request(connection: Any, sockets: Any, job_argv: list[str]) -> None:
    """u32 length + marshalled {argv, cwd, env, umask, limits}, with stdio as SCM_RIGHTS."""
    import marshal  # both ends are one interpreter, and json costs 6 ms
    import resource

    umask = os.umask(0o077)
    os.umask(umask)
    limits = {n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")}
    argv = [os.fsencode(a) for a in job_argv]
    body = {"argv": argv, "cwd": os.getcwdb(), "env": dict(os.environb), "umask": umask, "limits": limits}
    data = marshal.dumps(body)
    fds = b"".join(fd.to_bytes(4, sys.byteorder) for fd in _stdio())
    rights = (sockets.SOL_SOCKET, sockets.SCM_RIGHTS, fds)
    connection.sendmsg([len(data).to_bytes(4, "little")], [rights])
    connection.sendall(data)


def _stdio() -> tuple[int, int, int]:
    """0, 1 and 2, each opened on /dev/null if the caller closed it."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is `fd`
    return (0, 1, 2)


# ---- serve: the server -------------------------------------------------------------------------------------


def serve(path: str) -> int:
    """Import the job's modules, then fork a guard per connection until the parent or the socket is gone.

    Raises OSError when `path` cannot be bound. The socket's file appears once the server is warm.
    """
    import socket

    parent = os.getppid()
    if os.environ.get("PYTHONHASHSEED") != "0" or not sys.flags.safe_path:
        # Hash order and import paths are fixed at start: warm and cold jobs agree only if both start alike.
        # One thread: a fork inherits no thread pool, so the server must never have started one.
        env = _job_env() | dict.fromkeys(THREADS, "1")
        os.execve(sys.executable, [sys.executable, "-P", "-m", "aarctl.lab.runner", *sys.argv[1:]], env)
    _import_job()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    waiting = f"{path}.{os.getpid()}"
    listener.bind(waiting)
    os.chmod(waiting, 0o600)
    listener.listen(64)
    os.rename(waiting, path)  # atomic, and takes the place of a dead server's socket
    mine = os.stat(path).st_ino
    listener.settimeout(POLL_S)
    while os.getppid() == parent and _inode(path) == mine:
        _reap()
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            listener.close()
            os._exit(_guard(connection))
        connection.close()
    return 0


def _import_job() -> None:
    """Load all that a job needs, and keep the collector from copying it page by page in every fork."""
    import gc
    import importlib

    importlib.import_module(JOB_MODULE).preload()
    gc.collect()
    gc.freeze()


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def _reap() -> None:
    """Collect guards that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _guard(connection: socket_module.socket) -> int:
    """Run one job for one client: start it, and end its process group when it or the client ends."""
    import select
    import signal

    connection.settimeout(10.0)  # a client that says nothing must not keep a guard for ever
    try:
        request, fds = _receive_request(connection)
        connection.sendall(STARTED)  # before the fork: a client that never sees it may safely run cold
    except (OSError, ValueError, EOFError, TypeError):
        return 1
    guard = os.getpid()
    job = os.fork()
    if job == 0:
        connection.close()
        _become(request, fds, guard)
    for fd in fds:
        os.close(fd)
    try:
        os.setpgid(job, job)  # the job does it too: whoever is first
    except OSError:
        pass
    job_fd = os.pidfd_open(job)
    watched: list[Any] = [job_fd, connection]
    ready, _, _ = select.select(watched, [], [])  # a client only ever closes
    status: int | None = None
    if job_fd in ready:
        status = os.waitpid(job, 0)[1]
    try:
        os.killpg(job, signal.SIGKILL)  # also what a finished job left running in its group
    except ProcessLookupError:
        pass
    if status is None:
        os.waitpid(job, 0)
        return 0
    code = os.waitstatus_to_exitcode(status)
    try:
        connection.sendall((code if code >= 0 else 128 - code).to_bytes(2, "little"))
    except OSError:
        pass  # the client died meanwhile; the job is over
    return 0


def _receive_request(connection: socket_module.socket) -> tuple[dict[str, Any], list[int]]:
    """The client's request and its three descriptors. Raises ValueError or OSError for anything else."""
    import marshal
    import socket

    head, fds, _, _ = socket.recv_fds(connection, 4, 3)
    size = int.from_bytes(head, "little")
    if len(head) != 4 or len(fds) != 3 or size > MAX_REQUEST_BYTES:
        raise ValueError(f"request of {size} bytes with {len(fds)} descriptors; send at most {MAX_REQUEST_BYTES}, 3")
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ValueError("the request is cut short")
        data += part
    request: dict[str, Any] = marshal.loads(data)
    return request, fds


def _become(request: dict[str, Any], fds: list[int], guard: int) -> NoReturn:
    """In the forked job: take the client's place in all that a cold start would have given it, and run."""
    import signal
    import traceback

    code = 1
    try:
        os.setpgid(0, 0)
        _die_with(guard)
        for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(name, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        for target, fd in enumerate(fds):
            os.dup2(fd, target)
            os.close(fd)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout = os.fdopen(1, "w", 1 if os.isatty(1) else -1, errors="backslashreplace", closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
        os.environb.clear()
        os.environb.update(request["env"])
        os.umask(request["umask"])
        os.chdir(request["cwd"])
        _limit(request["limits"])
        code = _run_job([os.fsdecode(a) for a in request["argv"]])
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001  the root of the job's process
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                code = code or 120  # what Python itself exits with when the last flush fails
        os._exit(code)  # never unwind into the server's own frames


def _run_job(argv: list[str]) -> int:
    """job.main(argv) as an exit code, SystemExit understood as Python does."""
    import importlib

    job = importlib.import_module(JOB_MODULE)
    sys.argv = [str(job.__file__), *argv]
    try:
        return int(job.main(argv))
    except SystemExit as e:
        if e.code is None or isinstance(e.code, int):
            return (e.code or 0) & 0xFF
        print(e.code, file=sys.stderr)
        return 1


def _limit(limits: dict[str, list[int]]) -> None:
    """Lower the job's resource limits to the client's; none is raised."""
    import resource

    for name, wanted in limits.items():
        which = getattr(resource, name)
        unlimited = resource.RLIM_INFINITY
        now = resource.getrlimit(which)[1]
        hard, soft = (min((x for x in (w, now) if x != unlimited), default=unlimited) for w in (wanted[1], wanted[0]))
        try:
            resource.setrlimit(which, (soft, hard))
        except (OSError, ValueError):
            continue  # a limit below present use is refused by the kernel; the others still hold


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process with its parent (Linux); the guard may be killed, too."""
    import ctypes
    import signal

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(128 + signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
