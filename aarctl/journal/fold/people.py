"""Folding what people ask for: commands, latches, steers."""

from __future__ import annotations

from ..events import (
    CommandAcknowledged,
    CommandEffective,
    CommandRefused,
    CommandRequested,
    SteerDelivered,
    SteerQueued,
)
from ..state import Command, RunState, Steer
from . import latches
from .handlers import count, on, researcher

KEPT_COMMANDS = 32


@on(CommandRequested)
def _(state: RunState, event: CommandRequested) -> None:
    count(state, event.command)
    state.inbox = max(state.inbox, event.inbox)
    state.commands[event.command] = Command(event.command, event.verb, event.researcher, event.args, event.by, state.at)
    over = [name for name, command in state.commands.items() if command.state in ("effective", "refused")]
    for name in over[: max(0, len(state.commands) - KEPT_COMMANDS)]:
        del state.commands[name]


@on(CommandAcknowledged)
def _(state: RunState, event: CommandAcknowledged) -> None:
    """Latches move here: what is acknowledged holds, also over a crash."""
    command = state.commands.get(event.command)
    if command is None:
        return
    command.state = "acknowledged"
    match command.verb:
        case "pause":
            latches.pause(state, command.researcher)
        case "freeze":
            latches.freeze(state, command.researcher, release=command.args.get("release") == "yes")
        case "resume":
            latches.let_go(state, command.researcher)
        case "stop" | "retire" if command.researcher:
            who = researcher(state, command.researcher)
            who.stopping, who.retired = True, who.retired or command.verb == "retire"
        case "stop":
            state.stopping = True


@on(CommandEffective)
def _(state: RunState, event: CommandEffective) -> None:
    command = state.commands.get(event.command)
    if command is not None:
        command.state, command.note = "effective", event.note


@on(CommandRefused)
def _(state: RunState, event: CommandRefused) -> None:
    command = state.commands.get(event.command)
    if command is not None:
        command.state, command.note = "refused", event.reason


@on(SteerQueued)
def _(state: RunState, event: SteerQueued) -> None:
    count(state, event.steer)
    researcher(state, event.researcher).steers.append(
        Steer(event.steer, event.text, event.by, state.seq, event.command)
    )


@on(SteerDelivered)
def _(state: RunState, event: SteerDelivered) -> None:
    who = researcher(state, event.researcher)
    who.steers = [steer for steer in who.steers if steer.steer != event.steer]
