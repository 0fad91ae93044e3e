"""Building blocks of a method: which labels to teach, which pairs to keep, which loss to use.

A composed method is three of these in a row (compose.py writes such files); each is a plain function of a View, so
that a researcher can also call them one by one. Names in LABELS, KEEP and LOSSES are the legal values; their first
docstring
line is the description shown to people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from aarctl.lab import Pair, Task, bce, fit, margins

Targets = NDArray[np.float64]  # P(first is right), [N]
FOLD_SHARE = 0.25  # of the steps, for each of cross_fit's two relabelling students


@dataclass
class View:
    """What a method may look at: the pool, the weak labels and, computed once when asked for, the base's prior."""

    task: Task
    seed: int

    @cached_property
    def pool(self) -> list[Pair]:
        """The pairs, [N]."""
        return self.task.pool()

    @cached_property
    def weak(self) -> Targets:
        """P(first is right) by the weak teacher, [N]."""
        return np.asarray(self.task.weak_labels())

    @cached_property
    def prior(self) -> NDArray[np.float32]:
        """Zero-shot margins of the untouched base, [N]; positive prefers first."""
        model, tokenizer = self.task.base()
        return margins(model, tokenizer, self.pool, self.task.format)


def weak_hard(view: View) -> Targets:
    """the weak teacher's decisions"""
    return (view.weak > 0.5).astype(np.float64)


def weak_soft(view: View) -> Targets:
    """the weak teacher's probabilities"""
    return view.weak


def prior_hard(view: View) -> Targets:
    """the untouched base's own decisions"""
    return (view.prior > 0).astype(np.float64)


def blend(view: View) -> Targets:
    """decisions of weak teacher and base together, each scaled to the same spread"""
    p = view.weak.clip(1e-4, 1 - 1e-4)
    teacher, prior = np.log(p / (1 - p)), view.prior.astype(np.float64)
    return (teacher / teacher.std() + prior / prior.std() > 0).astype(np.float64)


def mixture(view: View) -> Targets:
    """the mean of the weak teacher's probability and the base's decision"""
    return (view.weak + prior_hard(view)) / 2


def cross_fit(view: View) -> Targets:
    """weak labels corrected by students of the other half of the pool (half of the steps)"""
    first, task = weak_hard(view), view.task
    corrected = first.copy()
    order = torch.randperm(len(first), generator=torch.Generator().manual_seed(view.seed)).numpy()
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    for taught, relabel in (halves, halves[::-1]):
        model, tokenizer = task.base()
        steps = max(1, int(FOLD_SHARE * task.steps))
        fit(task, model, tokenizer, first.tolist(), view.seed, keep=taught.tolist(), steps=steps)
        corrected[relabel] = margins(model, tokenizer, [view.pool[i] for i in relabel], task.format) > 0
    return corrected


def everything(view: View, share: float) -> list[int]:
    """the whole pool"""
    return list(range(len(view.pool)))


def weak_confident(view: View, share: float) -> list[int]:
    """the share of the pool of which the weak teacher is surest"""
    return _surest(np.abs(view.weak - 0.5), share)


def prior_confident(view: View, share: float) -> list[int]:
    """the share of the pool of which the untouched base is surest"""
    return _surest(np.abs(view.prior), share)


def agreement(view: View, share: float) -> list[int]:
    """pairs where weak teacher and base decide alike"""
    return np.flatnonzero((view.weak > 0.5) == (view.prior > 0)).tolist()


def confident_agreement(view: View, share: float) -> list[int]:
    """pairs where both decide alike, the share of them of which the base is surest"""
    alike = np.flatnonzero((view.weak > 0.5) == (view.prior > 0))
    return alike[_surest(np.abs(view.prior[alike]), share)].tolist()


def _surest(confidence: NDArray[np.floating], share: float) -> list[int]:
    count = max(1, round(share * len(confidence)))
    return np.argsort(-confidence, kind="stable")[:count].tolist()


def auxiliary_confidence(margins: Tensor, targets: Tensor, progress: float) -> Tensor:
    """cross-entropy mixed with the student's own decisions, up to .6 of it (Burns et al. 2023, appendix A.4)"""
    own = (margins.detach() > 0).float()
    alpha = 0.6 * min(1.0, progress / 0.3)
    return (1 - alpha) * bce(margins, targets, progress) + alpha * bce(margins, own, progress)


def generalised(margins: Tensor, targets: Tensor, progress: float) -> Tensor:
    """generalised cross-entropy, q = .7: labels that look wrong pull less (Zhang and Sabuncu 2018)"""
    right = targets * torch.sigmoid(margins) + (1 - targets) * torch.sigmoid(-margins)
    return (1 - right.clamp_min(1e-6) ** 0.7) / 0.7


def smoothed(margins: Tensor, targets: Tensor, progress: float) -> Tensor:
    """cross-entropy against targets pulled a tenth towards one half"""
    return F.binary_cross_entropy_with_logits(margins, 0.9 * targets + 0.05, reduction="none")


def plain(margins: Tensor, targets: Tensor, progress: float) -> Tensor:
    """binary cross-entropy"""
    return bce(margins, targets, progress)


LABELS: dict[str, Callable[[View], Targets]] = {
    f.__name__: f for f in (weak_hard, weak_soft, prior_hard, blend, mixture, cross_fit)
}
KEEP: dict[str, Callable[[View, float], list[int]]] = {
    f.__name__: f for f in (everything, weak_confident, prior_confident, agreement, confident_agreement)
}
LOSSES: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    f.__name__: f for f in (plain, auxiliary_confidence, generalised, smoothed)
}
