"""Pictures of every state in which a person may find a run, at both sizes, dark, light and without colour.

After a change that is meant: `pytest tests/tui/test_state_snapshots.py --snapshot-update`, and look at the pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from textual.app import App
from textual.pilot import Pilot

from aarctl.journal.reader import JournalReader
from aarctl.tui.app import ControlRoom, Picker
from aarctl.tui.memory import Memory
from aarctl.tui.screens.digest import DigestScreen
from tests.tui.conftest import Told
from tests.tui.test_room import until

SIZES = {"full": (120, 36), "small": (80, 24)}
LOOKS = {"dark": "aarctl-dark", "light": "aarctl-light", "no-colour": "aarctl-dark"}


class State(NamedTuple):
    """A state, and the moment of a story that shows it."""

    moment: str
    alive: bool = True
    seen: str = ""
    """Where the person looked last, for who comes back."""


STATES = {
    "starting": State("new"),
    "image building": State("image builds"),
    "model downloading": State("model downloads"),
    "task building": State("building"),
    "waiting for a slot": State("waits for a slot"),
    "rate limited": State("rate limited"),
    "budget reached": State("budget reached"),
    "sandbox lost": State("sandbox lost"),
    "supervisor dead": State("scored s3", alive=False),
    "finished": State("finished"),
    "while you were away": State("claude without credit", seen="claude thinks"),
}


def looking(look: str, monkeypatch: pytest.MonkeyPatch) -> str:
    if look == "no-colour":
        monkeypatch.setenv("NO_COLOR", "1")
    return LOOKS[look]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STATES, ids=lambda name: name.replace(" ", "-"))
def test_a_state_looks_as_it_did(
    name: str, size: str, look: str, told: Callable[..., Told], snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    theme, state = looking(look, monkeypatch), STATES[name]
    moment = told(state.moment, alive=state.alive)
    if state.seen:
        before = told(state.seen)
        with JournalReader(before.run) as reader:
            Memory(moment.run).put("seen", {"seq": reader.last_seq(), "at": before.end})
    app = ControlRoom(moment.run, clock=moment.clock)
    app.theme = theme

    async def settle(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        if state.seen:
            await until(pilot, lambda: isinstance(pilot.app.screen, DigestScreen))
            await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=settle)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", SIZES)
def test_a_home_without_a_run_looks_as_it_did(
    size: str, look: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = looking(look, monkeypatch)
    app: App[Any] = Picker([])
    app.theme = theme
    assert snap_compare(app, terminal_size=SIZES[size])
