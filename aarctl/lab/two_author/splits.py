"""Drawing the splits of a domain from a secret: no problem twice, no label in the order, no stream shared.

Each split and purpose has its own HMAC-SHA256 counter stream. Python's Mersenne Twister would not do: the public pool
shows enough of its output to rebuild its state and continue it.
"""

import hashlib
import hmac
from random import Random
from typing import Any

from ..errors import Exhausted
from ..task import Labelled, Pair
from .problems import Domain, Problem

MAX_REDRAWS = 200  # in a row; past it the domain counts as used up


class Stream(Random):
    """Random numbers of HMAC-SHA256(secret, name | counter): unpredictable from its own past output."""

    def __init__(self, secret: bytes, name: str):
        self._key = hmac.digest(secret, name.encode(), "sha256")
        self._counter = 0
        self._bits = 0
        self._value = 0
        super().__init__(0)  # sets only the twister, which is never read

    def getrandbits(self, k: int, /) -> int:
        while self._bits < k:
            block = hmac.digest(self._key, self._counter.to_bytes(8, "big"), hashlib.sha256)
            self._value = (self._value << 256) | int.from_bytes(block, "big")
            self._bits += 256
            self._counter += 1
        self._bits -= k
        drawn, self._value = self._value >> self._bits, self._value & ((1 << self._bits) - 1)
        return drawn

    def random(self) -> float:
        return self.getrandbits(53) / (1 << 53)

    def seed(self, *args: Any, **kwargs: Any) -> None:
        """A stream has no other seed than its secret and its name."""

    def randbytes(self, n: int) -> bytes:
        return self.getrandbits(8 * n).to_bytes(n, "big")


def draw_split(domain: Domain, secret: bytes, split: str, n: int, near: float, used: set[str]) -> list[Labelled]:
    """`n` labelled pairs, none with a question in `used`, to which their questions are added.

    near: share of near wrong candidates, in [0, 1]. Half of the labels are 1 (to within one item). Raises Exhausted.
    """
    if len(used) + n > domain.space:
        raise Exhausted(
            f"{domain.name}/{split}: {n} problems asked, {domain.space - len(used):,} of {domain.space:,} are unused; "
            "lower the split sizes"
        )

    def stream(purpose: str) -> Stream:
        return Stream(secret, f"{domain.name}/{split}/{purpose}")

    questions, candidates = stream("problems"), stream("candidates")
    labels = [i % 2 for i in range(n)]
    stream("labels").shuffle(labels)
    names = stream("ids")
    drawn: list[tuple[Problem, str]] = []
    for _ in range(n):
        problem = _draw_unused(domain, questions, split, used)
        wrong = domain.near if candidates.random() < near else domain.far
        drawn.append((problem, wrong(candidates, problem)))
    # Ids are random names, not places: an id tells nothing about the order of drawing.
    ids = [f"{domain.name}-{names.randbytes(5).hex()}" for _ in range(n)]
    return [
        Labelled(Pair(i, f"{p.question} =", *((p.truth, wrong) if label else (wrong, p.truth))), label)
        for i, (p, wrong), label in zip(ids, drawn, labels, strict=True)
    ]


def _draw_unused(domain: Domain, r: Random, split: str, used: set[str]) -> Problem:
    for _ in range(MAX_REDRAWS):
        problem = domain.draw(r)
        if problem.question not in used:
            used.add(problem.question)
            return problem
    raise Exhausted(
        f"{domain.name}/{split}: {MAX_REDRAWS} draws in a row were used already ({len(used):,} of {domain.space:,}); "
        "lower the split sizes"
    )
