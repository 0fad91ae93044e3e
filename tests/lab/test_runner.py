"""The warm runner with real processes: what a job sees, how it ends, who dies with whom.

The method files here act while they are imported, so no task is needed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from aarctl.lab import runner

SCRIPT = Path(runner.__file__)


def wait_for(condition: Callable[[], object], what: str, limit_s: float = 60.0) -> None:
    """Poll real processes until `condition` holds."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"gave up waiting for {what}"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A warm server's socket; the server ends with the module."""
    socket = tmp_path_factory.mktemp("runner") / "warm.sock"
    process = start_server(socket)
    yield socket
    process.kill()
    process.wait()


def start_server(socket: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-m", "aarctl.lab.runner", "serve", "--socket", str(socket)])
    wait_for(socket.exists, "the warm server")
    return process


def command(socket: Path, method: Path, *more: str) -> list[str]:
    job = [str(method), "--seed", "1", "--out", str(method.parent / "out"), *more]
    return [sys.executable, "-I", "-S", str(SCRIPT), "run", "--socket", str(socket), "--", *job]


def run(socket: Path, method: Path, body: str, **popen: object) -> "subprocess.CompletedProcess[str]":
    method.write_text(body)
    return subprocess.run(command(socket, method), check=False, capture_output=True, text=True, timeout=120, **popen)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def method(tmp_path: Path) -> Path:
    return tmp_path / "method.py"


def test_a_job_has_the_clients_folder_environment_stdio_umask_and_limits(server: Path, method: Path) -> None:
    body = (
        "import os, sys, resource\n"
        "print(os.getcwd(), os.environ['HERE'], len(os.environ), sys.stdin.read())\n"
        "print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
        "print('to stderr', file=sys.stderr)\n"
        "os._exit(0) if sys.stdout.flush() is None else 0\n"
    )
    script = f"umask 027; ulimit -n 77; exec {' '.join(command(server, method))}"
    method.write_text(body)
    env = {"HERE": "é here", "PATH": os.environ["PATH"]}
    shell = ["sh", "-c", script]
    done = subprocess.run(
        shell, check=False, input=b"hello", capture_output=True, cwd=method.parent, env=env, timeout=60
    )
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith(f"{method.parent} é here ") and lines[0].endswith(" hello")
    assert lines[1] == "0o27 77"
    assert done.stderr == b"to stderr\n"


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_is_the_jobs_own(server: Path, method: Path, code: int) -> None:
    assert run(server, method, f"import sys; sys.exit({code})").returncode == code


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_job_killed_by_a_signal_exits_with_128_and_its_number(server: Path, method: Path, number: int) -> None:
    assert run(server, method, f"import os; os.kill(os.getpid(), {number})").returncode == 128 + number


def test_a_crashed_job_does_not_hurt_the_next(server: Path, method: Path) -> None:
    run(server, method, "import ctypes; ctypes.string_at(0)")
    assert run(server, method, "print('alive'); raise SystemExit(0)").stdout == "alive\n"


def test_an_exception_is_a_traceback_and_exit_code_1(server: Path, method: Path) -> None:
    done = run(server, method, "raise ValueError('seven')")
    assert done.returncode == 1
    assert "ValueError: seven" in done.stderr and "Traceback" in done.stderr


def test_the_job_is_warm_and_in_a_process_group_of_its_own(server: Path, method: Path) -> None:
    done = run(
        server,
        method,
        "import os, sys; print('torch' in sys.modules, os.getpgid(0) == os.getpid()); sys.exit(0)",
    )
    assert done.stdout == "True True\n"


def test_without_a_server_the_job_starts_cold_with_the_same_result(tmp_path: Path, method: Path) -> None:
    done = run(
        tmp_path / "nobody.sock",
        method,
        "import os; print(os.environ['X'], os.getcwd()); raise SystemExit(5)",
        env={"X": "1"},
    )
    assert (done.returncode, done.stdout) == (5, f"1 {os.getcwd()}\n")


def test_a_stale_socket_means_a_cold_start(tmp_path: Path, method: Path) -> None:
    process = start_server(tmp_path / "warm.sock")
    process.kill()
    process.wait()
    assert (tmp_path / "warm.sock").exists()
    assert run(tmp_path / "warm.sock", method, "raise SystemExit(4)").returncode == 4


def test_a_client_that_dies_takes_the_jobs_whole_group_along(server: Path, method: Path) -> None:
    pids = method.parent / "pids"
    method.write_text(
        "import os, subprocess, signal\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pids) + '.new'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(pids) + '.new'!r}, {str(pids)!r})\n"
        "signal.pause()\n"
    )
    client = subprocess.Popen(command(server, method))
    wait_for(pids.exists, "the job")
    job, child = map(int, pids.read_text().split())
    client.kill()
    client.wait()
    wait_for(lambda: not alive(job) and not alive(child), "the job's group to die")


def test_a_finished_job_leaves_nothing_running_in_its_group(server: Path, method: Path) -> None:
    body = (
        "import subprocess, sys; quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}; "
        "print(subprocess.Popen(['sleep', '600'], **quiet).pid); sys.exit(0)"
    )
    done = run(server, method, body)
    wait_for(lambda: not alive(int(done.stdout)), "the background process to die")


def test_a_lost_guard_is_reported_and_never_taken_for_a_result(server: Path, method: Path) -> None:
    done = run(server, method, "import os, signal; os.kill(os.getppid(), signal.SIGKILL); signal.pause()")
    assert done.returncode == runner.LOST_EXIT
    assert "run it again" in done.stderr


def test_the_server_ends_when_its_socket_is_removed(tmp_path: Path) -> None:
    process = start_server(tmp_path / "warm.sock")
    (tmp_path / "warm.sock").unlink()
    assert process.wait(timeout=60) == 0


def test_the_server_ends_when_its_parent_dies(tmp_path: Path) -> None:
    socket = tmp_path / "warm.sock"
    serve = f"{sys.executable} -m aarctl.lab.runner serve --socket {socket} & echo $!; wait"
    parent = subprocess.Popen(["sh", "-c", serve], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    wait_for(socket.exists, "the warm server")
    parent.kill()
    parent.wait()
    wait_for(lambda: not alive(pid), "the server to follow its parent")


def test_garbage_on_the_socket_does_not_hurt_the_server(server: Path, method: Path) -> None:
    import socket

    for junk in (b"", b"\xff\xff\xff\xff", b"\4\0\0\0abcd", os.urandom(100)):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(server))
            s.sendall(junk)
    assert run(server, method, "raise SystemExit(9)").returncode == 9


def alive(pid: int) -> bool:
    """Whether `pid` runs; a zombie that nobody has collected yet does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
