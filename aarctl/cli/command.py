"""`aarctl pause | resume | stop | steer`: what a person asks of a run.

A command is left in the run's inbox and copied into the journal by its supervisor, which makes it requested,
acknowledged, effective; or refused. Without a supervisor the row waits there, across reboots, and we say so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from . import find, plain, shapes, speak
from .errors import Failed

if TYPE_CHECKING:
    from ..home import RunPaths
    from ..journal.reader import JournalReader

WAIT_S = 30.0  # how long --json waits unless --wait says otherwise
POLL_S = 0.05

RunName = Annotated[str, typer.Argument(metavar="RUN", help="The run's name.")]
Wait = Annotated[
    float | None,
    typer.Option("--wait", metavar="S", min=0, help="Wait up to S seconds until it is effective; --json waits 30."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Whom = Annotated[str | None, typer.Argument(metavar="[RESEARCHER]", help="One researcher; else the whole fleet.")]


def pause(run: RunName, researcher: Whom = None, wait: Wait = None, as_json: AsJson = False) -> None:
    """Pause the fleet, or one researcher.

    It stops at the next safe point, the end of a turn. Running experiments finish, waiting ones get no slot. A
    researcher paused alone stays so when the fleet resumes.
    """
    submit(run, "pause", researcher or "", wait=wait, as_json=as_json)


def resume(run: RunName, researcher: Whom = None, wait: Wait = None, as_json: AsJson = False) -> None:
    """Let a paused fleet or researcher go on.

    A run that was stopped, or lost its supervisor, goes on with `aarctl run --resume RUN`.
    """
    submit(run, "resume", researcher or "", wait=wait, as_json=as_json)


def stop(run: RunName, researcher: Whom = None, wait: Wait = None, as_json: AsJson = False) -> None:
    """End a run, or one researcher, at the next safe point.

    Nothing is lost: `aarctl run --resume RUN` goes on from there.
    """
    submit(run, "stop", researcher or "", wait=wait, as_json=as_json)


def steer(
    run: RunName,
    researcher: Annotated[str, typer.Argument(metavar="RESEARCHER", help="Such as r1.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Your words, quoted.")],
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Tell one researcher something.

    It is delivered word for word, exactly once, at the next turn; until then it is shown as queued.
    """
    if not text.strip():
        raise typer.BadParameter("say something", param_hint="TEXT")
    submit(run, "steer", researcher, wait=wait, as_json=as_json, text=text)


def submit(
    name: str, verb: str, researcher: str = "", *, wait: float | None, as_json: bool, **args: str
) -> None:
    """Ask, wait if wanted, and say how far it came. Raises Failed when it makes no sense or is refused."""
    paths = find.run(name)
    with find.reader(name) as reader:
        state, supervised = reader.state(), reader.supervised()
        if state.over and not supervised:
            raise Failed(_over(paths.name, state.status, verb))
        if researcher:
            find.researcher(paths, state, researcher)
        if verb == "stop" and not researcher and not supervised:
            asked = _answer(paths, verb, researcher, 0, None, "needless", "no supervisor runs it", False)
        else:
            asked = _asked(paths, reader, verb, researcher, wait, as_json, args)
    if as_json:
        speak.dump(asked)
    elif asked.state != "refused":
        speak.say(_words(asked))
    if asked.state == "refused":
        raise Failed(f"{verb} was refused: {plain.line(asked.note)}")


def _asked(
    paths: RunPaths,
    reader: JournalReader,
    verb: str,
    researcher: str,
    wait: float | None,
    as_json: bool,
    args: dict[str, str],
) -> shapes.Asked:
    from ..journal.inbox import ask

    after = reader.last_seq()
    row = ask(paths.root, verb, researcher, **args)
    patience = wait if wait is not None else WAIT_S if as_json else 0.0
    deadline = time.monotonic() + patience
    while True:
        command, state, note = progress(reader, row, after)
        supervised = reader.supervised()
        if state in ("effective", "refused") or not supervised or time.monotonic() >= deadline:
            return _answer(paths, verb, researcher, row, command, state, note, supervised)
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
    paths: RunPaths, verb: str, researcher: str, row: int, command: str | None, state: str, note: str, supervised: bool
) -> shapes.Asked:
    return shapes.Asked(
        run=paths.name, verb=verb, researcher=researcher, inbox=row, command=command, state=state, note=note,
        supervised=supervised,
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
