"""The read-out: how a language model prefers one of two candidates.

margin = log p(first | prompt) - log p(second | prompt), summed over each candidate's tokens and its end. Both
candidates share one pass over the prompt: a row is prompt + first + second, `second` does not see `first`, and its
positions go on from the prompt. Logits are computed only where a candidate's token is predicted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .decoder import Decoder
from .task import Format, Pair

PROMPT, FIRST, SECOND, PADDING = 0, 1, 2, 3  # segments of a row


@dataclass(frozen=True, slots=True)
class Encoded:
    """Pairs as padded tensors. N pairs, T tokens a row, U read positions a row, R candidate tokens a row (both
    sides).
    """

    ids: Tensor  # int64 [N, T]
    positions: Tensor  # int64 [N, T]
    segments: Tensor  # int64 [N, T]
    read_at: Tensor  # int64 [N, U]: where logits are needed
    slot: Tensor  # int64 [N, R]: which read position predicts this token
    token: Tensor  # int64 [N, R]: the token
    sign: Tensor  # float32 [N, R]: +1 first, -1 second, 0 padding
    lengths: Tensor  # int64 [N]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, index: Tensor) -> "Encoded":
        """The chosen rows, cut to the longest of them. index int64 [B]."""
        lengths = self.lengths[index]
        T = int(lengths.max())
        return Encoded(
            self.ids[index, :T],
            self.positions[index, :T],
            self.segments[index, :T],
            self.read_at[index].clamp_(max=T - 1),
            self.slot[index],
            self.token[index],
            self.sign[index],
            lengths,
        )


def encode(tokenizer: Tokenizer, pairs: Sequence[Pair], format: Format) -> Encoded:
    """Tokenises and packs pairs; prompt and candidates are tokenised apart, so that the boundary never moves."""

    def tokens(texts: list[str]) -> list[list[int]]:
        return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]

    prompts = tokens([format.prompt.replace("{prompt}", p.prompt) for p in pairs])
    firsts = tokens([format.candidate.replace("{candidate}", p.first) for p in pairs])
    seconds = tokens([format.candidate.replace("{candidate}", p.second) for p in pairs])
    rows = []
    for p, f, s in zip(prompts, firsts, seconds, strict=True):
        n, after_first = len(p), len(p) + len(f) - 1
        # The last token of a candidate predicts nothing that is read, so it is left out of the input.
        ids = p + f[:-1] + s[:-1]
        positions = [*range(n), *range(n, after_first), *range(n, n + len(s) - 1)]
        segments = [PROMPT] * n + [FIRST] * (len(f) - 1) + [SECOND] * (len(s) - 1)
        read_at = list(range(n - 1, len(ids)))
        # Slot 0 is the prompt's end and predicts the first token of both candidates.
        slot = [*range(len(f)), 0, *range(len(f), len(f) + len(s) - 1)]
        rows.append((ids, positions, segments, read_at, slot, f + s, [1.0] * len(f) + [-1.0] * len(s)))
    ids, positions, segments, read_at, slot, token, sign = zip(*rows, strict=True)
    return Encoded(
        _pad(ids, 0),
        _pad(positions, 0),
        _pad(segments, PADDING),
        _pad(read_at, 0),
        _pad(slot, 0),
        _pad(token, 0),
        _pad(sign, 0.0),
        torch.tensor([len(i) for i in ids]),
    )


def _pad(rows: Sequence[Sequence[int | float]], value: int | float) -> Tensor:
    width = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (width - len(row))] for row in rows])


def attention_mask(segments: Tensor) -> Tensor:
    """bool [B, 1, T, T], true = attend: causal, and a candidate sees the prompt and itself only. segments [B, T]."""
    T = segments.shape[1]
    causal = torch.ones(T, T, dtype=torch.bool, device=segments.device).tril()
    key, query = segments[:, None, :], segments[:, :, None]
    return (causal & ((key == PROMPT) | (key == query)))[:, None]


def margin(model: Decoder, batch: Encoded) -> Tensor:
    """log p(first) - log p(second) of each row, float32 [B]; differentiable."""
    h = model.hidden(batch.ids, batch.positions, attention_mask(batch.segments))  # [B, T, d]
    at = batch.read_at[..., None].expand(-1, -1, h.shape[-1])
    logp = model.lm_head(h.gather(1, at)).float().log_softmax(-1)  # [B, U, V]
    row = torch.arange(len(batch), device=h.device)[:, None]
    return (logp[row, batch.slot, batch.token] * batch.sign).sum(-1)
