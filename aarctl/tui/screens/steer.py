"""Writing to one researcher, or to several at once."""

from __future__ import annotations

from collections.abc import Sequence

from aarctl.journal.state import RunState

from ..acts.acting import listed
from ..drawing.lines import cut
from .write import WriteScreen, Written

WAITING = 3  # messages that are shown of those that wait


class SteerScreen(WriteScreen):
    """Says what still waits for them, so that nobody is told the same twice."""

    def __init__(self, state: RunState, names: Sequence[str], draft: Written | None = None) -> None:
        one = len(names) == 1
        words = [
            f"{'It is' if one else 'Each is'} given these words, as they are, at its next turn.",
            *_waiting(state, names),
        ]
        super().__init__(f"Steer {listed(names)}", "\n".join(words), draft=draft)


def _waiting(state: RunState, names: Sequence[str]) -> list[str]:
    found = [(name, steer) for name in names for steer in state.researchers[name].steers]
    shown = [f"queued for {name}: {cut(steer.text.head.split(chr(10))[0], 50)}" for name, steer in found[-WAITING:]]
    rest = len(found) - len(shown)
    return [*([f"{rest} more queued"] if rest else []), *shown]
