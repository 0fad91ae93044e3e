"""What leaves the scorer: noise bound to behaviour, steps of .01, intervals that cover, seeds nobody can foresee."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.lab.pgr import Interval, interval
from aarctl.scorer.release import NOISE_SD, draw_seeds, noise, quantise, release

SECRET = bytes(range(16))
BITS = st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=5)


@given(BITS, st.randoms())
def test_noise_is_a_function_of_behaviour_alone_not_of_its_order(bits: list[bytes], chance: object) -> None:
    shuffled = list(bits)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert noise(SECRET, "code", bits) == noise(SECRET, "code", shuffled)


def test_noise_differs_by_secret_domain_and_a_single_flipped_decision() -> None:
    bits = [b"\x00\x00", b"\x01\x01"]
    values = [
        noise(SECRET, "code", bits),
        noise(bytes(16), "code", bits),
        noise(SECRET, "math", bits),
        noise(SECRET, "code", [b"\x00\x01", b"\x01\x01"]),
        noise(SECRET, "code", [b"\x00\x00\x01", b"\x01"]),
        noise(SECRET, "code", bits[:1]),
    ]
    assert len(set(values)) == len(values)


def test_noise_is_gaussian_with_the_stated_deviation() -> None:
    drawn = [noise(SECRET, "code", [i.to_bytes(4, "little")]) for i in range(4000)]
    assert abs(statistics.mean(drawn)) < 4 * NOISE_SD / math.sqrt(4000)
    assert statistics.stdev(drawn) == pytest.approx(NOISE_SD, rel=0.05)
    beyond = sum(abs(x) > 1.96 * NOISE_SD for x in drawn) / 4000
    assert 0.035 < beyond < 0.065


@given(st.floats(-3, 3))
def test_quantising_moves_by_at_most_half_a_step_and_prints_two_decimals(pgr: float) -> None:
    q = quantise(pgr)
    assert abs(q - pgr) <= 0.005 + 1e-9
    assert len(f"{q!r}".lstrip("-").split(".")[1]) <= 2
    assert repr(q) != "-0.0"


@given(st.floats(-0.5, 1.2), st.floats(0.001, 0.4), st.floats(-0.02, 0.02), st.floats(0.15, 0.5))
def test_a_released_interval_is_centred_and_at_least_as_wide_as_the_exact_one(
    mean: float, half: float, drawn: float, gap: float
) -> None:
    released = release(Interval(mean, mean - half, mean + half), gap, drawn)
    lo, hi = released.interval
    assert (lo + hi) / 2 == pytest.approx(released.pgr)
    assert hi - lo >= 2 * half - 1e-9


def test_released_intervals_cover_the_truth_about_95_times_in_100() -> None:
    g = np.random.default_rng(3)
    trials, covered, items = 400, 0, 600
    for trial in range(trials):
        difficulty = g.normal(size=items)

        def draw(ability: float, seeds: int, spread: float, hard: np.ndarray = difficulty) -> np.ndarray:
            own = ability + spread * g.normal(size=(seeds, 1))
            return 1 / (1 + np.exp(-(own + hard))) > g.random((seeds, items))

        def truth(ability: float, spread: float) -> float:
            x = ability + math.hypot(1, spread) * np.linspace(-4, 4, 2001)
            weight = np.exp(-(np.linspace(-4, 4, 2001) ** 2) / 2)
            return float((weight / (1 + np.exp(-x))).sum() / weight.sum())

        weak, students, ceiling = draw(0.5, 1, 0)[0], draw(1.4, 5, 0.1), draw(4, 5, 0.1)
        exact = interval(students, weak, ceiling)
        drawn = noise(trial.to_bytes(16, "little"), "code", [students.tobytes()])
        lo, hi = release(exact, float(ceiling.mean() - weak.mean()), drawn).interval
        target = (truth(1.4, 0.1) - truth(0.5, 0)) / (truth(4, 0.1) - truth(0.5, 0))
        covered += lo <= target <= hi
    assert covered / trials >= 0.93


@given(st.text(max_size=20), st.integers(1, 64))
def test_seeds_are_distinct_31_bit_integers_and_a_shorter_draw_is_a_prefix(snapshot: str, count: int) -> None:
    seeds = draw_seeds(SECRET, snapshot, count)
    assert len(set(seeds)) == count
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert draw_seeds(SECRET, snapshot, 64)[:count] == seeds


def test_seeds_depend_on_secret_and_snapshot() -> None:
    draws = {tuple(draw_seeds(s, m, 5)) for s in (SECRET, bytes(16)) for m in ("aa", "bb")}
    assert len(draws) == 4
