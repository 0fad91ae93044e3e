"""The run picker, the entry points, and the screens drawn into files."""

from pathlib import Path

import pytest

from aarctl.home import RunPaths
from aarctl.journal.errors import NoJournal
from aarctl.tui.app import ControlRoom, Picker, open_room
from aarctl.tui.gallery import draw
from tests.tui.pilot import Tell


async def test_a_run_is_chosen_by_its_line(told: Tell) -> None:
    runs = [RunPaths(told(moment).run) for moment in ("finished",)]
    app = Picker(runs)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
    assert app.return_value == runs[0].root


async def test_leaving_the_picker_chooses_nothing(told: Tell) -> None:
    app = Picker([RunPaths(told("finished").run)])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value is None


async def test_a_damaged_run_is_listed_with_what_is_wrong(tmp_path: Path) -> None:
    run = tmp_path / "broken"
    run.mkdir()
    (run / "journal.db").write_bytes(b"this is no database" * 100)
    app = Picker([RunPaths(run)])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
    assert "broken" in text and "✗" in text


def test_a_run_that_is_not_there_is_said_before_the_screen_opens(tmp_path: Path) -> None:
    with pytest.raises(NoJournal, match="no run at"):
        open_room(tmp_path / "none")
    with pytest.raises(NoJournal):
        ControlRoom(tmp_path / "none", replay=True)


async def test_screens_of_a_run_are_drawn_portably(told: Tell, tmp_path: Path) -> None:
    drawn = await draw.draw_all(tmp_path / "out", told("finished").run)
    assert [path.name for path in drawn] == [
        "demo-120x36-dark.svg", "demo-120x36-light.svg", "demo-80x24-dark.svg", "demo-80x24-light.svg",
    ]  # fmt: skip
    svg = drawn[0].read_text("utf-8")
    assert "@font-face" not in svg and "url(" not in svg.replace("url(#", "") and "terminal-aarctl" in svg


def test_a_text_begins_with_what_is_drawn() -> None:
    svg = '<text class="a" x="0" y="20" textLength="61" clip-path="url(#c)">&#160;&#160;abc</text>'
    assert draw.portable(svg) == '<text class="a" x="24.4" y="20" textLength="36.6" clip-path="url(#c)">abc</text>'
