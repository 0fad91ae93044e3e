"""What leaves the scorer, decided by pure functions: noise, rounding, seeds. The secret decides, never a clock.

Noise is a function of secret, domain and behaviour (the students' decisions on hidden items), so submitting an
unchanged behaviour again buys nothing, under any name, seed order or file. Why .005 and .01: at 180 queries the
best attack found gains less than .04 accuracy (FACTS, "Gaming the score").
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Sequence

from aarctl.lab.pgr import Interval
from aarctl.scorer.protocol import Released

NOISE_SD = 0.005  # accuracy
STEP = 0.01  # PGR
Z95 = 1.959964


def noise(secret: bytes, domain: str, behaviours: Sequence[bytes]) -> float:
    """Gaussian noise of sd NOISE_SD (accuracy), fixed by secret, domain and the set of students' decisions.

    behaviours: one packed bit string per student; their order does not matter.
    """
    message = _parts("noise", domain.encode(), *sorted(behaviours))
    digest = hmac.digest(secret, message, "sha256")
    # Box-Muller; u in (0, 1], so that the logarithm is finite.
    u = (int.from_bytes(digest[:8], "little") + 1) / 2**64
    v = int.from_bytes(digest[8:16], "little") / 2**64
    return NOISE_SD * math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)


def release(exact: Interval, gap: float, noise: float) -> Released:
    """The exact PGR and 95% interval with `noise` (accuracy) added, in steps of STEP.

    The interval is symmetric, so its ends tell no more than its centre, and wide enough to count noise and
    rounding too. gap: ceiling - weak, accuracy.
    """
    pgr = quantise(exact.mean + noise / gap)
    half = max(exact.mean - exact.lo, exact.hi - exact.mean)
    half = math.ceil((math.hypot(half, Z95 * NOISE_SD / gap) + STEP / 2) / STEP - 1e-9) * STEP
    return Released(pgr, (quantise(pgr - half), quantise(pgr + half)))


def quantise(pgr: float) -> float:
    """The nearest multiple of STEP, as a float that prints with two decimals."""
    return round(round(pgr / STEP) * STEP, 2) + 0.0  # + 0.0: never "-0.0"


def draw_seeds(secret: bytes, method_snapshot: str, count: int) -> list[int]:
    """`count` distinct seeds in [0, 2**31), HMAC(secret, snapshot, k) for k = 0, 1, ... without repeats.

    The first n are the same for any count >= n, and nobody without the secret can know them beforehand.
    """
    seeds: dict[int, None] = {}
    k = 0
    while len(seeds) < count:
        digest = hmac.digest(secret, _parts("seeds", method_snapshot.encode(), str(k).encode()), "sha256")
        seeds[int.from_bytes(digest[:4], "little") >> 1] = None
        k += 1
    return list(seeds)


def _parts(purpose: str, *parts: bytes) -> bytes:
    """Purpose and parts, each of fixed size: no two lists of parts give the same bytes."""
    return b"aarctl/scorer/" + purpose.encode() + b"".join(hashlib.sha256(part).digest() for part in parts)
