"""Pictures of the room's main states at both sizes, dark, light, without colour and in the terminal's own.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at the pictures.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

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
    Picture("flags", "flags", FULL, ("7",)),
    Picture("flags, light", "judged", FULL, ("7", "m"), "aarctl-light"),
    Picture("small flags", "flags", SMALL, ("7",)),
    Picture("small flags, no colour", "judged", SMALL, ("7",), colour=False),
    Picture("small evidence", "flags", SMALL, ("7", "enter")),
    Picture("budget", "judged", FULL, ("8",)),
    Picture("budget, no colour", "judged", FULL, ("8", "m"), colour=False),
    Picture("small budget", "judged", SMALL, ("8", "down", "down")),
    Picture("small budget, light", "claude waits", SMALL, ("8",), "aarctl-light"),
    Picture("small budget of a search", "scored s5", SMALL, ("8",)),
    Picture("gpus", "queue", FULL, ("5",)),
    Picture("gpus, light", "queue", FULL, ("5", "m"), "aarctl-light"),
    Picture("small gpus", "queue", SMALL, ("5",)),
    Picture("small gpus, no colour", "queue", SMALL, ("5", "down"), colour=False),
    Picture("point", "judged", FULL, ("3", "left", "left")),
    Picture("small point, no colour", "judged", SMALL, ("3", "left", "left"), colour=False),
    Picture("big plot, light", "judged", FULL, ("3", "m", "left"), "aarctl-light"),
    Picture("submission", "judged", FULL, ("6", "enter")),
    Picture("small submission, light", "judged", SMALL, ("6", "enter"), "aarctl-light"),
    Picture("small submission, no colour", "finished", SMALL, ("6", "enter"), colour=False),
    Picture("two compared", "judged", FULL, ("down", "down", "C")),
    Picture("two compared, light", "finished", FULL, ("C", "right"), "aarctl-light"),
    Picture("small two compared", "judged", SMALL, ("C", "right", "J")),
    Picture("small two compared, no colour", "finished", SMALL, ("C",), colour=False),
    Picture("forum", "judged", FULL, ("4", "m")),
    Picture("small reply", "judged", SMALL, ("4", "i")),
    Picture("board", "judged", FULL, ("6", "m")),
    Picture("searching", "finished", FULL, ("2", "slash", *"loss")),
    Picture("small searching for what cannot be", "finished", SMALL, ("2", "slash", "left_parenthesis")),
    Picture("hits", "finished", FULL, ("J", "2", "slash", *"loss", "enter", "b")),
    Picture("small hits, light", "finished", SMALL, ("J", "2", "slash", *"loss", "enter"), "aarctl-light"),
    Picture("small hits, no colour", "finished", SMALL, ("2", "slash", *"seed", "enter", "N"), colour=False),
    Picture("search of all", "finished", FULL, ("slash", "tab", *"seed", "enter")),
    Picture("small search of all, light", "finished", SMALL, ("slash", "tab", *"loss", "enter"), "aarctl-light"),
    Picture("small search of all, no colour", "finished", SMALL, ("slash", "tab", *"loss", "enter"), colour=False),
    Picture("only submissions", "finished", FULL, ("2", "o", "o", "o", "o")),
    Picture("small only errors", "claude acts", SMALL, ("2", "o")),
    Picture("small only tools, no colour", "finished", SMALL, ("2", "o", "o"), colour=False),
    Picture("bookmarks", "finished", FULL, ("2", "b", "home", "b", "B")),
    Picture("small bookmarks, light", "finished", SMALL, ("2", "b", "home", "b", "B"), "aarctl-light"),
    Picture("small going somewhere", "finished", SMALL, ("g",)),
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
        for key in picture.keys:
            await pilot.press(key)
            while getattr(pilot.app.screen, "looking", False):
                await pilot.pause(0.02)
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=picture.size, run_before=settle)


@pytest.mark.parametrize("empty", [False, True], ids=["some-runs", "no-run"])
def test_the_picker_looks_as_it_did(empty: bool, told: Callable[..., Told], snap_compare: Callable[..., bool]) -> None:
    found = [told(moment, alive=moment == "scored s3") for moment in ("scored s3", "finished", "building")]
    runs = [] if empty else [RunPaths(moment.run) for moment in found]
    end = max(moment.end for moment in found)
    assert snap_compare(Picker(runs, clock=lambda: end + 400_000_000), terminal_size=SMALL)
