"""A job on the tiny real task: what it leaves, how it fails, and that warm and cold give the same bytes."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aarctl.lab import job, runner
from aarctl.lab.methods import path as method_path
from aarctl.lab.student import check_student
from aarctl.lab.task import Task

OK = "from aarctl.lab import save_student\ndef train(task, seed, out):\n"
SAVE_BASE = OK + "    save_student(task.base()[0], out, task=task, seed=seed)\n"


@pytest.fixture
def public(tiny_folder: Path) -> Path:
    return tiny_folder / "public"


def write(folder: Path, body: str) -> Path:
    (folder / "method.py").write_text(body)
    return folder / "method.py"


def run(method: Path, public: Path, out: Path, *more: str) -> int:
    return job.main([str(method), "--task", str(public), "--seed", "3", "--out", str(out), *more])


def test_a_job_leaves_a_good_student_and_its_result(
    public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    method = shutil.copy(method_path("vanilla"), tmp_path / "method.py")
    assert run(method, public, tmp_path / "out", "--fraction", "0.5") == 0
    task = Task.load(public)
    name = f"{task.name}@{task.version}"
    info = check_student(tmp_path / "out", base_sha256=task.base_sha256, task=name, base=public / "base")
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert info.seed == result["seed"] == 3
    assert (result["fraction"], result["steps"]) == (0.5, task.training.steps // 2)
    assert result["train_s"] > 0
    assert 0 < result["loss"] < 2
    shares = [result["pool"][k] for k in ("weak_agreement", "prior_agreement", "mean_confidence", "share_first")]
    assert all(0 <= share <= 1 for share in shares)
    assert json.loads(capsys.readouterr().out) == result


def test_an_exception_of_the_method_is_a_traceback_and_exit_code_1(
    public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    method = write(tmp_path, "def train(task, seed, out):\n    raise ZeroDivisionError('no idea')\n")
    assert run(method, public, tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert "ZeroDivisionError: no idea" in error
    assert "method.py" in error


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("x = 1\n", "define train"),
        ("def train(\n", "SyntaxError"),
        ("def train(task, seed, out):\n    pass\n", "save_student"),
        (OK + "    save_student(task.base()[0], out, task=task, seed=seed + 1)\n", "seed of the job, 3"),
        (SAVE_BASE + "    (out / 'weights.bin').touch()\n", "weights.bin"),
    ],
)
def test_a_method_that_leaves_no_good_student_fails_with_the_reason(
    public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, words: str
) -> None:
    assert run(write(tmp_path, body), public, tmp_path / "out") == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out" / "result.json").exists()


def test_nothing_of_an_earlier_attempt_passes_for_this_one(public: Path, tmp_path: Path) -> None:
    assert run(write(tmp_path, SAVE_BASE), public, tmp_path / "out") == 0
    assert run(write(tmp_path, "def train(task, seed, out):\n    pass\n"), public, tmp_path / "out") == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_an_untrained_base_agrees_with_itself(public: Path, tmp_path: Path) -> None:
    run(write(tmp_path, SAVE_BASE), public, tmp_path / "out")
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["pool"]["prior_agreement"] == 1.0
    assert result["loss"] is None


def test_a_file_beside_the_method_can_be_imported_but_never_replaces_a_library(public: Path, tmp_path: Path) -> None:
    (tmp_path / "my_notes.py").write_text("answer = 7\n")
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')\n")
    body = f"import json, my_notes\nassert my_notes.answer == 7\n{SAVE_BASE}"
    command = [sys.executable, "-I", "-S", runner.__file__, "run", "--socket", str(tmp_path / "none"), "--"]
    arguments = [
        str(write(tmp_path, body)),
        "--task",
        str(public),
        "--seed",
        "3",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        [*command, *arguments], check=False, capture_output=True, text=True, cwd=tmp_path, timeout=100
    )
    assert done.returncode == 0, done.stderr


def test_bad_usage_exits_with_2(tmp_path: Path) -> None:
    good = ["m.py", "--seed", "1", "--out", "o"]
    for arguments in ([], ["m.py"], ["m.py", "--seed", "x", "--out", "o"], [*good, "--fraction", "0"]):
        with pytest.raises(SystemExit) as caught:
            job.main(arguments)
        assert caught.value.code == 2


def test_warm_and_cold_give_the_same_student_byte_for_byte(public: Path, tmp_path: Path) -> None:
    socket = tmp_path / "warm.sock"
    server = subprocess.Popen([sys.executable, "-m", "aarctl.lab.runner", "serve", "--socket", str(socket)])
    end = time.monotonic() + 60
    while not socket.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    shutil.copy(method_path("vanilla"), tmp_path / "method.py")
    env = {**os.environ, "AARCTL_TASK": str(public), "OMP_NUM_THREADS": "1"}
    students = []
    for way in (socket, tmp_path / "none"):
        out = tmp_path / f"out-{way.name}"
        command = [sys.executable, "-I", "-S", runner.__file__, "run", "--socket", str(way), "--"]
        arguments = ["method.py", "--seed", "5", "--out", str(out)]
        done = subprocess.run(
            [*command, *arguments], check=False, capture_output=True, cwd=tmp_path, env=env, timeout=100
        )
        assert done.returncode == 0, done.stderr
        students.append({p.name: p.read_bytes() for p in out.iterdir() if p.name != "result.json"})
    server.kill()
    server.wait()
    assert students[0] == students[1]
