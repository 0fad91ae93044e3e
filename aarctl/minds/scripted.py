"""A mind that plays a list of turns: for tests, and for showing a tool or a screen without a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .protocol import Ask, Calls, Chapter, OnDelta, TextBlock, ToolUse, Turn

Line = Turn | Callable[[Chapter], Turn]


class ScriptedMind:
    """Plays `script`, one entry a turn, and is done after the last."""

    model = "scripted"
    reads = False

    def __init__(self, script: Sequence[Line]) -> None:
        self._script = tuple(script)

    async def turn(self, chapter: Chapter, calls: Calls, on_delta: OnDelta) -> Turn:
        """Entry `chapter.turn` of the script; a callable entry is given the chapter."""
        await calls.begin(Ask(self.model))
        if chapter.turn > len(self._script):
            return Turn((TextBlock("The script is over."),), "done")
        line = self._script[chapter.turn - 1]
        return line if isinstance(line, Turn) else line(chapter)


def use(tool: str, turn: int, said: str = "", **args: object) -> Turn:
    """A turn that says something and uses one tool with `args`."""
    words = (TextBlock(said),) if said else ()
    return Turn((*words, ToolUse(f"script-{turn}-{tool}", tool, dict(args))), "tool_use")
