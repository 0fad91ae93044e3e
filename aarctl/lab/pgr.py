"""PGR, the share of the weak-to-ceiling gap that a student recovers (Burns et al. 2023), with a 95% interval.

The interval covers two sources of chance at once: which items the test drew, and which seeds the students and the
ceiling had. Items are shared by weak, students and ceiling, so their differences are taken per item (paired), which
is
tighter than adding three separate errors. PGR is linearised around its mean (delta method); the quantile is Student's
t with Welch's
degrees of freedom, since five seeds say little about their own spread.
One seed shows no spread: ASSUMED_SEED_SD, the largest measured for any baseline method, stands in for it.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import NoGap

MIN_GAP = 0.15
ASSUMED_SEED_SD = 0.06
"""PGR; used where only one student seed was trained (docs/experiments.md)."""


class Interval(NamedTuple):
    """A mean with its 95% bounds."""

    mean: float
    lo: float
    hi: float

    def excludes(self, value: float) -> bool:
        """Whether `value` lies outside the bounds."""
        return not self.lo <= value <= self.hi


def pgr(transfer: float, weak: float, ceiling: float) -> float:
    """(transfer - weak) / (ceiling - weak). Accuracies in [0, 1]; the result may fall outside it.

    Raises NoGap when ceiling - weak < MIN_GAP: the ratio would be noise.
    """
    check_gap(weak, ceiling)
    return (transfer - weak) / (ceiling - weak)


def check_gap(weak: float, ceiling: float, where: str = "") -> float:
    """The gap. Raises NoGap, with the figures, when it is under MIN_GAP; `where` names the domain in the message."""
    gap = ceiling - weak
    if not gap >= MIN_GAP:  # also refuses NaN
        raise NoGap(
            f"{where + ': ' if where else ''}ceiling {ceiling:.3f} - weak {weak:.3f} = {gap:.3f}, "
            f"at least {MIN_GAP} needed; "
            "use fewer labels or a weaker teacher, or more training for the ceiling"
        )
    return gap


def interval(students: ArrayLike, weak: ArrayLike, ceiling: ArrayLike) -> Interval:
    """PGR of k students and its 95% interval over seeds and items.

    students [k, N], weak [N], ceiling [S, N]: which of the N test items are right (bool or 0/1), in one order.
    Raises NoGap, or ValueError for shapes that do not fit or for less than two items.
    """
    S, W, C = _matrix(students, "students"), _matrix(weak, "weak"), _matrix(ceiling, "ceiling")
    _same_items(S, W, C)
    mean, influence, gap = _linearised(S, W, C)
    terms = [_item_term(influence), _seed_term(S.mean(1) / gap), _seed_term(C.mean(1) * mean / gap)]
    return _from_terms(mean, terms)


def difference(better: ArrayLike, worse: ArrayLike, weak: ArrayLike, ceiling: ArrayLike) -> Interval:
    """PGR(better) - PGR(worse) with their joint 95% interval, both on the same items. Shapes as for `interval`.

    With as many students on both sides, row i of each is taken as trained with the same seed (paired).
    """
    A, B, W, C = (
        _matrix(x, name) for x, name in ((better, "better"), (worse, "worse"), (weak, "weak"), (ceiling, "ceiling"))
    )
    _same_items(A, W, C)
    _same_items(B, W, C)
    mean_a, influence_a, gap = _linearised(A, W, C)
    mean_b, influence_b, _ = _linearised(B, W, C)
    a, b = A.mean(1) / gap, B.mean(1) / gap
    seeds = [_seed_term(a - b)] if len(a) == len(b) else [_seed_term(a), _seed_term(b)]
    ceiling_term = _seed_term(C.mean(1) * (mean_a - mean_b) / gap)
    return _from_terms(mean_a - mean_b, [_item_term(influence_a - influence_b), *seeds, ceiling_term])


def accuracy_interval(correct: ArrayLike) -> Interval:
    """Mean accuracy and its 95% interval over items, and over seeds where there are several. correct [N] or [S, N]."""
    X = _matrix(correct, "correct")
    terms = [_item_term(X.mean(0)), *([_seed_term(X.mean(1))] if len(X) > 1 else [])]
    return _from_terms(float(X.mean()), terms)


class _Term(NamedTuple):
    """One variance of the mean, with the degrees of freedom of its estimate."""

    variance: float
    freedom: float


def _linearised(
    S: NDArray[np.float64], W: NDArray[np.float64], C: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], float]:
    """(PGR, its per-item influence [N], gap)."""
    s, w, c = S.mean(0), W.mean(0), C.mean(0)
    gap = check_gap(float(w.mean()), float(c.mean()))
    mean = float(s.mean() - w.mean()) / gap
    return mean, ((s - w) - mean * (c - w)) / gap, gap


def _item_term(influence: NDArray[np.float64]) -> _Term:
    return _Term(float(influence.var(ddof=1)) / len(influence), len(influence) - 1)


def _seed_term(values: NDArray[np.float64]) -> _Term:
    """Variance of the mean over seeds; one seed borrows ASSUMED_SEED_SD. `values` are in PGR."""
    if len(values) == 1:
        return _Term(ASSUMED_SEED_SD**2, math.inf)
    return _Term(float(values.var(ddof=1)) / len(values), len(values) - 1)


def _from_terms(mean: float, terms: Sequence[_Term]) -> Interval:
    variance = sum(t.variance for t in terms)
    weight = sum(t.variance**2 / t.freedom for t in terms)
    freedom = variance**2 / weight if weight > 0 else math.inf
    half = t_quantile(0.975, freedom) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half)


def t_quantile(p: float, freedom: float) -> float:
    """Student's t quantile for freedom >= 1: exact for 1 and 2, else Cornish-Fisher to order 4 (error < .01 from 3
    on).
    """
    if freedom < 2:  # between the exact values of 1 and 2, the wider one
        return math.tan(math.pi * (p - 0.5))
    if freedom < 3:
        return (2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p)))
    z = NormalDist().inv_cdf(p)
    n = freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )


def _matrix(values: ArrayLike, name: str) -> NDArray[np.float64]:
    X = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if X.ndim != 2 or X.shape[0] < 1 or X.shape[1] < 2:
        raise ValueError(f"{name} has shape {np.shape(values)}; expected [seeds, items] with at least two items")
    return X


def _same_items(S: NDArray[np.float64], W: NDArray[np.float64], C: NDArray[np.float64]) -> None:
    if not S.shape[1] == W.shape[1] == C.shape[1] or len(W) != 1:
        raise ValueError(f"students {S.shape}, weak {W.shape}, ceiling {C.shape}; expected [k, N], [N], [S, N]")
