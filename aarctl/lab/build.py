"""`task build`: makes a task version, public half and vault, in one atomic step. Trusted code; runs outside any
sandbox.

    python -m aarctl.lab.build --home HOME [--spec JSON] [--run NAME]

It draws a 128-bit secret, the splits from it, trains the fixed weak teacher on the labelled split, lets it label the
pool, and trains the ceiling on the pool's truth over several seeds. A gap under MIN_GAP is refused with its figure.
The folder
appears under its name complete or not at all; a lock file makes a second builder wait and find it.
Public files hold only what task.py allows; labels, hidden inputs and the secret never leave vault/.
"""

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import LabError
from .pgr import accuracy_interval, check_gap
from .spec import SCHEMA, TaskSpec
from .task import CARD, POOL, WEAK_LABELS, Labelled, Task, read_pairs, write_jsonl
from .two_author.problems import DOMAINS
from .two_author.splits import Stream, draw_split
from .vault import Vault
from .workers import run_jobs

Progress = Callable[[str, int, int], None]
"""(stage, done, total)."""
SCORED = ("test", "validation")
READ_OUT = "candidate-likelihood"


def silent(stage: str, done: int, total: int) -> None:
    """A Progress that says nothing."""


def build(
    spec: TaskSpec,
    home: Path,
    *,
    run: str = "-",
    workers: int | None = None,
    progress: Progress = silent,
    secret: bytes | None = None,
) -> Path:
    """The folder <home>/tasks/NAME@VERSION, built if it is missing. `secret` is for tests; by default it is drawn.

    Raises NoGap, Exhausted, BadModel, or WorkerFailed; then nothing is left behind.
    """
    tasks = home / "tasks"
    tasks.mkdir(parents=True, exist_ok=True)
    final = tasks / spec.full_name
    with _lock(tasks / f".{spec.full_name}.lock"):
        for abandoned in tasks.glob(f".building-{spec.full_name}"):  # its builder died: the lock is ours
            shutil.rmtree(abandoned)
        if not final.is_dir():
            draft = tasks / f".building-{spec.full_name}"
            draft.mkdir(mode=0o700)
            try:
                _fill(draft, spec, secret or secrets.token_bytes(16), run, workers, progress)
                draft.chmod(0o755)
                _sync_tree(draft)
                draft.rename(final)
                _sync(tasks)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
    return final


def public_folder(task_folder: Path, domain: str, spec_feedback: str) -> Path:
    """Where a domain's public half lies inside a task folder."""
    return task_folder / "public" if domain == spec_feedback else task_folder / "held_out" / domain / "public"


def _fill(draft: Path, spec: TaskSpec, secret: bytes, run: str, workers: int | None, progress: Progress) -> None:
    """Everything a task folder holds, in order: splits, teacher and ceiling in parallel, labels, cards."""
    from .models import base_folder, sha256

    strong = base_folder("strong")
    base_sha256 = sha256(strong / "model.safetensors")
    vault = Vault(draft / "vault")
    vault.create(secret)
    for done, domain in enumerate(spec.domains):
        progress("splits", done, len(spec.domains))
        _write_splits(draft, spec, secret, domain, vault)
        shutil.copytree(strong, public_folder(draft, domain, spec.feedback) / "base")

    jobs: list[dict[str, Any]] = []
    for domain in spec.domains:
        common = {"draft": str(draft), "spec": spec.to_dict(), "domain": domain}
        jobs.append(common | {"seed": None})
        jobs += [common | {"seed": seed} for seed in ceiling_seeds(secret, domain, spec.ceiling_seeds)]
    finished = 0
    progress("training", 0, len(jobs))

    def on_done(index: int, result: Any) -> None:
        nonlocal finished
        finished += 1
        progress("training", finished, len(jobs))

    results = run_jobs("aarctl.lab.build:train_reference", jobs, workers=workers, run=run, on_done=on_done)
    domains: dict[str, Any] = {}
    for i, domain in enumerate(spec.domains):
        first = i * (1 + spec.ceiling_seeds)
        held: dict[str, NDArray[np.bool_]] = {}
        for split in SCORED:
            rows = [np.array(list(r[split])) == "1" for r in results[first : first + 1 + spec.ceiling_seeds]]
            held[f"weak_{split}"], held[f"ceiling_{split}"] = rows[0], np.stack(rows[1:])
        vault.write_correct(domain, held)
        domains[domain] = _measured(spec, domain, held["weak_test"], held["ceiling_test"])
        card = _public_card(spec, domain, base_sha256, domains[domain])
        (public_folder(draft, domain, spec.feedback) / CARD).write_text(json.dumps(card, indent=1) + "\n")
    whole = {
        "schema": SCHEMA,
        "task": spec.task,
        "version": spec.version(),
        "feedback": spec.feedback,
        "held_out": list(spec.held_out),
        "domains": domains,
        "base_sha256": base_sha256,
        "spec": spec.to_dict(),
    }
    (draft / CARD).write_text(json.dumps(whole, indent=1) + "\n")
    for domain in spec.domains:  # what a researcher will load must load
        task = Task.load(public_folder(draft, domain, spec.feedback))
        task.weak_labels()
    progress("ready", 1, 1)


