"""Pictures of every screen of the gallery, at both sizes, dark, light and without colour.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at the pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from textual.app import App

from aarctl.home import RunPaths
from aarctl.tui.app import Picker
from aarctl.tui.gallery.screens import SCREENS, Shown, arrive, left, room_of
from tests.tui.pilot import Tell

FULL, SMALL = (120, 36), (80, 24)
SIZES = {"full": FULL, "small": SMALL}
LOOKS = {"dark": "aarctl-dark", "light": "aarctl-light", "no-colour": "aarctl-dark"}
MORE: tuple[tuple[Shown, tuple[int, int], str], ...] = (
    (Shown("the-terminal-colours", "scored s5", ("down",)), FULL, "ansi-dark"),
    (Shown("high-contrast", "judged", ("7",)), FULL, "aarctl-contrast"),
    (Shown("fleet-of-a-search", "screening 2"), SMALL, "aarctl-dark"),
    (Shown("forum-beside-the-transcript", "scored s5", ("4",)), SMALL, "aarctl-dark"),
    (Shown("claude-thinks", "claude thinks", ("2",)), SMALL, "aarctl-dark"),
    (Shown("claude-in-chapter-2", "claude chapter 2", ("2",)), SMALL, "aarctl-dark"),
    (Shown("one-claude-blocked", "claude blocked"), FULL, "aarctl-dark"),
    (Shown("a-transcript-without-credit", "claude without credit", ("2",)), SMALL, "aarctl-dark"),
    (Shown("claude-tells", "claude tells"), SMALL, "aarctl-dark"),
    (Shown("ideas", "claude chapter 2", ("3",)), SMALL, "aarctl-dark"),
    (Shown("steered", "steered", ("J", "J")), FULL, "aarctl-dark"),
    (Shown("budget-deeper", "judged", ("8", "down", "down")), SMALL, "aarctl-dark"),
    (Shown("budget-of-claudes-light", "claude waits", ("8",)), SMALL, "aarctl-light"),
    (Shown("budget-of-a-search", "scored s5", ("8",)), SMALL, "aarctl-dark"),
    (Shown("gpus-beside-the-transcript", "queue", ("5", "down")), FULL, "aarctl-dark"),
    (Shown("plot-maximised-light", "judged", ("3", "m", "left")), FULL, "aarctl-light"),
    (Shown("small-submission-of-a-finished-run", "finished", ("6", "enter")), SMALL, "aarctl-dark"),
    (Shown("two-compared-marked", "judged", ("down", "down", "C")), FULL, "aarctl-dark"),
    (Shown("searching", "finished", ("2", "slash", *"loss")), FULL, "aarctl-dark"),
    (Shown("searching-for-what-cannot-be", "finished", ("2", "slash", "left_parenthesis")), SMALL, "aarctl-dark"),
    (Shown("hit-before", "finished", ("2", "slash", *"seed", "enter", "N")), SMALL, "aarctl-dark"),
    (Shown("bookmark-on-a-hit", "finished", ("J", "2", "slash", *"loss", "enter", "b")), FULL, "aarctl-dark"),
    (Shown("only-submissions", "finished", ("2", "o", "o", "o", "o")), FULL, "aarctl-dark"),
    (Shown("only-errors", "claude acts", ("2", "o")), SMALL, "aarctl-dark"),
    (Shown("only-tools", "finished", ("2", "o", "o")), SMALL, "aarctl-dark"),
    (Shown("steer-marked", "scored s5", ("space", "down", "space", "s", *"look at s5")), SMALL, "aarctl-dark"),
    (Shown("budget-refused", "scored s5", ("A", "b", *"lots", "enter")), SMALL, "aarctl-dark"),
    (Shown("verdict-without-a-reason", "scored s5", ("6", "v", "enter")), SMALL, "aarctl-dark"),
    (Shown("verdict-in-contrast", "scored s5", ("6", "v")), SMALL, "aarctl-contrast"),
    (Shown("verdict-in-the-terminals-colours", "scored s5", ("6", "v")), SMALL, "aarctl-terminal"),
    (Shown("palette-narrowed", "scored s5", ("colon", *"rep")), SMALL, "aarctl-dark"),
    (Shown("help-of-compute", "scored s5", ("5", "question_mark")), SMALL, "aarctl-dark"),
    (Shown("tiny", "scored s3"), (44, 10), "aarctl-dark"),
)
"""What a screen becomes by a key more, or at another moment."""
every_look = pytest.mark.parametrize("look", LOOKS)
every_size = pytest.mark.parametrize("size", SIZES)


def looking(look: str, monkeypatch: pytest.MonkeyPatch) -> str:
    if look == "no-colour":
        monkeypatch.setenv("NO_COLOR", "1")
    return LOOKS[look]


@every_look
@every_size
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_looks_as_it_did(
    name: str, size: str, look: str, told: Tell, snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    theme, shown = looking(look, monkeypatch), SCREENS[name]
    moment = told(shown.moment, alive=shown.alive)
    if shown.seen:
        left(moment.run, told(shown.seen).run)
    app = room_of(shown, moment.run, moment.end)
    app.theme = theme
    assert snap_compare(app, terminal_size=SIZES[size], run_before=partial(arrive, shown=shown))


@every_look
@every_size
@pytest.mark.parametrize("empty", [False, True], ids=["some-runs", "no-run"])
def test_the_picker_looks_as_it_did(
    empty: bool, size: str, look: str, told: Tell, snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    theme = looking(look, monkeypatch)
    found = [told(moment, alive=moment == "scored s3") for moment in ("scored s3", "finished", "building")]
    runs = [] if empty else [RunPaths(moment.run) for moment in found]
    end = max(moment.end for moment in found)
    app: App[Any] = Picker(runs, clock=lambda: end + 400_000_000)
    app.theme = theme
    assert snap_compare(app, terminal_size=SIZES[size])


@pytest.mark.parametrize(("shown", "size", "theme"), MORE, ids=[shown.name for shown, *_ in MORE])
def test_the_room_looks_as_it_did(
    shown: Shown, size: tuple[int, int], theme: str, told: Tell, snap_compare: Callable[..., bool]
) -> None:
    moment = told(shown.moment)
    app = room_of(shown, moment.run, moment.end)
    app.theme = theme
    assert snap_compare(app, terminal_size=size, run_before=partial(arrive, shown=shown))
