"""`aarctl budget`: what a run has used, how fast, how long its budgets last, and what an hour of research costs.

Given a limit, it changes that of the run as it goes. A rehearsal's dollars are called play money wherever they stand.
"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from . import figures, find, money_shapes, plain, speak, spending
from .command import AsJson, Order, RunName, Wait, Whom, submit_all

WORDS = {"usd": "dollars", "hours": "time"}
"""Where a person reads another word than JSON has: hours are shown as "1 h 12 min"."""

AT_WORK = ("building", "running")


Limit = Annotated[str | None, typer.Option(metavar="N", help="Change this limit.")]


def budget(
    run: RunName,
    researcher: Whom = None,
    usd: Annotated[
        str | None, typer.Option(metavar="N", help="Change this limit: 30 sets it, +5 and -5 move it, none lifts it.")
    ] = None,
    tokens: Limit = None,
    calls: Limit = None,
    turns: Limit = None,
    minutes: Limit = None,
    submissions: Limit = None,
    experiments: Limit = None,
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run has used of its budgets, and how long they last; or change a limit.

    Dollars are those of models. What an hour of a compute slot costs stands beside them, and is limited by nothing.
    A limit is one researcher's, or, where none is named, the fleet's. Whoever a raised one had stopped goes on, in a
    finished run too; one that is lowered below what is used stops at the next turn.
    """
    typed = {
        "usd": usd, "tokens": tokens, "calls": calls, "turns": turns, "minutes": minutes, "submissions": submissions,
        "experiments": experiments,
    }  # fmt: skip
    if orders := changes(researcher or "", typed):
        return submit_all(run, orders, wait=wait, as_json=as_json)
    if wait is not None:
        raise typer.BadParameter("nothing is asked; it goes with a limit, such as --usd +5", param_hint="--wait")
    return read(run, researcher, as_json)


def changes(researcher: str, typed: dict[str, str | None]) -> list[Order]:
    """What to ask, limit by limit: a number with a sign changes the limit by so much, one without sets it."""
    found = []
    for what, amount in typed.items():
        if amount is None:
            continue
        words = amount.strip().removeprefix("$").replace(",", "").replace("_", "")
        key = "change" if words[:1] in ("+", "-") else "limit"
        found.append(Order(verb="budget", researcher=researcher, args={"what": what, key: words}))
    return found


def read(run: str, researcher: str | None, as_json: bool) -> None:
    """Show the budgets; they are not changed."""
    from .. import recipe

    paths = find.run(run)
    with find.reader(run) as reader:
        state, supervised = reader.state(), reader.supervised()
    name = find.researcher(paths, state, researcher) if researcher else ""
    # While nobody runs it nothing is used, and its rates stay what they were.
    now = time.time_ns() // 1000 if supervised and not state.over else 0
    found = spending.budget(recipe.load(paths.recipe), state, max(state.at, now), name)
    return speak.dump(found) if as_json else show(found, name)


def show(found: money_shapes.Budget, researcher: str = "") -> None:
    """The budgets as a person reads them: those of `researcher` and the fleet, or of the fleet and everybody."""
    if found.play_money:
        speak.say("A rehearsal: a script plays the model, nobody pays, and these dollars are play money.\n")
    for each in (*(found.researchers if researcher else ()), found.fleet):
        model = f", {plain.line(each.model, 60)}" if each.model else ""
        speak.say(f"{found.run}, {each.researcher or 'the fleet'}{model}")
        speak.table(("", "#used", "#held", "#left", "#limit", "#lasts"), [_cells(one) for one in each.amounts])
        for line in _remarks(each, found.status):
            speak.say(line)
        speak.say()
    if not researcher:
        speak.table(
            ("", "#dollars", "#an hour", "#tokens", "#cached", "#time", "first limit"),
            [_row(each, found.status) for each in found.researchers],
        )


def _cells(amount: money_shapes.Amount) -> tuple[str, ...]:
    figure = {"usd": figures.dollars, "hours": _hours}.get(amount.what, _count)
    values = (amount.used, amount.held or None, amount.left, amount.limit)
    numbers = ["-" if value is None else figure(value) for value in values]
    return WORDS.get(amount.what, amount.what), *numbers, _span(amount.lasts_s)


def _remarks(account: money_shapes.Account, status: str) -> list[str]:
    """What is said below the table: how fast it goes, what ends first, what an hour of research costs."""
    recent, whole, share = account.recent, account.whole, account.cache_read_share
    said = [
        f"Burn: {_dollars(recent.usd_per_hour)} an hour over the last {figures.duration(recent.over_s)}, "
        f"{_dollars(whole.usd_per_hour)} over the whole run.",
        f"Research: {_dollars(account.models_usd_per_researcher_hour)} for models and "
        f"{_dollars(account.devices_usd_per_researcher_hour)} for devices in every researcher-hour; devices were held "
        f"for {_hours(account.device_hours)}, {figures.dollars(account.device_usd)} in all.",
    ]
    if share is not None:
        said.append(f"Cache: {share:.0%} of the tokens sent were read from it.")
    if limit := _limit(account, status):
        said.append(f"First limit: {limit}.")
    return said


def _row(account: money_shapes.Account, status: str) -> tuple[str, ...]:
    used = {amount.what: amount.used for amount in account.amounts}
    share = account.cache_read_share
    return (
        account.researcher, figures.dollars(used["usd"]), _dollars(account.recent.usd_per_hour),
        _count(used["tokens"]), "-" if share is None else f"{share:.0%}", _hours(used["hours"]),
        _limit(account, status),
    )  # fmt: skip


def _limit(account: money_shapes.Account, status: str) -> str:
    """The limit that ended its work, or will; nothing is foretold of a run that is over."""
    if account.exceeded:
        return f"ended by {account.exceeded}"
    if status not in AT_WORK:
        return ""
    end = account.end
    if end is None:
        return "none in sight"
    whose = "" if end.researcher == account.researcher else f" of {end.researcher}"
    when = f"in about {figures.duration(end.in_s)}" if end.in_s else "used up"
    return f"{WORDS.get(end.what, end.what)}{whose}, {when}"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return figures.duration(seconds) if seconds else "used up"


def _dollars(usd: float | None) -> str:
    return "-" if usd is None else figures.dollars(usd)


def _hours(value: float) -> str:
    return figures.duration(value * 3600)


def _count(value: float) -> str:
    return f"{value:,.0f}"
