"""The two domains: how a problem is drawn, its true answer, the misconception, and wrong candidates.

A wrong candidate is *near* (the misconception where it differs from the truth, else a close value) or *far*.
Nothing here knows which candidate will be shown first, nor which split a problem belongs to: see splits.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with its true answer and the misconceived author's answer (they may agree)."""

    question: str
    truth: str
    mistake: str


@dataclass(frozen=True, slots=True)
class Domain:
    """A family of problems. `space` is the number of distinct questions it can draw."""

    name: str
    space: int
    draw: Callable[[Random], Problem]
    near: Callable[[Random, Problem], str]
    far: Callable[[Random, Problem], str]


LENGTH = 5  # digits in a list
TRUTH: dict[str, Callable[[list[int]], int]] = {
    "max": max,
    "min": min,
    "second": lambda xs: xs[1],
    "third": lambda xs: xs[2],
    "last": lambda xs: xs[-1],
}
# Off by one, or taking an end of the list for an extreme.
MISTAKE: dict[str, Callable[[list[int]], int]] = {
    "max": lambda xs: xs[-1],
    "min": lambda xs: xs[0],
    "second": lambda xs: xs[2],
    "third": lambda xs: xs[3],
    "last": lambda xs: xs[-2],
}


def _draw_code(r: Random) -> Problem:
    xs = [r.randrange(10) for _ in range(LENGTH)]
    while len(set(xs)) < 3:
        xs = [r.randrange(10) for _ in range(LENGTH)]
    op = r.choice(tuple(TRUTH))
    return Problem(f"{op} {' '.join(map(str, xs))}", str(TRUTH[op](xs)), str(MISTAKE[op](xs)))


def _digits(p: Problem) -> list[str]:
    return p.question.split()[1:]


def _near_code(r: Random, p: Problem) -> str:
    if p.mistake != p.truth:
        return p.mistake
    return r.choice([x for x in _digits(p) if x != p.truth])


def _far_code(r: Random, p: Problem) -> str:
    return r.choice([x for x in "0123456789" if x not in _digits(p)])


def _draw_math(r: Random) -> Problem:
    b = r.randint(2, 9)
    a = r.randint(12, 999)
    tens, unit = a // 10 * 10, a % 10
    if r.random() < 0.5:
        return Problem(f"{a} + {b}", str(a + b), str(tens + (unit + b) % 10))  # forgets the carry
    return Problem(f"{a} - {b}", str(a - b), str(tens + abs(unit - b)))  # the smaller digit from the larger


def _near_math(r: Random, p: Problem) -> str:
    if p.mistake != p.truth:
        return p.mistake
    truth = int(p.truth)
    return str(truth + (r.choice((-10, 10)) if truth > 12 else 10))


def _far_math(r: Random, p: Problem) -> str:
    while True:
        wrong = r.randint(1, 1008)
        if abs(wrong - int(p.truth)) > 15 and str(wrong) != p.mistake:
            return str(wrong)


# code: five operations over the 98,640 lists of five digits with at least three distinct ones.
CODE = Domain("code", 5 * 98_640, _draw_code, _near_code, _far_code)
# math: 988 first numbers, 8 second ones, two signs.
MATH = Domain("math", 988 * 8 * 2, _draw_math, _near_math, _far_math)
DOMAINS = {d.name: d for d in (CODE, MATH)}
