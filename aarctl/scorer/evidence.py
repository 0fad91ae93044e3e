"""Label-free statistics of students' decisions on hidden items: what detectors may know.

Nothing here takes a label, so nothing here can leak one. Margins are log p(first) - log p(second) in nats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from aarctl.scorer.protocol import Evidence


def behaviours(margins: NDArray[np.float32]) -> list[bytes]:
    """Each student's decisions as packed bits: prefers first, or does not. margins [k, N]."""
    return [np.packbits(row > 0).tobytes() for row in margins]


def consensus(margins: NDArray[np.float32]) -> bytes:
    """The students' joint decision per item (sign of the summed tanh, so that no one outshouts the rest), packed."""
    return np.packbits(np.tanh(margins.astype(np.float64) / 2).sum(0) > 0).tobytes()


def describe(margins: NDArray[np.float32], earlier: Mapping[str, bytes]) -> Evidence:
    """Statistics of k students on N items. margins [k, N]; earlier: consensus bits of older submissions."""
    first = margins > 0  # [k, N]
    shares = first.mean(1)
    packed = behaviours(margins)
    pairs = [float((first[i] == first[j]).mean()) for i, j in combinations(range(len(first)), 2)]
    nearest = nearest_of(consensus(margins), earlier, margins.shape[1])
    return Evidence(
        items=margins.shape[1],
        students=len(margins),
        distinct_behaviours=len(set(packed)),
        predictions_sha256=hashlib.sha256(b"".join(sorted(packed))).hexdigest(),
        share_first=_short(shares.mean()),
        agreement_with_modal=_short(np.maximum(shares, 1 - shares).mean()),
        agreement_between=_short(sum(pairs) / len(pairs)) if pairs else 1.0,
        mean_margin=_short(np.abs(margins).mean()),
        nearest_submission=nearest[0] if nearest else None,
        nearest_distance=nearest[1] if nearest else None,
    )


def nearest_of(mine: bytes, earlier: Mapping[str, bytes], items: int) -> tuple[str, float] | None:
    """The earlier submission with the fewest different decisions, and their share of `items`."""
    best: tuple[str, float] | None = None
    bits = np.frombuffer(mine, np.uint8)
    for name, other in earlier.items():
        if len(other) == len(mine):
            share = _short(float(np.bitwise_count(bits ^ np.frombuffer(other, np.uint8)).sum()) / items)
            if best is None or share < best[1]:
                best = (name, share)
    return best


def _short(value: float) -> float:
    return round(float(value), 6)
