"""Pauses stop the researcher-hour clock; everything else counts once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aarctl.supervisor.stopwatch import Stopwatch

steps = st.lists(st.tuples(st.integers(0, 10**13), st.sampled_from(["hold", "go", "lap"])), max_size=60)


@given(st.integers(0, 10**18), steps)
def test_laps_add_up_to_the_unpaused_time_and_to_nothing_else(begin: int, happened: list[tuple[int, str]]) -> None:
    watch, now, running, expected, counted = Stopwatch(begin), begin, True, 0, 0
    for passed, what in happened:
        now += passed
        expected += passed if running else 0
        if what == "lap":
            counted += watch.lap_us(now)
            assert counted == expected // 1000
        else:
            getattr(watch, what)(now)
            running = what == "go"
    assert counted + watch.lap_us(now) == expected // 1000


@given(steps)
def test_no_lap_that_lies_within_a_pause_has_any_time(happened: list[tuple[int, str]]) -> None:
    watch, now = Stopwatch(0), 5_000
    watch.hold(now)
    assert watch.lap_us(now) == 5
    for passed, what in happened:
        now += passed
        if what == "hold":
            watch.hold(now)
        assert watch.lap_us(now) == 0


def test_the_time_before_a_pause_is_kept_for_the_lap_after_it() -> None:
    watch = Stopwatch(0)
    watch.hold(3_000_000)
    watch.go(50_000_000)
    assert watch.lap_us(54_000_000) == 7_000
