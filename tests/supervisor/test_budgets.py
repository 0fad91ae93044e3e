"""Budgets at the turn boundary."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.state import Researcher, RunState
from aarctl.supervisor.budgets import reached
from tests.fakes.small_run import small_recipe


def fleet(*who: Researcher) -> RunState:
    return RunState(
        researchers={one.id: one for one in who},
        active_us=sum(one.active_us for one in who),
        nusd=sum(one.nusd for one in who),
    )


@given(st.integers(0, 200), st.integers(1, 100))
def test_a_researcher_stops_at_its_turns_and_not_before(settled: int, limit: int) -> None:
    who = Researcher("r1", "search", "m", "", settled=settled)
    found = reached(small_recipe(f"budget.researcher.turns={limit}"), fleet(who), who)
    assert (found is not None) == (settled >= limit)
    if found is not None:
        assert (found.researcher, found.what, found.used, found.limit) == ("r1", "turns", settled, limit)


def test_the_fleets_budget_stops_everyone_and_says_whose_it_is() -> None:
    one = Researcher("r1", "search", "m", "", active_us=40_000_000)
    other = Researcher("r2", "search", "m", "", active_us=30_000_000)
    found = reached(small_recipe("budget.fleet.minutes=1"), fleet(one, other), other)
    assert found is not None
    assert (found.researcher, found.what, found.limit) == ("", "minutes", 1.0)


def test_no_dollars_stop_nobody_who_spends_none() -> None:
    who = Researcher("r1", "search", "m", "")
    assert reached(small_recipe("budget.researcher.usd=0"), fleet(who), who) is None


def test_a_reservation_counts_as_spent() -> None:
    who = Researcher("r1", "search", "m", "", nusd=600_000_000, open_call_nusd=400_000_000)
    found = reached(small_recipe("budget.researcher.usd=1"), fleet(who), who)
    assert found is not None and found.what == "usd"
