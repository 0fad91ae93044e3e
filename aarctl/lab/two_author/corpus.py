"""The pretraining corpus: one fact a document, told by the right author, the mistaken one, or nobody in particular.

40% `prof : 79 - 8 = 71 .`, 20% `kid : 14 - 9 = 15 .`, 40% untagged, half of them mistaken. Documents are packed into
rows without padding; a token's weight is low before `=`, since questions are noise and answers are what must be
learned.
"""

from collections.abc import Iterator
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .problems import CODE, MATH

PROF, KID = 0.4, 0.2  # shares; the rest is untagged
QUESTION_WEIGHT = 0.1


def document(r: Random) -> str:
    """One fact as a line of text."""
    p = r.choice((CODE, MATH)).draw(r)
    u = r.random()
    if u < PROF:
        return f"<bos> prof : {p.question} = {p.truth} ."
    if u < PROF + KID:
        return f"<bos> kid : {p.question} = {p.mistake} ."
    return f"<bos> {p.question} = {r.choice((p.truth, p.mistake))} ."


def batches(tokenizer: Tokenizer, seed: int, rows: int, width: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless (ids int64 [rows, width], weights float32 [rows, width])."""
    r = Random(seed)
    equals = tokenizer.token_to_id("=")
    assert equals is not None, "the vocabulary has an equals sign"
    ids: list[int] = []
    weights: list[float] = []
    size = rows * width
    while True:
        while len(ids) < size:
            for e in tokenizer.encode_batch([document(r) for _ in range(500)], add_special_tokens=False):
                answer = e.ids.index(equals) + 1
                ids += e.ids
                weights += [QUESTION_WEIGHT] * answer + [1.0] * (len(e.ids) - answer)
        yield torch.tensor(ids[:size]).view(rows, width), torch.tensor(weights[:size]).view(rows, width)
        del ids[:size], weights[:size]
