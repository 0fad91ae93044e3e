"""Every method on every domain of a task version, several student seeds, scored against the vault. Trusted code.

Methods are paired by seed: one seed means the same base, the same order of batches and the same test items for all of
them, so that their difference is tighter than their two intervals suggest (`versus_vanilla`).
"""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .evaluate import correct, margins
from .methods import NAMES
from .methods import path as method_path
from .pgr import difference, interval
from .task import CARD, Task
from .vault import Vault
from .workers import run_jobs

SEEDS = (0, 1, 2, 3, 4)


def run_baselines(
    task_folder: Path,
    *,
    methods: Sequence[str] = NAMES,
    domains: Sequence[str] | None = None,
    seeds: Sequence[int] = SEEDS,
    split: str = "test",
    workers: int | None = None,
    run: str = "-",
    on_done: Callable[[int, int], None] = lambda done, total: None,
) -> list[dict[str, Any]]:
    """One row per domain and method, JSON-able:

    {"domain", "method", "seeds", "accuracy": [per seed], "pgr": {"per_seed", "mean", "interval": [lo, hi]},
    "versus_vanilla": {"mean", "interval"} | None, "cpu_s": mean CPU-seconds of one `train`}. `split` is "test" or
    "validation" (for choosing hyper-parameters). A method is a shipped name or the path of a method.py.
    on_done(done, total) follows the students. Raises BadTask, WorkerFailed, NoGap.
    """
    whole = json.loads((task_folder / CARD).read_text())
    chosen = list(domains or [whole["feedback"], *whole["held_out"]])
    keys = [(domain, method, seed) for domain in chosen for method in methods for seed in seeds]
    jobs = [
        {"task_folder": str(task_folder), "domain": d, "method": str(_file(m)), "seed": s, "split": split}
        for d, m, s in keys
    ]
    finished = 0

    def count(index: int, result: Any) -> None:
        nonlocal finished
        finished += 1
        on_done(finished, len(jobs))

    results = run_jobs("aarctl.lab.baselines:train_and_score", jobs, workers=workers, run=run, on_done=count)
    by_key = dict(zip(keys, results, strict=True))
    rows = []
    for domain in chosen:
        weak, ceiling = Vault.of(task_folder).correct(domain, split)
        grids = {m: np.array([list(by_key[domain, m, s]["correct"]) for s in seeds]) == "1" for m in methods}
        for method in methods:
            students = grids[method]
            whole_interval = interval(students, weak, ceiling)
            gap = float(ceiling.mean() - weak.mean())
            against = None
            if "vanilla" in methods and method != "vanilla":
                d = difference(students, grids["vanilla"], weak, ceiling)
                against = {"mean": d.mean, "interval": [d.lo, d.hi]}
            rows.append(
                {
                    "domain": domain,
                    "method": method,
                    "seeds": list(seeds),
                    "accuracy": [float(a) for a in students.mean(1)],
                    "pgr": {
                        "per_seed": [float(a - weak.mean()) / gap for a in students.mean(1)],
                        "mean": whole_interval.mean,
                        "interval": [whole_interval.lo, whole_interval.hi],
                    },
                    "versus_vanilla": against,
                    "cpu_s": float(np.mean([by_key[domain, method, s]["cpu_s"] for s in seeds])),
                }
            )
    return rows


def train_and_score(task_folder: str, domain: str, method: str, seed: int, split: str) -> dict[str, Any]:
    """A worker's job: one student of one method, through the same files a submission goes through."""
    from .job import load_method
    from .student import load_student

    folder = Path(task_folder)
    card = json.loads((folder / CARD).read_text())
    task = Task.load(folder / "public" if domain == card["feedback"] else folder / "held_out" / domain / "public")
    items = Vault.of(folder).split(domain, split)
    with tempfile.TemporaryDirectory(prefix="aarctl-baseline-") as out:
        began = time.process_time()
        load_method(Path(method)).train(task, seed, Path(out))
        cpu_s = time.process_time() - began
        model = load_student(Path(out), task.public / "base")
    _, tokenizer = task.base()
    right = correct(margins(model, tokenizer, [i.pair for i in items], task.format), [i.label for i in items])
    return {"correct": "".join("1" if r else "0" for r in right), "cpu_s": cpu_s}


def _file(method: str) -> Path:
    return method_path(method) if method in NAMES else Path(method)
