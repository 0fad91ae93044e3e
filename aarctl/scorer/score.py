"""Students in, exact scores out: check each folder, run it on the hidden items, compare with the labels.

One torch thread, so that a score is the same bits on every run of one machine. A student is data: it is checked,
then loaded into the base's own shape; no line of a researcher's code runs here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aarctl.lab.evaluate import correct, margins
from aarctl.lab.models import load_tokenizer
from aarctl.lab.pgr import Interval, interval
from aarctl.lab.student import MAX_STUDENT_BYTES, BadStudent, StudentInfo, check_student, load_student
from aarctl.lab.task import Task
from aarctl.scorer import release
from aarctl.scorer.protocol import MAX_SEEDS, MAX_STUDENTS, Private, Rejected, Score, SeedScore
from aarctl.scorer.vault import Hidden, Vault


@dataclass(frozen=True, slots=True)
class Result:
    """Exact outcome of one submission on one domain; margins float32 [k, N]."""

    seeds: list[int]
    margins: NDArray[np.float32]
    correct: NDArray[np.bool_]
    exact: Interval


def inspect(request: Score, vault: Vault) -> list[StudentInfo] | Rejected:
    """Every rule that needs no hidden item; the students' checked facts, or the first rule broken."""
    if request.domain not in vault.domains:
        return _reject("domain", request.domain, f"use one of {', '.join(vault.domains)}")
    if request.kind == "feedback" and request.domain != vault.feedback:
        return _reject("domain", request.domain, f"feedback is given on {vault.feedback} alone; replicate instead")
    limit = MAX_STUDENTS if request.kind == "feedback" else MAX_SEEDS
    if not 1 <= len(request.students) <= limit:
        return _reject("students", f"{len(request.students)} folders", f"submit 1 to {limit} students")
    task = vault.task(request.domain)
    infos: list[StudentInfo] = []
    for number, folder in enumerate(request.students, start=1):
        where = f"student {number} of {len(request.students)}"
        try:
            infos.append(check(Path(folder), task))
        except BadStudent as e:
            return Rejected(f"{where}: {e}", f"students[{number - 1}]: {e.field}", e.fix)
        declared = infos[-1].file.method_snapshot
        if declared not in ("", request.method_snapshot):
            fix = "submit the method that trained it, or train again"
            return _reject("method_snapshot", f"{where} declares another method", fix)
    seeds = [info.seed for info in infos]
    if len(set(seeds)) < len(seeds):
        return _reject("seed", f"{sorted(seeds)}", "each student needs a seed of its own; train with distinct seeds")
    if request.kind == "feedback" and len({info.weights_sha256 for info in infos}) < len(infos):
        fix = "the same weights stand under two seeds; submit one of them, or train with each seed"
        return _reject("students", "identical weights", fix)
    if request.kind == "replication":
        drawn = release.draw_seeds(vault.secret, request.method_snapshot, MAX_SEEDS)
        if foreign := sorted(set(seeds) - set(drawn)):
            return _reject("seed", f"{foreign}", "a replication is trained with the seeds that draw_seeds gives")
    return infos


def check(folder: Path, task: Task) -> StudentInfo:
    """One student's facts. The size limit is twice the base, or the default where that is more. Raises BadStudent."""
    base = task.public / "base"
    size = 2 * sum(path.stat().st_size for path in base.glob("*.safetensors"))
    name = f"{task.name}@{task.version}"
    return check_student(
        folder, base_sha256=task.base_sha256, task=name, base=base, max_bytes=max(size, MAX_STUDENT_BYTES)
    )


def run(request: Score, infos: list[StudentInfo], task: Task, hidden: Hidden) -> Result | Rejected:
    """Decide every hidden item with every student, in the order of their seeds."""
    base = task.public / "base"
    tokenizer = load_tokenizer(base)
    rows: list[NDArray[np.float32]] = []
    order = sorted(range(len(infos)), key=lambda i: infos[i].seed)
    for i in order:
        try:
            model = load_student(Path(request.students[i]), base, max_bytes=infos[i].size_bytes + 2**16)
        except BadStudent as e:
            return Rejected(str(e), f"students[{i}]: {e.field}", e.fix)
        row = margins(model, tokenizer, hidden.pairs, task.format)
        if not np.isfinite(row).all():
            fix = "its outputs are NaN or infinite; lower the learning rate or the weights' scale, and train again"
            return _reject(f"students[{i}]", "margins that are not finite", fix)
        rows.append(row)
    matrix = np.stack(rows)
    right = np.stack([correct(row, hidden.labels.tolist()) for row in rows])
    return Result([infos[i].seed for i in order], matrix, right, interval(right, hidden.weak, hidden.ceiling))


def private(result: Result, hidden: Hidden, noise: float) -> Private:
    """The exact figures; `noise` is in accuracy and stored in PGR."""
    weak, gap = float(hidden.weak.mean()), hidden.gap
    accuracies = [float(a) for a in result.correct.mean(1)]
    per_seed = [SeedScore(s, a, (a - weak) / gap) for s, a in zip(result.seeds, accuracies, strict=True)]
    return Private(
        exact=result.exact.mean,
        interval=(result.exact.lo, result.exact.hi),
        accuracy=float(result.correct.mean()),
        per_seed=per_seed,
        weak_accuracy=weak,
        ceiling_accuracy=float(hidden.ceiling.mean()),
        noise=noise / gap,
    )


def _reject(field: str, value: str, fix: str) -> Rejected:
    return Rejected(f"{field} = {value}: {fix}", field, fix)
