"""`aarctl budget`: equal to the journal's raw usage times the prices, and clear about what ends when."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from aarctl import recipe
from aarctl.cli import money_shapes, spending
from aarctl.home import RunPaths
from aarctl.journal import events as e
from aarctl.journal.spend import HOUR_US, UNITS, account
from aarctl.minds.prices import PriceList, Tokens, cost_nusd
from aarctl.recipe import Recipe, loads, resolve
from tests.journal.test_spend import at_work
from tests.minds.test_charge import dollars

from .conftest import Aarctl, Runs, closing, opening

TWO = """
name = "two"
[[researchers]]
mind = "claude"
[[researchers]]
mind = "claude"
[budget.fleet]
usd = 10
[budget.researcher]
usd = 4
minutes = 120
submissions = 3
[compute]
usd_per_hour = 2.5
"""
MODEL = "claude-opus-5-5"
USED = (
    Tokens(input=1_203, output=2_417, cache_write_1h=31_007),
    Tokens(input=7, output=911, cache_read=31_007, cache_write_1h=2_501),
    Tokens(input=11, output=31, cache_read=33_508, cache_write_5m=17),
)


def two(more: str = "") -> Recipe:
    """Two Claude researchers with budgets."""
    return loads(TWO + more, source="two.toml")


def asked(call: str, who: str, used: Tokens, turn: int) -> list[e.Event]:
    """A call to the model that was answered, as a supervisor journals it."""
    price = PriceList.open(Path("nowhere")).tariff(MODEL, datetime.now(UTC).date())
    return [
        e.ModelRequested(researcher=who, call=call, turn=turn, model=MODEL, reserved_nusd=10**9, reserved_tokens=10**5),
        e.ModelCompleted(
            researcher=who, call=call, turn=turn, content=e.head_of("[]"), stop="waiting", input_tokens=used.input,
            output_tokens=used.output, cache_read_tokens=used.cache_read, cost_nusd=cost_nusd(price, used),
            cache_write_tokens=used.cache_write_5m + used.cache_write_1h, cache_write_1h_tokens=used.cache_write_1h,
        ),
        e.BudgetSettled(researcher=who, turn=turn, active_us=HOUR_US // 2),
    ]  # fmt: skip


def spending_run(runs: Runs, *more: e.Event, words: str = "") -> RunPaths:
    """A run in which r1 was answered twice and r2 once."""
    calls = [*asked("m1", "r1", USED[0], 1), *asked("m2", "r1", USED[1], 2), *asked("m3", "r2", USED[2], 1)]
    paths = runs.make("demo", *opening(), *calls, *more)
    paths.recipe.write_text(resolve(two(words)))
    return paths


def read(aarctl: Aarctl, *words: str) -> money_shapes.Budget:
    """`aarctl budget demo ... --json`, held to its documented shape."""
    result = aarctl("budget", "demo", *words, "--json")
    assert result.exit_code == 0, result.output
    return msgspec.json.decode(result.stdout, type=money_shapes.Budget)


def amounts(found: money_shapes.Account) -> dict[str, money_shapes.Amount]:
    return {each.what: each for each in found.amounts}


def recomputed(paths: RunPaths, who: str) -> Fraction:
    """Dollars from the rows of the file and the text of the price list: no code of aarctl between."""
    db = sqlite3.connect(paths.journal)
    rows = db.execute("select at, body from events where kind = 'model.completed' and researcher = ?", (who,))
    spent = Fraction(0)
    for at, body in rows:
        usage = json.loads(body)
        long = usage.get("cache_write_1h_tokens", 0)
        used = Tokens(
            usage.get("input_tokens", 0), usage.get("output_tokens", 0), usage.get("cache_read_tokens", 0),
            usage.get("cache_write_tokens", 0) - long, long,
        )  # fmt: skip
        spent += dollars(MODEL, datetime.fromtimestamp(at / 10**6, UTC).date(), used)
    db.close()
    return spent


def test_the_dollars_are_the_raw_usage_of_the_file_times_the_price_list(aarctl: Aarctl, runs: Runs) -> None:
    paths = spending_run(runs)
    found = read(aarctl)
    by_name = {each.researcher: amounts(each)["usd"].used for each in found.researchers}
    for who in ("r1", "r2"):
        assert abs(Fraction(by_name[who]) - recomputed(paths, who)) <= Fraction(1, 10**9)
    whole = recomputed(paths, "r1") + recomputed(paths, "r2")
    assert abs(Fraction(amounts(found.fleet)["usd"].used) - whole) <= Fraction(1, 10**9)


def test_every_budget_stands_with_what_is_used_held_left_and_its_limit(aarctl: Aarctl, runs: Runs) -> None:
    held = e.ModelRequested(
        researcher="r1", call="m4", turn=3, model=MODEL, reserved_nusd=10**9, reserved_tokens=70_000
    )
    spending_run(runs, held)
    found = amounts(read(aarctl, "r1").researchers[0])
    assert list(found) == ["usd", "tokens", "hours", "calls", "turns", "submissions", "experiments"]
    usd = found["usd"]
    assert (usd.held, usd.limit) == (1.0, 4.0) and usd.left == pytest.approx(3.0 - usd.used, abs=1e-9)
    assert found["tokens"] == money_shapes.Amount(
        what="tokens", used=sum(each.prompt + each.output for each in USED[:2]), held=70_000, left=None, limit=None,
        lasts_s=None,
    )  # fmt: skip
    assert (found["hours"].used, found["hours"].left, found["hours"].limit) == (1.0, 1.0, 2.0)
    assert (found["calls"].used, found["submissions"].left, found["experiments"].limit) == (3, 3, None)


def test_one_researcher_is_shown_beside_the_fleet(aarctl: Aarctl, runs: Runs) -> None:
    spending_run(runs)
    assert [each.researcher for each in read(aarctl, "r2").researchers] == ["r2"]
    assert [each.researcher for each in read(aarctl).researchers] == ["r1", "r2"]
    shown = aarctl("budget", "demo", "r2").stdout
    assert "demo, r2" in shown and "demo, the fleet" in shown
    wrong = aarctl("budget", "demo", "r7")
    assert wrong.exit_code == 1 and "it has r1, r2" in wrong.stderr


def test_models_and_devices_are_priced_apart_and_the_cache_has_its_share(aarctl: Aarctl, runs: Runs) -> None:
    job = [
        e.ExperimentQueued(researcher="r1", experiment="x1", argv=["m.py"], out="out", title="t"),
        e.ExperimentLeased(researcher="r1", experiment="x1", slot="cpu0"),
        e.ExperimentFinished(
            researcher="r1", experiment="x1", outcome="done", exit_code=0, tail=e.head_of(""), device_s=720.0
        ),
    ]
    spending_run(runs, *job)
    fleet = read(aarctl).fleet
    assert (fleet.researcher_hours, fleet.device_hours, fleet.device_usd) == (1.5, 0.2, 0.5)
    assert fleet.devices_usd_per_researcher_hour == pytest.approx(0.5 / 1.5)
    assert fleet.models_usd_per_researcher_hour == pytest.approx(amounts(fleet)["usd"].used / 1.5)
    sent = sum(each.prompt for each in USED)
    assert fleet.cache_read_share == pytest.approx(sum(each.cache_read for each in USED) / sent)
    shown = " ".join(aarctl("budget", "demo").stdout.split())
    assert "$0.33 for devices in every researcher-hour; devices were held for 12 min 00 s, $0.50 in all" in shown
    assert "time 1 h 30 min" in shown
    assert f"Cache: {fleet.cache_read_share:.0%} of the tokens sent" in shown


def test_play_money_is_called_so(aarctl: Aarctl, runs: Runs) -> None:
    spending_run(runs, words="[claude]\nrehearsal = true\n")
    assert read(aarctl).play_money and "play money" in aarctl("budget", "demo").stdout
    runs.make("paid", *opening("paid")).recipe.write_text(resolve(two()))
    assert "play money" not in aarctl("budget", "paid").stdout


def test_a_limit_that_ended_a_researcher_is_named_and_nothing_is_foretold_of_a_run_that_is_over(
    aarctl: Aarctl, runs: Runs
) -> None:
    over = e.BudgetExceeded(researcher="", what="usd", used=4.1, limit=4.0)
    ended = e.ResearcherStateChanged(researcher="r1", state="budget", why="usd 4.1 of 4")
    paths = spending_run(runs, over, ended)
    shown = aarctl("budget", "demo", "r1").stdout
    assert "ended by usd 4.1 of 4" in shown
    runs.write(paths, *closing())
    shown = aarctl("budget", "demo").stdout
    assert "in about" not in shown and "none in sight" not in shown and "usd 4.1 of 4" in shown


def test_a_run_that_has_not_begun_has_used_nothing(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo").recipe.write_text(resolve(two()))
    found = read(aarctl)
    assert [each.researcher for each in found.researchers] == ["r1", "r2"]
    assert amounts(found.fleet)["usd"].left == 10.0 and found.fleet.cache_read_share is None
    assert found.fleet.whole.usd_per_hour is None and aarctl("budget", "demo").exit_code == 0


def test_everything_that_a_recipe_can_limit_is_shown() -> None:
    assert set(spending.ORDER) == set(UNITS) == set(recipe.Limits.__struct_fields__)


def test_reading_a_budget_changes_nothing(aarctl: Aarctl, runs: Runs) -> None:
    paths = spending_run(runs)
    before = paths.journal.read_bytes()
    assert aarctl("budget", "demo").exit_code == aarctl("budget", "demo", "r1").exit_code == 0
    assert paths.journal.read_bytes() == before


def test_the_soonest_of_all_limits_is_the_fleets_end() -> None:
    """r1 uses two dollars and an hour in every hour: two more of its four dollars, one more of its two hours."""
    state = at_work(HOUR_US)
    found = spending.budget(two(), state, state.at)
    (own,) = [each for each in found.researchers if each.researcher == "r1"]
    assert own.end is not None and found.fleet.end == own.end
    assert (own.end.researcher, own.end.what) == ("r1", "hours")
    assert own.end.in_s == own.recent.over_s, "as much again, at the rate of the last minutes"
    assert own.whole.usd_per_hour == 2.0 and account(state).nusd == 2 * 10**9


def test_a_rate_counts_the_time_in_which_nothing_happens() -> None:
    state = at_work(HOUR_US)
    later = spending.account(two(), state, "r1", state.at + 3 * HOUR_US)
    assert later.whole.usd_per_hour == 0.5 and later.recent.usd_per_hour == 0.0 and later.end is None


def test_what_is_left_lasts_some_time_however_fast_it_goes(aarctl: Aarctl, runs: Runs) -> None:
    spending_run(runs)
    shown = aarctl("budget", "demo").stdout
    assert "used up" not in shown and "in about 0 s" in shown


def test_recipes_of_search_runs_have_budgets_too(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    found = read(aarctl)
    assert not found.play_money and amounts(found.researchers[0])["turns"].limit == 60
    assert recipe.load(runs.home.run("demo").recipe).limits("r1").turns == 60
