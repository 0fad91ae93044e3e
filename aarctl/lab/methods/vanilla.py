"""Vanilla weak-to-strong fine-tuning: learn the weak teacher's hard labels.

Source: Burns et al. 2023, "Weak-to-Strong Generalization", section 3.
Deviations: hard labels in place of the weak model's soft ones (soft_labels.py has those); AdamW with warm-up and decay;
the read-out is a likelihood margin, not a new classification head, so nothing starts from random weights.
"""

from pathlib import Path

from aarctl.lab import Task, fit, save_student


def train(task: Task, seed: int, out: Path) -> None:
    targets = [float(p > 0.5) for p in task.weak_labels()]
    model, tokenizer = task.base()
    fit(task, model, tokenizer, targets, seed)
    save_student(
        model,
        out,
        task=task,
        seed=seed,
        card={
            "claim": "A strong student of weak labels does better than its teacher.",
            "mechanism": "The base finds the truth easier to represent than the teacher's errors.",
            "evidence": "The reference that every other method is compared with.",
            "ablation": "None: there is nothing to remove.",
        },
    )
