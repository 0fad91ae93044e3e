"""The two domains and their splits: truths by a second implementation, no problem twice, balanced positions."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aarctl.lab.errors import Exhausted
from aarctl.lab.task import Labelled
from aarctl.lab.two_author.problems import DOMAINS
from aarctl.lab.two_author.splits import Stream, draw_split

NAMES = sorted(DOMAINS)
SECRETS = st.binary(min_size=16, max_size=16)
SPLITS = ("labelled", "validation", "test", "pool")


def solve(question: str) -> str:
    """The truth, written a second time."""
    words = question.split()
    if words[1] in "+-" and len(words) == 3:
        return str(eval(question))  # two numbers and a sign, by our own generator
    digits = words[1:]
    return {"max": max(digits), "min": min(digits), "second": digits[1], "third": digits[2], "last": digits[-1]}[
        words[0]
    ]


def draw_all(secret: bytes, name: str, sizes: list[int]) -> dict[str, list[Labelled]]:
    used: set[str] = set()
    return {s: draw_split(DOMAINS[name], secret, s, n, 0.6, used) for s, n in zip(SPLITS, sizes, strict=True)}


@settings(max_examples=25)
@given(SECRETS, st.sampled_from(NAMES), st.lists(st.integers(1, 80), min_size=4, max_size=4))
def test_splits_share_no_problem_and_no_id_and_labels_are_balanced(secret: bytes, name: str, sizes: list[int]) -> None:
    splits = draw_all(secret, name, sizes)
    items = [item for split in splits.values() for item in split]
    assert len({i.pair.prompt for i in items}) == len({i.pair.id for i in items}) == len(items) == sum(sizes)
    for split, n in zip(splits.values(), sizes, strict=True):
        assert sum(i.label for i in split) == n // 2


@settings(max_examples=25)
@given(SECRETS, st.sampled_from(NAMES))
def test_the_label_names_the_true_candidate_and_the_other_is_wrong(secret: bytes, name: str) -> None:
    for item in draw_split(DOMAINS[name], secret, "test", 40, 0.6, set()):
        truth = solve(item.pair.prompt.removesuffix(" ="))
        right, wrong = (item.pair.first, item.pair.second)[:: 1 if item.label else -1]
        assert right == truth != wrong


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from(NAMES))
def test_a_problem_has_the_right_truth_and_wrong_candidates_differ(seed: int, name: str) -> None:
    r, domain = random.Random(seed), DOMAINS[name]
    problem = domain.draw(r)
    assert problem.truth == solve(problem.question)
    near, far = domain.near(r, problem), domain.far(r, problem)
    assert near != problem.truth != far
    assert int(near) >= 0 and int(far) >= 0
    if problem.mistake != problem.truth:
        assert near == problem.mistake != far


@pytest.mark.parametrize("name", NAMES)
def test_the_share_of_near_candidates_is_kept(name: str) -> None:
    def mistakes(near: float) -> float:
        items = draw_split(DOMAINS[name], bytes(16), "test", 400, near, set())
        r, domain = random.Random(0), DOMAINS[name]
        found = {p.question: p for p in (domain.draw(r) for _ in range(40_000))}
        known = [(i, found[q]) for i in items if (q := i.pair.prompt.removesuffix(" =")) in found]
        known = [(i, p) for i, p in known if p.mistake != p.truth]
        return sum(p.mistake in (i.pair.first, i.pair.second) for i, p in known) / len(known)

    assert mistakes(1.0) == 1
    assert mistakes(1e-9) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_split_larger_than_the_space_is_refused_before_drawing(name: str) -> None:
    with pytest.raises(Exhausted, match="lower the split sizes"):
        draw_split(DOMAINS[name], bytes(16), "pool", DOMAINS[name].space + 1, 0.6, set())


def test_a_domain_that_is_nearly_used_up_is_refused_instead_of_repeating() -> None:
    used = {f"{a} {sign} {b}" for a in range(12, 1000) for b in range(2, 10) for sign in "+-"} - {"12 + 2"}
    assert len(used) == DOMAINS["math"].space - 1
    with pytest.raises(Exhausted, match="draws in a row were used already"):
        draw_split(DOMAINS["math"], bytes(16), "pool", 1, 0.6, used)


@given(SECRETS, st.text(max_size=10), st.lists(st.integers(0, 300), max_size=20))
def test_a_stream_is_a_function_of_secret_and_name_and_in_range(secret: bytes, name: str, sizes: list[int]) -> None:
    a, b = Stream(secret, name), Stream(secret, name)
    drawn = [a.getrandbits(k) for k in sizes]
    assert drawn == [b.getrandbits(k) for k in sizes]
    assert all(0 <= v < 1 << k for v, k in zip(drawn, sizes, strict=True))
    assert 0 <= a.random() < 1
    assert Stream(secret, name + "x").getrandbits(128) != Stream(secret, name).getrandbits(128)
    assert Stream(secret + b"x", name).getrandbits(128) != Stream(secret, name).getrandbits(128)


def test_a_stream_never_uses_or_moves_the_twister_and_cannot_be_reseeded() -> None:
    stream, same = Stream(bytes(16), "x"), Stream(bytes(16), "x")
    before = stream.getstate()
    same.seed(1)
    drawn = [(s.randrange(1000), s.choice("abc"), s.sample(range(50), 9), s.random()) for s in (stream, same)]
    assert drawn[0] == drawn[1]
    assert stream.getstate() == before


def test_a_stream_is_uniform() -> None:
    stream = Stream(bytes(16), "x")
    counts = [0] * 10
    for _ in range(10_000):
        counts[stream.randrange(10)] += 1
    assert sum((c - 1000) ** 2 / 1000 for c in counts) < 27.9  # chi-squared, 9 degrees, one in a thousand
    values = sorted(stream.random() for _ in range(2000))
    assert max(b - a for a, b in pairwise([0, *values, 1])) < 0.01


def test_the_order_of_drawing_splits_only_decides_who_gets_a_contested_problem() -> None:
    alone = draw_split(DOMAINS["code"], bytes(16), "test", 30, 0.6, set())
    after = draw_all(bytes(16), "code", [30, 30, 30, 30])["test"]
    assert [i.pair.id for i in alone] == [i.pair.id for i in after]
    assert [i.label for i in alone] == [i.label for i in after]
