"""`aarctl steer | add | retire`: telling researchers something, and who takes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import find
from .command import AsJson, One, Order, RunName, Wait, submit, submit_all
from .errors import Failed

if TYPE_CHECKING:
    from ..journal.state import RunState

Mind = Literal["claude", "search"]
ALL = "all"
OVER = ("finished", "failed", "budget")


def steer(
    run: RunName,
    researcher: Annotated[
        str, typer.Argument(metavar="RESEARCHER", help="Such as r1; several: r1,r3; everybody at work: all.")
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Your words, quoted.")],
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Tell one researcher something, or several.

    It is delivered word for word, exactly once, at the next turn; until then it is shown as queued.
    """
    if not text.strip():
        raise typer.BadParameter("say something", param_hint="TEXT")
    if researcher != ALL and "," not in researcher:
        return submit(run, "steer", researcher, wait=wait, as_json=as_json, text=text)
    with find.reader(run) as reader:
        whom = named(reader.state(), researcher)
    orders = [Order(verb="steer", researcher=each, args={"text": text}) for each in whom]
    return submit_all(run, orders, wait=wait, as_json=as_json)


def named(state: RunState, words: str) -> list[str]:
    """The researchers that `words` name: "all" who have not ended, or "r1,r3". Raises Failed when there are none."""
    if words == ALL:
        found = [who.id for who in state.researchers.values() if who.state not in OVER]
    else:
        found = list(dict.fromkeys(each.strip() for each in words.split(",") if each.strip()))
    if not found:
        there = ", ".join(state.researchers) or "none yet"
        raise Failed(f"nobody is left to steer in {state.run}; it has {there}")
    return found


def add(
    run: RunName,
    direction: Annotated[str, typer.Option("--direction", metavar="TEXT", help="Where it should look first.")],
    mind: Annotated[
        Mind | None, typer.Option("--mind", metavar="MIND", help="claude or search; else that of the first researcher.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="Of a claude mind; else the recipe's.")
    ] = None,
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Add a researcher to a run that is under way, or finished.

    It has the next free id, r1 to r9, and the limits of the recipe's [budget.researcher]. A finished run goes on by it.
    """
    if not direction.strip():
        raise typer.BadParameter("say where it should look first", param_hint="--direction")
    given = {"direction": direction, "mind": mind, "model": model}
    args = {name: value for name, value in given.items() if value}
    submit(run, "add", wait=wait, as_json=as_json, **args)


def retire(run: RunName, researcher: One, wait: Wait = None, as_json: AsJson = False) -> None:
    """End one researcher for good, and its experiments with it.

    It takes no further turn. What it posted and submitted stays, and its best submission is replicated as ever.
    """
    submit(run, "retire", researcher, wait=wait, as_json=as_json)
