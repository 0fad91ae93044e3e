"""Soft labels: learn the weak teacher's probabilities instead of its decisions.

Source: Burns et al. 2023 (their default for binary tasks); Hinton et al. 2015 for why soft targets carry more.
Deviations: no balancing of the classes, since a pair is right on either side equally often; otherwise as vanilla.py.
"""

from pathlib import Path

from aarctl.lab import Task, fit, save_student


def train(task: Task, seed: int, out: Path) -> None:
    targets = task.weak_labels()
    model, tokenizer = task.base()
    fit(task, model, tokenizer, targets, seed)
    save_student(
        model,
        out,
        task=task,
        seed=seed,
        card={
            "claim": "The teacher's doubt is information: uncertain labels should pull less.",
            "mechanism": "A target near .5 has almost no gradient at a margin near zero.",
            "evidence": "Compare with vanilla at the same seeds.",
            "ablation": "Rounding the targets gives vanilla.",
        },
    )
