"""One supervisor per run."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aarctl.journal.errors import RunIsHeld
from aarctl.journal.lock import RunLock, is_held

HOLD = """
import sys
from pathlib import Path
from aarctl.journal.lock import RunLock
lock = RunLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_asking_tells_without_leaving_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.lock"
    assert not is_held(path)
    assert not path.exists()
    lock = RunLock(path)
    assert is_held(path)
    lock.release()
    assert not is_held(path)


def test_a_second_holder_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "supervisor.lock")
    with pytest.raises(RunIsHeld, match="aarctl attach"):
        RunLock(tmp_path / "supervisor.lock")
    lock.release()
    RunLock(tmp_path / "supervisor.lock").release()


def test_who_only_asks_is_never_taken_for_a_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aarctl.journal.lock.PATIENCE_S", 0.0)
    with open(tmp_path / "supervisor.lock", "w") as asking:  # is_held(), and its process loses the core there
        fcntl.flock(asking, fcntl.LOCK_SH)
        goes_on = threading.Timer(0.3, fcntl.flock, (asking, fcntl.LOCK_UN))
        goes_on.start()
        RunLock(tmp_path / "supervisor.lock").release()
        goes_on.join()


def test_a_second_release_closes_nobody_elses_file(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "supervisor.lock")
    lock.release()
    with open(tmp_path / "other", "w") as other:  # takes the freed descriptor
        lock.release()
        other.write("still open")
    assert repr(lock).endswith("released)")


def test_kill_9_releases_it(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_held(path)
        with pytest.raises(RunIsHeld):
            RunLock(path)
        holder.kill()
        holder.wait()
        assert not is_held(path)
    RunLock(path).release()
