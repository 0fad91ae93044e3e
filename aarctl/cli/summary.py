"""The closing words of a run: its board, what it cost, the head of its journal, and the commands to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import board, figures, find, plain, speak, status
from .errors import Failed

if TYPE_CHECKING:
    from ..home import RunPaths
    from ..journal.state import RunState


def closing(paths: RunPaths) -> None:
    """Print the closing words of a run that is over. Raises Failed when the run failed."""
    with find.reader(paths.name) as reader:
        state, head = reader.state(), reader.head()
    speak.say()
    speak.say(f"{paths.name} is {state.status}{': ' if state.note else ''}{plain.line(state.note, 300)}")
    speak.say()
    board.show(state)
    speak.say()
    for each in [*cost(state), "", *onward(paths.name, state, head)]:
        speak.say(each)
    if state.status == "failed":
        raise Failed(
            f"run {paths.name} failed: {plain.line(state.note, 300) or 'see logs/supervisor.log in its folder'}"
        )


def after_room(paths: RunPaths) -> None:
    """After the control room was left: the closing words of a run that is over. Raises Failed as `closing`.

    That a live run goes on without its screen is said by the room itself.
    """
    with find.reader(paths.name) as reader:
        state, supervised = reader.state(), reader.supervised()
    name = paths.name
    if state.over:
        closing(paths)
    elif not supervised:
        speak.say(f"{name} is not over and no supervisor runs it; `aarctl run --resume {name}` goes on")


def cost(state: RunState) -> list[str]:
    """What the run used, in a line."""
    spent = status.cost(state)
    play = " of play money" if state.rehearsal else ""
    return [
        f"It took {figures.duration(spent.wall_s)} and cost {figures.dollars(spent.usd)}{play}: "
        f"{figures.count(state.experiments_finished, 'experiment')} in {spent.device_s:,.0f} device seconds, "
        f"{figures.count(len(state.researchers), 'researcher')} at work for {figures.duration(spent.active_s)} in all."
    ]


def onward(name: str, state: RunState, head: str) -> list[str]:
    """The head hash and what can be done next; only commands that this version has."""
    resume = [] if state.status == "finished" else [f"  aarctl run --resume {name}"]
    return [
        f"Head of the journal, to be kept elsewhere: {head}",
        "",
        f"  aarctl replay {name}",
        f"  aarctl board {name}",
        f"  aarctl journal verify {name} --expect {head}",
        *resume,
        "",
        "These researchers were programs. `aarctl run recipes/fake-claude.toml` rehearses Claude researchers."
        if any(each.mind == "search" for each in state.researchers.values())
        else "",
    ]
