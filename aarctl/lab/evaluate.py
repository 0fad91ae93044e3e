"""Reading a model out over many pairs: margins, which of them are right, accuracy.

A margin of exactly zero counts as wrong, so that a constant model earns nothing by ties.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .decoder import Decoder
from .readout import encode, margin
from .task import Format, Labelled, Pair


@torch.no_grad()
def margins(
    model: Decoder, tokenizer: Tokenizer, pairs: Sequence[Pair], format: Format, *, batch: int = 256
) -> NDArray[np.float32]:
    """log p(first) - log p(second) of every pair, float32 [N]. Rows are batched by length to spare padding."""
    encoded = encode(tokenizer, pairs, format)
    result = torch.empty(len(pairs))
    for index in encoded.lengths.argsort(stable=True).split(batch):
        result[index] = margin(model, encoded.rows(index))
    return result.numpy()


def correct(margins: NDArray[np.float32], labels: Sequence[int]) -> NDArray[np.bool_]:
    """Which pairs are decided rightly, bool [N]. labels: 1 when `first` is right, else 0."""
    return np.where(np.asarray(labels) == 1, margins > 0, margins < 0)


def accuracy(
    model: Decoder, tokenizer: Tokenizer, items: Sequence[Labelled], format: Format, *, batch: int = 256
) -> float:
    """Share of labelled pairs decided rightly, in [0, 1]."""
    scores = margins(model, tokenizer, [item.pair for item in items], format, batch=batch)
    return float(correct(scores, [item.label for item in items]).mean())
