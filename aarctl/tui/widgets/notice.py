"""The line above the keys: a sentence of the room, how far the last command has come, or what a researcher tells."""

from __future__ import annotations

from aarctl.journal.state import Command

from ..attention import attention_line
from ..lines import Line, Piece, fit, line
from ..scene import Scene
from .pane import Content, Pane

STEPS = ("requested", "acknowledged", "effective")
SHOWN_US = 60_000_000  # how long a command stays after it was asked for, once it is over
OPEN = ("requested", "acknowledged")


def command_line(command: Command) -> Line:
    """requested → acknowledged → effective, the steps that are reached standing out."""
    whom = command.researcher or "fleet"
    pieces: list[Piece] = [Piece(f"{command.by}: {command.verb} {whom}  ", "strong")]
    if command.state == "refused":
        return line(*pieces, ("✗ refused: ", "bad"), command.note)
    reached = STEPS.index(command.state) if command.state in STEPS else 0
    for at, step in enumerate(STEPS):
        mark = "✓ " if at <= reached else "· "
        pieces.append(Piece((" → " if at else "") + mark + step, "accent" if at <= reached else "dim"))
    if command.note:
        pieces.append(Piece(f"  {command.note}", "dim"))
    return tuple(pieces)


def notice_line(scene: Scene, said: str, room: int) -> Line:
    """The room's sentence first; else the last command, while it is open or fresh; else what a researcher tells."""
    if said:
        return fit(line(said), room)
    last = _last_command(scene)
    return fit(command_line(last), room) if last is not None else attention_line(scene.state, scene.now, room)


def _last_command(scene: Scene) -> Command | None:
    commands = list(scene.state.commands.values())
    last = next((one for one in reversed(commands) if one.state in OPEN), commands[-1] if commands else None)
    fresh = last is not None and (last.state in OPEN or scene.now - last.at <= SHOWN_US)
    return last if fresh else None


class Notice(Pane, can_focus=False):
    """One line; `said` holds the room's sentence until the next key."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.said = ""

    def say(self, words: str) -> None:
        """Show a sentence."""
        self.said = words
        self.redraw()

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line."""
        return Content([notice_line(scene, self.said, width)])
