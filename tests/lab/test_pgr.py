"""PGR and its intervals: properties, a table of Student's t, one seed, and coverage by simulation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aarctl.lab.errors import NoGap
from aarctl.lab.pgr import (
    ASSUMED_SEED_SD,
    MIN_GAP,
    Interval,
    accuracy_interval,
    check_gap,
    difference,
    interval,
    pgr,
    t_quantile,
)

ACCURACY = st.floats(0, 1)
Grid = NDArray[np.bool_]


def draw(r: np.random.Generator, rows: int, items: int, accuracy: float) -> Grid:
    return r.random((rows, items)) < accuracy


@st.composite
def outcomes(d: st.DrawFn) -> tuple[Grid, Grid, Grid]:
    """(students [k, N], weak [N], ceiling [S, N]) with a gap."""
    r = np.random.default_rng(d(st.integers(0, 10_000)))
    items = d(st.integers(20, 120))
    students = draw(r, d(st.integers(1, 5)), items, d(st.floats(0.4, 1)))
    weak, ceiling = draw(r, 1, items, 0.6)[0], draw(r, d(st.integers(1, 5)), items, 0.97)
    assume(ceiling.mean() - weak.mean() >= MIN_GAP)
    return students, weak, ceiling


@given(ACCURACY, ACCURACY, ACCURACY)
def test_pgr_is_0_at_the_weak_1_at_the_ceiling_and_linear_or_there_is_no_gap(t: float, w: float, c: float) -> None:
    if c - w < MIN_GAP:
        with pytest.raises(NoGap, match=r"at least 0\.15 needed"):
            pgr(t, w, c)
    else:
        assert pgr(w, w, c) == 0
        assert pgr(c, w, c) == 1
        assert pgr(t, w, c) * (c - w) + w == pytest.approx(t)


@pytest.mark.parametrize(("weak", "ceiling"), [(math.nan, 1.0), (0.5, math.nan), (0.9, 0.6), (0.7, 0.8499)])
def test_a_gap_that_is_small_negative_or_no_number_is_refused_with_its_figures(weak: float, ceiling: float) -> None:
    with pytest.raises(NoGap, match=f"math: ceiling {ceiling:.3f} - weak {weak:.3f} = "):
        check_gap(weak, ceiling, "math")


@given(outcomes())
def test_an_interval_is_around_the_pgr_of_the_means_whatever_the_order(data: tuple[Grid, Grid, Grid]) -> None:
    students, weak, ceiling = data
    found = interval(students, weak, ceiling)
    assert found.mean == pytest.approx(pgr(students.mean(), weak.mean(), ceiling.mean()))
    assert found.lo <= found.mean <= found.hi
    assert found.mean - found.lo == pytest.approx(found.hi - found.mean)
    order = np.random.default_rng(0).permutation(len(weak))
    assert interval(students[::-1, order], weak[order], ceiling[::-1, order]) == pytest.approx(found)


@given(outcomes())
def test_a_method_never_differs_from_itself_and_a_difference_is_antisymmetric(data: tuple[Grid, Grid, Grid]) -> None:
    students, weak, ceiling = data
    itself = difference(students, students, weak, ceiling)
    assert itself.mean == 0
    if len(students) > 1 < len(ceiling):
        assert itself == pytest.approx((0, 0, 0))
    one, two = difference(students, ceiling, weak, ceiling), difference(ceiling, students, weak, ceiling)
    assert (one.mean, one.lo, one.hi) == pytest.approx((-two.mean, -two.hi, -two.lo))
    apart = interval(students, weak, ceiling).mean - interval(ceiling, weak, ceiling).mean
    assert one.mean == pytest.approx(apart)


@given(outcomes())
def test_repeating_every_item_four_times_never_widens(data: tuple[Grid, Grid, Grid]) -> None:
    students, weak, ceiling = data
    few = interval(students, weak, ceiling)
    many = interval(np.tile(students, 4), np.tile(weak, 4), np.tile(ceiling, (1, 4)))
    assert many.mean == pytest.approx(few.mean)
    # With several seeds this is no theorem: the seeds' few degrees of freedom weigh more once the items' term shrinks.
    if len(students) == len(ceiling) == 1:
        assert many.hi - many.lo <= few.hi - few.lo + 1e-12  # equal where no item says more than another


def test_repeating_items_that_differ_narrows_the_interval() -> None:
    r = np.random.default_rng(4)
    students, weak, ceiling = draw(r, 1, 50, 0.8), draw(r, 1, 50, 0.6)[0], np.ones((1, 50), bool)
    few = interval(students, weak, ceiling)
    many = interval(np.tile(students, 4), np.tile(weak, 4), np.tile(ceiling, (1, 4)))
    assert many.hi - many.lo < few.hi - few.lo


def test_one_seed_borrows_the_assumed_spread() -> None:
    r = np.random.default_rng(0)
    weak, ceiling = draw(r, 1, 400, 0.6)[0], np.ones((3, 400), bool)
    student = draw(r, 1, 400, 0.9)
    one = interval(student, weak, ceiling)
    assert one.hi - one.mean > 1.96 * ASSUMED_SEED_SD
    assert interval(student[0], weak, ceiling) == one  # a row is one seed
    twins = interval(np.repeat(student, 3, 0), weak, ceiling)  # three seeds that agree: only items are left
    assert twins.mean == pytest.approx(one.mean)
    assert twins.hi - twins.lo < one.hi - one.lo
    items_only = twins.hi - twins.mean
    assert one.hi - one.mean == pytest.approx(math.hypot(items_only, 1.96 * ASSUMED_SEED_SD), rel=0.02)


def test_pairing_by_seed_is_tighter_when_seeds_move_both_methods_alike() -> None:
    r = np.random.default_rng(1)
    weak, ceiling = draw(r, 1, 2000, 0.6)[0], np.ones((2, 2000), bool)
    better = np.stack([draw(r, 1, 2000, a)[0] for a in (0.75, 0.85, 0.95)])
    worse = better & draw(r, 3, 2000, 0.98)
    paired, crossed = (difference(better, other, weak, ceiling) for other in (worse, worse[::-1]))
    assert paired.mean == pytest.approx(crossed.mean)
    assert paired.hi - paired.lo < (crossed.hi - crossed.lo) / 3


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    r = np.random.default_rng(2)
    covered = 0
    for _ in range(400):
        seed_effects = r.normal(0, 0.02, (4, 1))
        difficulty = r.random(500)
        students = difficulty < 0.85 + seed_effects
        weak, ceiling = r.random(500) < 0.65, difficulty < 0.98 + r.normal(0, 0.003, (4, 1))
        covered += not interval(students, weak, ceiling).excludes((0.85 - 0.65) / (0.98 - 0.65))
    assert 0.92 <= covered / 400 <= 0.99


@pytest.mark.parametrize(
    ("freedom", "expected", "within"),
    [(1, 12.7062, 1e-3), (2, 4.3027, 1e-3), (3, 3.1824, 0.01), (4, 2.7764, 0.01), (9, 2.2622, 1e-3),
     (30, 2.0423, 1e-3), (math.inf, 1.95996, 1e-4)],
)  # fmt: skip
def test_the_t_quantile_agrees_with_the_table(freedom: float, expected: float, within: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(expected, abs=within)


@given(st.floats(1, 200), st.floats(1, 200))
def test_the_t_quantile_falls_with_the_degrees_of_freedom(a: float, b: float) -> None:
    few, many = sorted((a, b))
    assert t_quantile(0.975, few) >= t_quantile(0.975, many) > 1.9599


def test_an_accuracy_has_an_interval_over_items_and_over_seeds() -> None:
    r = np.random.default_rng(3)
    row = draw(r, 1, 400, 0.7)[0]
    one = accuracy_interval(row)
    p = row.mean()
    assert one.hi - one.mean == pytest.approx(1.96 * math.sqrt(p * (1 - p) / 400), rel=0.02)
    spread = accuracy_interval(draw(r, 4, 400, 0.7) & (r.random((4, 1)) < 0.9))
    assert isinstance(spread, Interval) and spread.lo < spread.mean < spread.hi
    assert Interval(0.5, 0.4, 0.6).excludes(0.61) and not Interval(0.5, 0.4, 0.6).excludes(0.6)


@pytest.mark.parametrize(
    ("students", "weak", "ceiling"),
    [((2, 10), 9, (2, 10)), ((2, 10), 10, (2, 11)), ((0, 10), 10, (2, 10)), ((1, 1), 1, (1, 1))],
)
def test_shapes_that_do_not_fit_are_refused(students: tuple[int, int], weak: int, ceiling: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        interval(np.ones(students), np.zeros(weak), np.ones(ceiling))


def test_two_weak_teachers_are_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        interval(np.ones((2, 5)), np.zeros((2, 5)), np.ones((2, 5)))
