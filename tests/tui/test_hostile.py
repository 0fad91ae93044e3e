"""Hostile texts in every place of a journal, and every pane, page and sheet of the room over them.

Nothing is raised, no control character is drawn, and every line has the cells that its pane has: by the terminal's
count of each character, not by the count of whoever laid the line out.
"""

import asyncio
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from aarctl.home import RunPaths
from aarctl.journal import events as ev
from aarctl.journal.errors import BadEvent
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal, create
from aarctl.tui.app import ControlRoom
from aarctl.tui.drawing.arrange import PANES
from aarctl.tui.drawing.paint import Painter
from aarctl.tui.transcript.wrap import cells
from tests.fakes.hostile import SHORT, attacks, huge

ODD = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
SIZES = ((120, 36), (80, 24))
HUGE = 40_000  # characters: here they must only be drawn rightly; how long that takes is the benchmark's matter


async def _write(run: Path, texts: tuple[str, ...]) -> None:
    RunPaths(run).make()
    create(run)
    journal = await Journal.open(run, pid=1)
    await journal.record(ev.RunOpened(run="hostile", aarctl="0.2.0", recipe=ev.head_of(SHORT[0])))
    for at, text in enumerate(texts):
        for event in attacks(text, journal.blobs, at):
            with suppress(BadEvent):  # what the journal refuses attacks nobody
                journal.note(event)
    for at in range(len(texts)):
        journal.live(f"turn r{at + 1}", {"text": "\n".join(SHORT)})
        journal.live(f"experiment x{at}q", {"tail": "".join(SHORT)})
    journal.live("task", {"stage": "".join(SHORT)})
    await journal.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with all short texts."""
    run = tmp_path_factory.mktemp("hostile") / "hostile"
    asyncio.run(_write(run, SHORT))
    return run


@pytest.fixture
def attacked(written: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(written, tmp_path / "hostile"))


def holds(pilot: Pilot[Any]) -> None:
    """Every line of the screen, and of every widget on it, is as it must be."""
    screen = pilot.app.screen
    width = screen.size.width
    for strip in screen._compositor.render_strips():
        assert ODD.search(strip.text) is None, repr(strip.text)
        assert strip.cell_length == width and cells(strip.text) == width, repr(strip.text)
    for pane in screen.query(Painter):
        if pane.display and pane.size:
            for y in range(pane.size.height):
                strip = pane.render_line(y)
                assert cells(strip.text) == strip.cell_length == pane.size.width, (pane, repr(strip.text))


async def look(pilot: Pilot[Any], *keys: str) -> None:
    """Press, and hold what comes to that."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
        holds(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_pane_lets_a_hostile_text_out_of_its_cells(attacked: Path, size: tuple[int, int]) -> None:
    async with ControlRoom(attacked, readonly=True).run_test(size=size) as pilot:
        await pilot.pause()
        for number, _ in enumerate(PANES, 1):
            await look(pilot, str(number), "m", "pagedown", "end", "m")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_event_lets_a_hostile_text_out_of_its_cells(attacked: Path, size: tuple[int, int]) -> None:
    async with ControlRoom(attacked, readonly=True).run_test(size=size) as pilot:
        await pilot.pause()
        await look(pilot, "2", "m")
        with JournalReader(attacked) as reader:
            last = reader.last_seq()
        pilot.app.screen.choose("*")  # type: ignore[attr-defined]
        view = pilot.app.screen.view  # type: ignore[attr-defined]
        for seq in range(1, last, 17):
            view.go_to(seq)
            view.action_expand()
            await pilot.pause()
            holds(pilot)


async def test_every_researcher_has_its_title_and_its_open_turn(attacked: Path) -> None:
    async with ControlRoom(attacked, readonly=True).run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        await look(pilot, "1", *["J"] * len(SHORT))


async def test_no_sheet_lets_a_hostile_text_out_of_its_cells(attacked: Path) -> None:
    async with ControlRoom(attacked).run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        for number in range(0, len(SHORT), 12):
            await look(pilot, "6", *["down"] * 12 * bool(number), "enter", "escape")
        for keys in (("s",), ("v",), ("c",), ("C",), ("b",), ("x",), ("w",), ("R",), ("question_mark",), ("colon",)):
            await look(pilot, "1", "down", *keys)
            await look(pilot, "escape", "escape")
        await look(pilot, "7", "enter", "e", "7", "down", "enter", "v", "escape", "escape")
        await look(pilot, "2", "b", "B", "escape", "slash", *"red", "enter", "n", "n", "escape")


async def test_huge_texts_are_drawn_rightly_and_opened(tmp_path: Path) -> None:
    run = tmp_path / "hostile"
    texts = tuple(huge(HUGE).values())
    await _write(run, texts)
    async with ControlRoom(run, readonly=True).run_test(size=SIZES[1]) as pilot:
        await pilot.pause()
        for number, _ in enumerate(PANES, 1):
            await look(pilot, str(number), "home", "pagedown", "end")
        await look(pilot, "2", "home", *["enter", "down"] * 15)


@pytest.mark.parametrize("at", range(1, 400, 133))
async def test_a_replay_shows_them_too(attacked: Path, at: int) -> None:
    async with ControlRoom(attacked, replay=True, at=at).run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        await look(pilot, "n", "right", "2", "home")
