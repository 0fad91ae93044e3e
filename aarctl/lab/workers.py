"""One-thread worker processes for trusted jobs of the lab (building, baselines): JSON lines in, JSON lines out.

    python -m aarctl.lab.workers --run NAME MODULE:FUNCTION        what a worker is; `run_jobs` starts them

Subprocesses instead of multiprocessing: their argv carries the run's name, they die with their parent, and nothing is
pickled. One thread each, since two threads on two cores contend (FACTS: four times slower) and would not be bit-equal.
"""

import ctypes
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from .errors import LabError

Job = dict[str, Any]
PR_SET_PDEATHSIG = 1


class WorkerFailed(LabError):
    """A job raised, or its worker died; the message ends with the worker's traceback or exit status."""


def idle_cores() -> int:
    """Cores this process may run on, at least one."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run_jobs(
    target: str,
    jobs: Sequence[Job],
    *,
    workers: int | None = None,
    run: str = "-",
    on_done: Callable[[int, Any], None] = lambda index, result: None,
) -> list[Any]:
    """The result of `target` ("module:function", called with each job's keywords) for every job, in order.

    on_done(index, result) is called in this thread as jobs finish. Raises WorkerFailed for the first failure; no worker
    outlives this call.
    """
    todo: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
    for item in enumerate(jobs):
        todo.put(item)
    done: queue.SimpleQueue[tuple[int, Any, str | None]] = queue.SimpleQueue()
    count = max(1, min(workers or idle_cores(), len(jobs)))
    processes = [_start(target, run) for _ in range(count)]
    threads = [threading.Thread(target=_feed, args=(p, todo, done), daemon=True) for p in processes]
    results: list[Any] = [None] * len(jobs)
    try:
        for thread in threads:
            thread.start()
        for _ in jobs:
            index, result, error = done.get()
            if error is not None:
                raise WorkerFailed(f"job {index + 1} of {len(jobs)} ({target}) failed:\n{error}")
            results[index] = result
            on_done(index, result)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for thread in threads:
            thread.join()
        for process in processes:
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()
    return results


def _start(target: str, run: str) -> "subprocess.Popen[str]":
    root = str(Path(__file__).parents[2])
    env = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
    }
    argv = [sys.executable, "-m", "aarctl.lab.workers", "--run", run, target]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)


def _feed(
    process: "subprocess.Popen[str]",
    todo: "queue.SimpleQueue[tuple[int, Job]]",
    done: "queue.SimpleQueue[tuple[int, Any, str | None]]",
) -> None:
    """Hands jobs to one worker until none is left or it fails."""
    assert process.stdin and process.stdout
    while True:
        try:
            index, job = todo.get_nowait()
        except queue.Empty:
            return
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            done.put((index, None, f"the worker died with exit status {process.wait()}"))
            return
        answer = json.loads(line)
        done.put((index, answer.get("result"), answer.get("error")))
        if "error" in answer:
            return


def _die_with_parent() -> None:
    """SIGKILL when the parent goes; on systems without prctl the end of stdin ends an idle worker."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def serve(target: str, requests: IO[str], answers: IO[str]) -> None:
    """A worker's loop: one JSON object of keywords in, {"result"} or {"error"} out."""
    import torch

    torch.set_num_threads(1)
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    for line in requests:
        try:
            answer = {"result": function(**json.loads(line))}
        except Exception:  # noqa: BLE001  root of the worker: the parent raises it with this text
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides, and kills
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a stray print goes to stderr, not into the protocol
    serve(sys.argv[-1], sys.stdin, replies)