def _write_splits(draft: Path, spec: TaskSpec, secret: bytes, domain: str, vault: Vault) -> None:
    used: set[str] = set()
    sizes = {"labelled": spec.n_labelled, "validation": spec.n_validation, "test": spec.n_test}
    for split, n in sizes.items():
        vault.write_split(domain, split, draw_split(DOMAINS[domain], secret, split, n, spec.near, used))
    pool = draw_split(DOMAINS[domain], secret, "pool", spec.n_pool, spec.near, used)
    vault.write_pool_labels(domain, pool)
    public = public_folder(draft, domain, spec.feedback)
    public.mkdir(parents=True)
    write_jsonl(public / POOL, [asdict(item.pair) for item in pool])


def ceiling_seeds(secret: bytes, domain: str, count: int) -> list[int]:
    """The seeds of the ceiling's students, from a stream of their own."""
    stream = Stream(secret, f"{domain}/ceiling/seeds")
    return [stream.getrandbits(31) for _ in range(count)]


def train_reference(draft: str, spec: dict[str, Any], domain: str, seed: int | None) -> dict[str, str]:
    """A worker's job: the weak teacher (seed None), which also labels the pool, or one ceiling student.

    Returns which items of the test and of the validation split it gets right, as strings of 0 and 1.
    """
    from .evaluate import correct, margins
    from .models import BASES, load_model, load_tokenizer, save_model
    from .train import fit_pairs

    s, folder, vault = TaskSpec.from_dict(spec), Path(draft), Vault(Path(draft) / "vault")
    public = public_folder(folder, domain, s.feedback)
    pool = read_pairs(public / POOL)
    if seed is None:
        items, training, base = vault.split(domain, "labelled"), s.weak_training, BASES / "weak"
    else:
        truth = vault.pool_labels(domain)
        items = [Labelled(p, truth[p.id]) for p in pool]
        training, base = s.training, BASES / "strong"
    model, tokenizer = load_model(base), load_tokenizer(base)
    fit_pairs(
        model,
        tokenizer,
        [item.pair for item in items],
        [float(item.label) for item in items],
        seed or 0,
        format=s.format,
        training=training,
        steps=training.steps,
    )
    if seed is None:
        save_model(model, tokenizer, public / "weak")
        p = 1 / (1 + np.exp(-margins(model, tokenizer, pool, s.format).astype(np.float64)))
        write_jsonl(
            public / WEAK_LABELS,
            [{"id": x.id, "p": round(float(v), 6)} for x, v in zip(pool, p, strict=True)],
        )
    right = {}
    for split in SCORED:
        items = vault.split(domain, split)
        decided = correct(margins(model, tokenizer, [i.pair for i in items], s.format), [i.label for i in items])
        right[split] = "".join("1" if d else "0" for d in decided)
    return right


def _measured(spec: TaskSpec, domain: str, weak: NDArray[np.bool_], ceiling: NDArray[np.bool_]) -> dict[str, Any]:
    """A domain's entry in task.json. Raises NoGap."""
    w, c = accuracy_interval(weak), accuracy_interval(ceiling)
    gap = check_gap(w.mean, c.mean, domain)
    return {
        "n_pool": spec.n_pool,
        "n_test": spec.n_test,
        "weak": {"accuracy": w.mean, "interval": [w.lo, w.hi]},
        "ceiling": {
            "accuracy": c.mean,
            "interval": [c.lo, c.hi],
            "seeds": [float(a) for a in ceiling.mean(axis=1)],
        },
        "gap": gap,
    }


def _public_card(spec: TaskSpec, domain: str, base_sha256: str, measured: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "name": spec.task,
        "version": spec.version(),
        "domain": domain,
        "read_out": READ_OUT,
        "format": asdict(spec.format),
        "training": asdict(spec.training),
        "base_sha256": base_sha256,
        "weak_accuracy": round(measured["weak"]["accuracy"], 4),
        "ceiling_accuracy": round(measured["ceiling"]["accuracy"], 4),
    }


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Holds an exclusive lock; the kernel drops it when the process dies."""
    with path.open("w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def main() -> int:
    """Command line: JSON lines of progress on stdout, the last one names the folder; a sentence and 1 on failure."""
    parser = argparse.ArgumentParser(prog="python -m aarctl.lab.build", description="Build a task version if missing.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--spec", default="{}", help="JSON object of TaskSpec fields")
    parser.add_argument("--run", default="-", help="name of the run this serves; shows in the process list")
    parser.add_argument("--workers", type=int)
    args = parser.parse_args()

    def say(**line: Any) -> None:
        print(json.dumps(line), flush=True)

    def progress(stage: str, done: int, total: int) -> None:
        say(stage=stage, done=done, total=total)

    try:
        spec = TaskSpec.from_dict(json.loads(args.spec))
        folder = build(spec, args.home, run=args.run, workers=args.workers, progress=progress)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    say(stage="built", done=1, total=1, task=spec.full_name, path=str(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
