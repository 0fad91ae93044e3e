"""The one training loop: binary cross-entropy on margins, AdamW, seeded, single thread.

Every method, the weak teacher and the ceiling go through `fit`. The number of steps is the task's, whatever share of
the pool is kept, so that methods differ by what they teach and not by how long. Same seed, same machine: bit-equal
weights.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from .decoder import Decoder
from .readout import encode, margin
from .task import Format, Pair, Task, Training

Loss = Callable[[Tensor, Tensor, float], Tensor]
"""(margins [B], targets [B] in [0, 1], progress in [0, 1)) -> losses [B]."""


def bce(margins: Tensor, targets: Tensor, progress: float) -> Tensor:
    """Binary cross-entropy of P(first) = sigmoid(margin) against hard or soft targets."""
    return F.binary_cross_entropy_with_logits(margins, targets, reduction="none")


def fit(
    task: Task,
    model: Decoder,
    tokenizer: Tokenizer,
    targets: Sequence[float],
    seed: int,
    *,
    pairs: Sequence[Pair] | None = None,
    weights: Sequence[float] | None = None,
    keep: Sequence[int] | None = None,
    loss: Loss = bce,
    steps: int | None = None,
) -> list[float]:
    """Trains `model` in place on the task's pool (or `pairs`) and returns the loss of every step.

    targets: P(first is right) of every pair, [N]. weights: importance of every pair, [N], used relative to their mean.
    keep: indices to train on. steps: by default what earlier fits have left of task.steps, so that a method with
    several stages takes as many steps as any other. Raises ValueError when nothing is left, or for shapes that do not
    fit.
    """
    if steps is None:
        steps = task.steps - len(task.trace)
    trace = fit_pairs(
        model,
        tokenizer,
        task.pool() if pairs is None else pairs,
        targets,
        seed,
        format=task.format,
        training=task.training,
        weights=weights,
        keep=keep,
        loss=loss,
        steps=steps,
    )
    task.trace.extend(trace)
    return trace


def fit_pairs(
    model: Decoder,
    tokenizer: Tokenizer,
    pairs: Sequence[Pair],
    targets: Sequence[float],
    seed: int,
    *,
    format: Format,
    training: Training,
    weights: Sequence[float] | None = None,
    keep: Sequence[int] | None = None,
    loss: Loss = bce,
    steps: int,
) -> list[float]:
    """`fit` without a task: what the builder uses for the weak teacher and the ceiling."""
    N = len(pairs)
    if len(targets) != N or (weights is not None and len(weights) != N):
        counts = f"{len(targets)} targets, {N if weights is None else len(weights)} weights, {N} pairs"
        raise ValueError(f"{counts}; give one target and one weight for every pair")
    chosen = torch.arange(N) if keep is None else torch.as_tensor(list(keep), dtype=torch.long)
    if steps < 1:
        raise ValueError(f"steps = {steps}; earlier fits used the task's steps up, give each a share")
    if not len(chosen):
        raise ValueError("keep is empty; keep at least one pair")
    encoded = encode(tokenizer, pairs, format)
    target = torch.as_tensor(list(targets), dtype=torch.float32)
    weight = None if weights is None else torch.as_tensor(list(weights), dtype=torch.float32)
    if weight is not None:
        weight = weight / weight[chosen].mean().clamp_min(1e-12)
    freeze(model, training.frozen_layers)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=training.lr, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    generator = torch.Generator().manual_seed(seed)
    order = torch.empty(0, dtype=torch.long)
    trace: list[float] = []
    model.train()
    for step in range(steps):
        while len(order) < training.batch:
            order = torch.cat((order, chosen[torch.randperm(len(chosen), generator=generator)]))
        index, order = order[: training.batch], order[training.batch :]
        progress = step / steps
        # Warm-up over the first tenth, then linear decay to zero.
        optimizer.param_groups[0]["lr"] = training.lr * min(1.0, (step + 1) / (0.1 * steps)) * (1 - progress)
        losses = loss(margin(model, encoded.rows(index)), target[index], progress)
        mean = (losses if weight is None else losses * weight[index]).mean()
        optimizer.zero_grad()
        mean.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        trace.append(mean.item())
    model.eval()
    return trace


def freeze(model: Decoder, layers: int) -> None:
    """Holds the embedding and the lowest `layers` layers as they are; 0 trains everything.

    A tied lm_head stays with the embedding. Frozen parameters cost no backward pass.
    """
    model.requires_grad_(True)
    if layers:
        model.model.embed_tokens.requires_grad_(False)
        model.model.layers[:layers].requires_grad_(False)
