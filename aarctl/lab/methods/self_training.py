"""Self-training on the confident prior: learn the base's own zero-shot decisions where it is surest; no weak label is
used.

Source: self-training (Scudder 1965; Lee 2013) from a zero-shot prior, close to the unsupervised elicitation baselines
of Burns et al. 2023. Deviations: one round, a fixed share of the pool, hard labels. Since the teacher is not used at
all, this measures what can be elicited without it: a control as much as a method.
"""

from pathlib import Path

import numpy as np

from aarctl.lab import Task, fit, margins, save_student

SHARE = 0.5  # of the pool; chosen on the validation split, docs/experiments.md


def train(task: Task, seed: int, out: Path) -> None:
    model, tokenizer = task.base()
    prior = margins(model, tokenizer, task.pool(), task.format)  # before any training
    keep = np.argsort(-np.abs(prior), kind="stable")[: round(SHARE * len(prior))].tolist()
    fit(task, model, tokenizer, [float(m > 0) for m in prior], seed, keep=keep)
    save_student(
        model,
        out,
        task=task,
        seed=seed,
        card={
            "claim": "The base already knows; its sure answers teach it to answer surely.",
            "mechanism": "Where two authors disagree the base is unsure, so confidence selects the truth.",
            "evidence": "Compare with vanilla at the same seeds and steps.",
            "ablation": "Weak labels in place of the prior's give confident selection by the prior.",
        },
    )
