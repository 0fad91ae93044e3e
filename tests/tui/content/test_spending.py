"""What a paid fleet costs, in the few words the room has for it."""

from __future__ import annotations

import pytest

from aarctl.journal.state import Minute, Researcher, RunState
from aarctl.tui.content.limits import Limits
from aarctl.tui.content.spending import in_short, paid, rate, soonest_end

MINUTE = 60_000_000
NOW = 60 * MINUTE
USD = 10**9


def claude(name: str, usd: float, tokens: int = 0, **changes: object) -> Researcher:
    """One that has spent all of it in the last minute."""
    minutes = [Minute(59, nusd=int(usd * USD), tokens=tokens, active_us=MINUTE)]
    return Researcher(
        name, "claude", "claude-opus-5-5", "any", nusd=int(usd * USD), tokens=tokens, prompt_tokens=tokens,
        cached_tokens=tokens * 9 // 10, active_us=MINUTE * 15, minutes=minutes, **changes,  # type: ignore[arg-type]
    )  # fmt: skip


def run(*who: Researcher) -> RunState:
    return RunState(
        at=NOW, opened_at=1, status="running", nusd=sum(one.nusd for one in who),
        researchers={one.id: one for one in who},
    )  # fmt: skip


def test_a_fleet_that_costs_nothing_is_told_from_one_that_is_paid() -> None:
    assert not paid(run(Researcher("r1", "search", "search", "any")))
    assert paid(run(claude("r1", 0.5))) and paid(run(claude("r1", 0.0)))


def test_the_rate_is_that_of_the_last_quarter_of_an_hour() -> None:
    assert rate(run(claude("r1", 2.0), claude("r2", 1.0)), NOW) == "$12.00/h"
    assert rate(run(claude("r1", 2.0)), NOW + 60 * MINUTE) == ""


def test_the_end_that_comes_first_is_found_whosever_it_is() -> None:
    state = run(claude("r1", 3.0, 1000), claude("r2", 1.0, 9000))
    fleet = soonest_end(state, Limits(fleet={"usd": 20}), NOW)
    assert fleet is not None and (fleet.whose, fleet.what) == ("", "usd")
    assert str(fleet) == "the fleet's dollars last 60 min"
    own = soonest_end(state, Limits(everyone={"tokens": 10_000}, fleet={"usd": 20}), NOW)
    assert own is not None and (own.whose, own.what) == ("r2", "tokens")
    assert soonest_end(state, Limits(), NOW) is None


@pytest.mark.parametrize("over", ["finished", "budget", "failed"])
def test_who_is_done_has_no_budget_to_run_out_of(over: str) -> None:
    state = run(claude("r1", 3.0, state=over), claude("r2", 1.0))
    end = soonest_end(state, Limits(everyone={"usd": 3}), NOW)
    assert end is not None and end.whose == "r2"


def test_a_budget_that_is_used_up_says_so() -> None:
    end = soonest_end(run(claude("r1", 3.0)), Limits(everyone={"usd": 3}), NOW)
    assert str(end) == "r1's dollars are used up"


def test_in_short_it_is_the_end_the_cache_and_the_price_of_research() -> None:
    state = run(claude("r1", 3.0, 1000), claude("r2", 1.0, 9000))
    assert in_short(state, Limits(fleet={"usd": 20}), NOW) == [
        "the fleet's dollars last 60 min", "90% read from the cache", "$8.00 a researcher-hour",
    ]  # fmt: skip
    assert in_short(RunState(), Limits(), NOW) == []
