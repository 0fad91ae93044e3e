"""Rebuilds the two bases: `python -m aarctl.lab.pretrain [--out DIR] [--only strong|weak]`, about two minutes on one
thread.

Muon for the matrices and AdamW for the rest, over the two-author corpus. Deterministic given this file, on one machine
with one version of torch; elsewhere the last bits may differ, which is why the bases are shipped with their hashes.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from .decoder import Decoder, DecoderConfig, initialise
from .models import BASES, save_model, sha256
from .two_author.corpus import batches
from .two_author.problems import DOMAINS
from .two_author.vocabulary import WORDS, build_tokenizer


@dataclass(frozen=True, slots=True)
class Plan:
    """How one base is pretrained. Steps of `rows` x `width` tokens; learning rates at their peak."""

    config: DecoderConfig
    steps: int = 750
    rows: int = 8
    width: int = 128
    muon_lr: float = 0.02
    adamw_lr: float = 3e-3
    seed: int = 0


def _config(kind: str, hidden: int, inner: int, layers: int, heads: int) -> DecoderConfig:
    return DecoderConfig(kind, len(WORDS), hidden, inner, layers, heads, heads, hidden // heads)


PLANS = {
    "strong": Plan(_config("qwen3", hidden=128, inner=384, layers=4, heads=4)),
    "weak": Plan(_config("qwen2", hidden=16, inner=32, layers=1, heads=2)),
}


def pretrain(plan: Plan, tokenizer: Tokenizer, *, log_every: int = 150) -> Decoder:
    """One base from random weights. Warm-up over 50 steps, constant, then linear decay over the last 40%."""
    model = initialise(Decoder(plan.config), plan.seed)
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    chosen = set(map(id, matrices))
    rest = [p for p in model.parameters() if id(p) not in chosen]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.Muon(matrices, lr=plan.muon_lr, momentum=0.95, weight_decay=0.01, ns_steps=4),
        torch.optim.AdamW(rest, lr=plan.adamw_lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ]
    peaks = [[g["lr"] for g in o.param_groups] for o in optimizers]
    started = time.process_time()
    drawn = batches(tokenizer, 1000 + plan.seed, plan.rows, plan.width)
    for step, (ids, weights) in zip(range(plan.steps), drawn, strict=False):
        scale = min(1.0, (step + 1) / 50) * max(0.05, min(1.0, (1 - step / plan.steps) / 0.4))
        for optimizer, lrs in zip(optimizers, peaks, strict=True):
            for group, lr in zip(optimizer.param_groups, lrs, strict=True):
                group["lr"] = lr * scale
        logits = model(ids)[:, :-1].flatten(0, 1)  # [rows * (width - 1), vocab]
        losses = F.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none")
        w = weights[:, 1:].flatten()
        loss = (losses * w).sum() / w.sum()
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        if (step + 1) % log_every == 0:
            print(
                f"step {step + 1}: loss {loss.item():.3f}, {time.process_time() - started:.0f} CPU-s",
                flush=True,
            )
            print(f"  knows {recall(model, tokenizer)}", flush=True)
    return model


@torch.no_grad()
def recall(model: Decoder, tokenizer: Tokenizer, n: int = 200) -> dict[str, float]:
    """Share of problems whose answer each author's tag brings out, greedily; keys "<domain>/<author>"."""
    shares = {}
    for name, domain in DOMAINS.items():
        r = Random(5)
        problems = [domain.draw(r) for _ in range(n)]
        for author in ("prof", "kid"):
            hits = 0
            for p in problems:
                answer = p.truth if author == "prof" else p.mistake
                prompt = tokenizer.encode(f"<bos> {author} : {p.question} =").ids
                target = tokenizer.encode(f"{answer} .").ids
                best = model(torch.tensor([prompt + target]))[0, len(prompt) - 1 : -1].argmax(-1)
                hits += best.tolist() == target
            shares[f"{name}/{author}"] = hits / n
    return shares


def write_sums(folder: Path) -> None:
    """SHA256SUMS over every file of the bases, in the format of sha256sum."""
    files = sorted(p for p in folder.glob("*/*") if p.is_file())
    (folder / "SHA256SUMS").write_text("".join(f"{sha256(p)}  {p.relative_to(folder).as_posix()}\n" for p in files))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m aarctl.lab.pretrain", description="Rebuild the shipped bases.")
    parser.add_argument("--out", type=Path, default=BASES)
    parser.add_argument("--only", choices=sorted(PLANS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = build_tokenizer()
    for name, plan in PLANS.items():
        if args.only in (None, name):
            model = pretrain(plan, tokenizer)
            print(f"{name}: {model}, sha256 {save_model(model, tokenizer, args.out / name)}", flush=True)
    write_sums(args.out)


if __name__ == "__main__":
    main()
