"""Agreement with the prior: learn the weak labels that the untouched strong base would also have given.

Source: the intersection of two imperfect labellers, as in co-training (Blum and Mitchell 1998) and in learning from
noisy labels by agreement. Deviations: the second view is the base's own zero-shot margin, not another feature set;
one round.
"""

from pathlib import Path

from aarctl.lab import Task, fit, margins, save_student


def train(task: Task, seed: int, out: Path) -> None:
    weak = task.weak_labels()
    model, tokenizer = task.base()
    prior = margins(model, tokenizer, task.pool(), task.format)  # before any training
    keep = [i for i, p in enumerate(weak) if (p > 0.5) == (prior[i] > 0)]
    fit(task, model, tokenizer, [float(p > 0.5) for p in weak], seed, keep=keep)
    save_student(
        model,
        out,
        task=task,
        seed=seed,
        card={
            "claim": "Where teacher and base agree, the label is more often right.",
            "mechanism": "Their errors are partly independent, so agreement removes many of them.",
            "evidence": "Compare with vanilla at the same seeds and steps.",
            "ablation": "Keeping everything gives vanilla.",
        },
    )
