"""Pictures of the room's main states at both sizes, dark, light, without colour and in the terminal's own.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at the pictures.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot

from aarctl.home import RunPaths
from aarctl.tui.app import ControlRoom, Picker
from tests.tui.conftest import Told

FULL, SMALL = (120, 36), (80, 24)


class Picture(NamedTuple):
    """A state, a size, keys that lead to it."""

    name: str
    moment: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    theme: str = "aarctl-dark"
    options: dict[str, Any] = {}
    alive: bool = True
    colour: bool = True


PICTURES = (
    Picture("room, dark", "scored s5", FULL, ("down", "2")),
    Picture("room, light", "scored s5", FULL, ("down", "2"), "aarctl-light"),
    Picture("room, no colour", "scored s5", FULL, ("down",), colour=False),
    Picture("room, the terminal's colours", "scored s5", FULL, ("down",), "ansi-dark"),
    Picture("small room, dark", "scored s5", SMALL, ("down", "2")),
    Picture("small room, light", "scored s5", SMALL, ("down", "2"), "aarctl-light"),
    Picture("small room, no colour", "scored s5", SMALL, ("down", "2"), colour=False),
    Picture("small fleet", "screening 2", SMALL),
    Picture("small plot", "finished", SMALL, ("3",)),
    Picture("small compute", "replicating s5", SMALL, ("5",)),
    Picture("small forum", "scored s5", SMALL, ("4",)),
    Picture("claudes wait", "claude waits", FULL, ("2",)),
    Picture("claudes wait, light", "claude waits", FULL, ("2",), "aarctl-light"),
    Picture("claude acts", "claude acts", FULL, ("2", "m")),
    Picture("small claude thinks", "claude thinks", SMALL, ("2",)),
    Picture("small claude in chapter 2", "claude chapter 2", SMALL, ("2",)),
    Picture("one claude blocked", "claude blocked", FULL),
    Picture("small one claude blocked", "claude blocked", SMALL),
    Picture("claudes without credit", "claude without credit", FULL),
    Picture("small claudes without credit", "claude without credit", SMALL, ("2",)),
    Picture("small claudes without credit, no colour", "claude without credit", SMALL, colour=False),
    Picture("small claude tells", "claude tells", SMALL),
    Picture("rehearsal", "rehearsal acts", FULL),
    Picture("small rehearsal", "rehearsal acts", SMALL),
    Picture("small ideas", "claude chapter 2", SMALL, ("3",)),
    Picture("building", "building", FULL),
    Picture("small building", "building", SMALL),
    Picture("steered", "steered", FULL, ("J", "J")),
    Picture("dead", "scored s3", FULL, alive=False),
    Picture("small dead", "scored s3", SMALL, alive=False),
    Picture("finished", "finished", FULL, ("6",)),
    Picture("small board", "finished", SMALL, ("6",)),
    Picture("replay", "finished", FULL, ("n", "n", "n"), options={"replay": True}),
    Picture("read-only", "scored s3", SMALL, options={"readonly": True}),
    Picture("tiny", "scored s3", (44, 10)),
    Picture("help", "scored s3", FULL, ("question_mark",)),
    Picture("steering", "scored s3", SMALL, ("s",)),
    Picture("stopping", "scored s3", SMALL, ("S",)),
)


@pytest.mark.parametrize(
    "picture", PICTURES, ids=lambda picture: picture.name.replace(",", "").replace("'s", "").replace(" ", "-")
)
def test_the_room_looks_as_it_did(
    picture: Picture,
    told: Callable[..., Told],
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not picture.colour:
        monkeypatch.setenv("NO_COLOR", "1")
    moment = told(picture.moment, alive=picture.alive)
    app = ControlRoom(moment.run, clock=moment.clock, **picture.options)
    app.theme = picture.theme

    async def settle(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await pilot.press(*picture.keys)
        await pilot.pause()

    assert snap_compare(app, terminal_size=picture.size, run_before=settle)


@pytest.mark.parametrize("empty", [False, True], ids=["some-runs", "no-run"])
def test_the_picker_looks_as_it_did(empty: bool, told: Callable[..., Told], snap_compare: Callable[..., bool]) -> None:
    found = [told(moment, alive=moment == "scored s3") for moment in ("scored s3", "finished", "building")]
    runs = [] if empty else [RunPaths(moment.run) for moment in found]
    end = max(moment.end for moment in found)
    assert snap_compare(Picker(runs, clock=lambda: end + 400_000_000), terminal_size=SMALL)
