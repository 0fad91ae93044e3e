"""How a command of a person's travels from here: left in the run's inbox, then watched until it has come true.

Its supervisor copies it into the journal and makes it requested, acknowledged, effective; or refused. Without a
supervisor the row waits there, across reboots, and we say so; what can be done to a run that is over opens it for that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from . import find, plain, shapes, speak
from .errors import Failed

if TYPE_CHECKING:
    from ..home import RunPaths
    from ..journal.reader import JournalReader
    from ..journal.state import RunState

WAIT_S = 30.0  # how long --json waits unless --wait says otherwise; and how long a run that is over has to do it
POLL_S = 0.05

AFTERWARDS = {
    "finished": ("verdict", "replicate", "post", "budget", "add"),
    "stopped": ("verdict", "post"),
    "failed": ("verdict", "post"),
}
"""By status of a run that is over: what can still be asked of it."""

RunName = Annotated[str, typer.Argument(metavar="RUN", help="The run's name.")]
Wait = Annotated[
    float | None,
    typer.Option("--wait", metavar="S", min=0, help="Wait up to S seconds until it is effective; --json waits 30."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Whom = Annotated[str | None, typer.Argument(metavar="[RESEARCHER]", help="One researcher; else the whole fleet.")]
One = Annotated[str, typer.Argument(metavar="RESEARCHER", help="Such as r1.")]


class Order(shapes.Shape, frozen=True):
    """One thing to ask."""

    verb: str
    researcher: str = ""
    args: dict[str, str] = {}


def submit(name: str, verb: str, researcher: str = "", *, wait: float | None, as_json: bool, **args: str) -> None:
    """Ask one thing, wait if wanted, and say how far it came. Raises Failed when it makes no sense or is refused."""
    answers = _asked_all(name, [Order(verb=verb, researcher=researcher, args=args)], wait, as_json)
    if as_json:
        speak.dump(answers[0])
    _tell(answers, as_json)


def submit_all(name: str, orders: Sequence[Order], *, wait: float | None, as_json: bool) -> None:
    """Ask several things, in order. Raises Failed when one makes no sense, or, once all are asked, is refused."""
    answers = _asked_all(name, orders, wait, as_json)
    if as_json:
        speak.dump(shapes.AskedAll(run=find.run(name).name, asked=answers))
    _tell(answers, as_json)


def _tell(answers: Sequence[shapes.Asked], as_json: bool) -> None:
    refused = [each for each in answers if each.state == "refused"]
    for each in answers:
        if not as_json and each.state != "refused":
            speak.say(_words(each))
    if refused:
        why = "; ".join(dict.fromkeys(plain.line(each.note) for each in refused))
        raise Failed(f"{refused[0].verb} was refused: {why}")


def _asked_all(name: str, orders: Sequence[Order], wait: float | None, as_json: bool) -> list[shapes.Asked]:
    from ..journal.inbox import ask

    paths = find.run(name)
    with find.reader(name) as reader:
        state, supervised = reader.state(), reader.supervised()
        for order in orders:
            _check(paths, state, supervised, order)
        if orders[0].verb == "stop" and not orders[0].researcher and not supervised:
            return [_answer(paths, orders[0], 0, None, "needless", "no supervisor runs it", False)]
        after = reader.last_seq()
        rows = [ask(paths.root, order.verb, order.researcher, **order.args) for order in orders]
        patience = wait if wait is not None else WAIT_S if as_json else 0.0
        if state.over and not supervised:
            _open_again(paths)
            patience = max(patience, WAIT_S)
        deadline = time.monotonic() + patience
        return [_come_to(paths, reader, order, row, after, deadline) for order, row in zip(orders, rows, strict=True)]


def _check(paths: RunPaths, state: RunState, supervised: bool, order: Order) -> None:
    """Raises Failed when there is no such researcher, or the run is over and this cannot be asked of it."""
    if state.over and not supervised and order.verb not in AFTERWARDS.get(state.status, ()):
        raise Failed(_over(paths.name, state.status, order.verb))
    if order.researcher:
        find.researcher(paths, state, order.researcher)


def _open_again(paths: RunPaths) -> None:
    from ..home import Home
    from ..supervisor.launch import launch

    launch(Home.default(), paths.name, asked=True)


def _come_to(
    paths: RunPaths, reader: JournalReader, order: Order, row: int, after: int, deadline: float
) -> shapes.Asked:
    """How far an order has come: effective or refused, or wherever it is at the deadline."""
    while True:
        supervised = reader.supervised()  # before the look: what its supervisor wrote last is then seen
        command, state, note = progress(reader, row, after)
        if state in ("effective", "refused") or not supervised or time.monotonic() >= deadline:
            return _answer(paths, order, row, command, state, note, supervised)
        time.sleep(POLL_S)


def progress(reader: JournalReader, row: int, after: int) -> tuple[str | None, str, str]:
    """(command id, state, note) of the inbox row `row`, from the events after `after`; waiting until it is copied."""
    from ..journal import events as e

    command, state, note = None, "waiting", ""
    kinds = ("command.requested", "command.acknowledged", "command.effective", "command.refused")
    for record in reader.records(after, kinds=kinds):
        match record.event:
            case e.CommandRequested(inbox=copied, command=command_id) if copied == row:
                command, state = command_id, "requested"
            case e.CommandAcknowledged(command=command_id) if command_id == command:
                state = "acknowledged"
            case e.CommandEffective(command=command_id, note=said) if command_id == command:
                state, note = "effective", said
            case e.CommandRefused(command=command_id, reason=said) if command_id == command:
                state, note = "refused", said
    return command, state, note


def _answer(
    paths: RunPaths, order: Order, row: int, command: str | None, state: str, note: str, supervised: bool
) -> shapes.Asked:
    return shapes.Asked(
        run=paths.name, verb=order.verb, researcher=order.researcher, inbox=row, command=command, state=state,
        note=note, supervised=supervised,
    )  # fmt: skip


def _words(asked: shapes.Asked) -> str:
    """One line about how far a command has come."""
    what = f"{asked.verb} {asked.researcher or asked.run}"
    if asked.state == "needless":
        return f"{what}: nothing to do, {asked.note}; `aarctl run --resume {asked.run}` goes on with it"
    if asked.state == "effective":
        return f"{what}: done{'; ' if asked.note else ''}{plain.line(asked.note)}"
    if not asked.supervised:
        return (
            f"{what}: no supervisor runs {asked.run}; this waits in its inbox and holds as soon as "
            f"`aarctl run --resume {asked.run}` goes on"
        )
    if asked.state == "acknowledged":
        return f"{what}: acknowledged, not effective yet; `aarctl status {asked.run}` shows how far it is"
    return f"{what}: asked; it takes effect at the next safe point"


def _over(run: str, status: str, verb: str) -> str:
    if status == "finished":
        return f"run {run} is finished: nothing to {verb}; `aarctl board {run}` shows what came of it"
    return f"run {run} is {status}: nothing to {verb}; `aarctl run --resume {run}` goes on with it first"
