"""One job: run a method's `train` on a task with a seed, check what it made, write DIR/result.json.

    python -m aarctl.lab.job METHOD_PY --task /task --seed 7 --out out/7 [--fraction 0.25]

The warm runner calls `main` in a fork; both ways give the same bytes. Statistics in result.json come from the
public pool alone and use no label. A method's exception is a traceback on stderr and exit code 1.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import random
import resource
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aarctl.lab.task import Task

RESULT = "result.json"
POOL_PAIRS = 512  # enough for shares within .02, cheap beside training
WARM = ("numpy", "torch", "safetensors.torch", "tokenizers", "msgspec")
WARM_LAB = ("task", "models", "student", "train", "evaluate")


def preload() -> None:
    """Import what every job imports; starts no thread and runs no method."""
    for name in (*WARM, *(f"aarctl.lab.{name}" for name in WARM_LAB)):
        importlib.import_module(name)


def main(argv: list[str]) -> int:
    """Run one job; returns its exit code (2 for bad usage, by SystemExit)."""
    parser = argparse.ArgumentParser(prog="aarctl.lab.job", description="Run one method on a task.")
    parser.add_argument("method", type=Path, metavar="METHOD_PY", help="file with train(task, seed, out)")
    parser.add_argument("--task", type=Path, default=Path(os.environ.get("AARCTL_TASK", "/task")))
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for the student and result.json")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the training steps, for screening")
    options = parser.parse_args(argv)
    if not 0 < options.fraction <= 1:
        parser.error(f"--fraction = {options.fraction}; use a number in (0, 1]")
    try:
        result = run_job(options.method, options.task, options.seed, options.out, options.fraction)
    except Exception:  # noqa: BLE001  a method may raise anything; this is the root of its process
        traceback.print_exc()
        return 1
    print(json.dumps(result))
    return 0


def run_job(method: Path, task_dir: Path, seed: int, out: Path, fraction: float) -> dict[str, object]:
    """Train and check one student; returns what it wrote to out/result.json.

    train_s: wall seconds of `train` alone; cpu_share: of one core, while it ran; peak_bytes: resident, of this
    process. loss: mean of the last tenth of the training losses, null if the method trains by other means than `fit`.
    Raises whatever the method raises, BadTask, BadStudent.
    """
    import torch

    from aarctl.lab.student import META, WEIGHTS, BadStudent, check_student
    from aarctl.lab.task import Task

    train = load_method(method).train
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    task = Task.load(task_dir, fraction=fraction)
    out.mkdir(parents=True, exist_ok=True)
    for name in (META, WEIGHTS, RESULT):  # nothing of an earlier attempt may pass for this one's
        (out / name).unlink(missing_ok=True)
    random.seed(seed)
    torch.manual_seed(seed)
    began, cpu = time.perf_counter(), time.process_time()
    train(task, seed, out)
    train_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    name = f"{task.name}@{task.version}"
    info = check_student(out, base_sha256=task.base_sha256, task=name, base=task.public / "base")
    if info.seed != seed:
        raise BadStudent(f"{META}: seed", str(info.seed), f"save the student with the seed of the job, {seed}")
    tail = task.trace[-max(1, len(task.trace) // 10) :]
    result: dict[str, object] = {
        "seed": seed,
        "fraction": fraction,
        "steps": task.steps,
        "train_s": round(train_s, 3),
        "cpu_share": round(cpu_s / train_s, 3) if train_s else None,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "loss": round(sum(tail) / len(tail), 6) if tail else None,
        "pool": pool_statistics(task, out),
    }
    part = out / f"{RESULT}.part"
    part.write_text(json.dumps(result) + "\n")
    part.replace(out / RESULT)
    return result


def pool_statistics(task: Task, student: Path) -> dict[str, float]:
    """How the student decides the first POOL_PAIRS pairs of the pool, beside the weak labels and the base.

    All are shares in [0, 1]: agreement with the weak label, agreement with the untrained base, mean
    confidence max(p, 1 - p), and how often `first` is preferred. No label is involved, so none says how
    good the student is.
    """
    import numpy as np

    from aarctl.lab.evaluate import margins
    from aarctl.lab.student import load_student

    pairs, weak = task.pool()[:POOL_PAIRS], np.asarray(task.weak_labels()[:POOL_PAIRS])
    base, tokenizer = task.base()
    prior = margins(base, tokenizer, pairs, task.format)
    mine = margins(load_student(student, task.public / "base"), tokenizer, pairs, task.format)
    p = 1 / (1 + np.exp(-mine.astype(np.float64).clip(-50, 50)))
    shares = {
        "weak_agreement": ((mine > 0) == (weak > 0.5)).mean(),
        "prior_agreement": ((mine > 0) == (prior > 0)).mean(),
        "mean_confidence": np.maximum(p, 1 - p).mean(),
        "share_first": (mine > 0).mean(),
    }
    return {"pairs": len(pairs)} | {name: round(float(share), 6) for name, share in shares.items()}


def load_method(path: Path) -> ModuleType:
    """Import a method file by its path; files beside it can be imported too.

    Raises ImportError without train.
    """
    path = path.absolute()
    sys.path.append(str(path.parent))  # last: a file named like a library must not replace it
    spec = importlib.util.spec_from_file_location("method", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path}: not a Python file; a method is a file method.py with train(task, seed, out)")
    module = importlib.util.module_from_spec(spec)
    sys.modules["method"] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, "train", None)):
        raise ImportError(f"{path.name} has no train; define train(task, seed, out) -> None")
    return module


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
