"""Every default key, pressed in every pane where it applies; and how keys are shown in the footer and the help."""

from pathlib import Path
from typing import Any

import pytest
from textual import actions as textual_actions

from aarctl.tui import app as app_module
from aarctl.tui.acts.actions import ACTIONS, BY_ID, SECTIONS, STAGE, Action, applies, clashes, keys_of
from aarctl.tui.acts.keys import Laid, gathered, keys_here, laid, last_keys, shown
from aarctl.tui.app import ControlRoom
from aarctl.tui.drawing.arrange import PANES
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.screens.help import help_keys, help_lines
from aarctl.tui.screens.live import LiveRoom
from aarctl.tui.screens.replay import ReplayRoom
from aarctl.tui.screens.room import Room
from tests.tui.pilot import Tell, Told, room, screen


class Watched(ControlRoom):
    """A room whose keys only note what they would do."""

    CSS_PATH = [str(Path(app_module.__file__).parent / name) for name in ControlRoom.CSS_PATH]

    def __init__(self, told: Told, **options: Any) -> None:
        super().__init__(told.run, clock=told.clock, **options)
        self.acted: list[str] = []
        kind = type(self._room)
        app = self

        class Noting(kind):  # type: ignore[misc, valid-type]
            async def action_act(self, name: str) -> None:
                app.acted.append(name)

        self._room = Noting(self._source, told.clock)


@pytest.mark.parametrize("pane", PANES)
@pytest.mark.parametrize("replay", [False, True], ids=["live", "replay"])
async def test_every_default_key_does_its_action_in_every_pane_where_it_applies(
    told: Tell, pane: str, replay: bool
) -> None:
    app = Watched(told("scored s5"), replay=replay, at=10**6)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, Room)
        app.screen.action_pane(pane)
        await pilot.pause()
        for action in ACTIONS:
            hidden = replay and action.when == "live"  # there only to be refused, behind what a replay's keys do
            if applies(action, pane, replay=replay) and not hidden:
                for key in keys_of(action):
                    await pilot.press(key)
                    assert app.acted[-1:] == [action.id], f"{key} in {pane}"
                    app.acted.clear()


@pytest.mark.parametrize("replay", [False, True], ids=["live", "replay"])
async def test_every_action_of_a_pane_has_something_to_do_it(told: Tell, replay: bool) -> None:
    async with room(told("scored s5"), replay=replay, at=10**6) as pilot:
        here = screen(pilot)
        assert isinstance(here, ReplayRoom if replay else LiveRoom)
        for action in ACTIONS:
            if action.when == ("live" if replay else "replay"):
                continue
            namespace, name, _ = textual_actions.parse(action.runs)
            targets = [here.query_one(f"#{pane}") for pane in action.panes] if namespace == "focused" else [here]
            for target in targets:
                assert callable(getattr(target, f"action_{name}", None)), f"{action.id} on {target}"


def test_no_two_actions_of_one_pane_share_a_key_and_none_have_the_same_name() -> None:
    assert clashes(ACTIONS) == []
    assert len(BY_ID) == len(ACTIONS)


def test_a_shared_key_is_found() -> None:
    both = (*ACTIONS, Action("nap", "p", "nap", "Sleep.", ("board",)))
    assert clashes(both) == [("p", "pause", "nap")]
    elsewhere = Action("doze", "enter", "doze", "Sleep.", ("nowhere",))
    assert clashes((*ACTIONS, elsewhere)) == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_says_what_it_does_in_a_sentence_of_its_own(action: Action) -> None:
    assert action.title and action.tells.endswith(".") and action.tells[0].isupper()
    assert set(action.panes) <= {*PANES, STAGE} and action.when in ("", "live", "replay")


@pytest.mark.parametrize(
    ("key", "words"),
    [("up", "↑"), ("question_mark", "?"), ("ctrl+right_square_bracket", "ctrl+]"), ("S", "S"), ("plus", "+")],
)
def test_keys_are_shown_as_a_person_reads_them(key: str, words: str) -> None:
    assert shown(key) == words


def test_keys_that_belong_together_stand_together() -> None:
    found = {key.does: key for key in gathered(ACTIONS)}
    assert found["move"].key == "↑↓" and found["panes"].key == f"1-{len(PANES)}" and found["step"].key == "←→"
    every = {key.does: key.key for key in gathered(ACTIONS, every=True)}
    assert every["move"] == "↑↓ k j" and every["stop"] == "S ctrl+x" and every["freeze and release"] == ""


@pytest.mark.parametrize("pane", PANES)
@pytest.mark.parametrize("room_for", [40, 77, 117, 200])
def test_the_footer_never_outgrows_its_line_and_ends_with_help_and_quit(pane: str, room_for: int) -> None:
    found = laid(keys_here(ACTIONS, pane), room_for, last_keys(ACTIONS))
    assert width(found.line) <= room_for and plain(found.line).endswith("? help" + " " * found.gap + "q quit")


def test_the_footer_has_what_fits_the_pane_and_the_run() -> None:
    def does(pane: str, **options: Any) -> list[str]:
        return [key.does for key in keys_here(ACTIONS, pane, **options)]

    assert does("fleet")[:3] == ["move", "transcript", "mark"]
    assert does("board")[2] == "verdict"
    assert "earlier, later" in does("compute") and "earlier, later" not in does("board")
    assert "resume" in does("fleet", words={"pause": "resume"}) and "pause" in does("fleet")
    assert "steer" not in does("fleet", readonly=True) and "steer" not in does("fleet", replay=True)
    assert "play" in does("board", replay=True) and "play" not in does("board")
    assert "verdict" in does("board", over=True) and "pause" not in does("board", over=True)
    assert does(STAGE) == ["stop", "palette", "theme"]


def test_a_place_in_the_footer_is_the_key_that_stands_there() -> None:
    found = laid(keys_here(ACTIONS, "fleet"), 117, last_keys(ACTIONS))
    words = plain(found.line)
    for key in ("pause", "steer", "quit"):
        assert found.at(words.index(f" {key}") + 1) == key
    assert found.at(words.index("  ")) == "" == found.at(10**6) and found.at(0) == "down"
    assert Laid([], 3).at(0) == ""


@pytest.mark.parametrize("pane", PANES)
def test_the_help_of_a_pane_has_its_actions_and_no_others(pane: str) -> None:
    sections = help_keys(ACTIONS, pane, replay=False)
    words = " ".join("".join(plain(line) for line in help_lines(sections, 76)).split())
    for action in ACTIONS:
        there = applies(action, pane, replay=False)
        alone = not action.beside and action.panes and sum(one.tells == action.tells for one in ACTIONS) == 1
        if there and not action.beside:
            assert "".join(action.tells.split()) in words.replace(" ", "")
        elif alone and not there:
            assert "".join(action.tells.split()) not in words.replace(" ", "")
    assert sections[0][0] == f"In {pane.title()}" or pane in ("history", "fleet", "transcript")


def test_the_help_of_a_replay_tells_of_its_cursor_and_of_nothing_that_acts() -> None:
    names = [name for name, _ in help_keys(ACTIONS, "fleet", replay=True)]
    assert "Replay" in names and "Acting" not in names
    assert "Acting" in SECTIONS and "Replay" not in [name for name, _ in help_keys(ACTIONS, "fleet", replay=False)]
