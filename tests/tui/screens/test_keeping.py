"""Keeping what is on the screen: files in the person's folder, never over another, with the pane's lines in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aarctl.tui.screens.keeping import file_name
from tests.tui.pilot import Tell, room, said, words


def test_a_file_is_named_by_run_pane_and_time_whatever_the_run_is_called() -> None:
    assert file_name("demo", "board", 1_775_000_000_000_000, "txt") == "demo-board-20260331-233320.txt"
    assert file_name("../a b\x1b", "fleet", 0, "svg") == "..-a-b--fleet-19700101-000000.svg"


async def test_the_screen_is_kept_as_a_picture(told: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with room(told("scored s5")) as pilot:
        await pilot.press("f9")
        (file,) = tmp_path.glob("*.svg")
        assert file.name.startswith("demo-screen-") and file.name in said(pilot)
        assert "soft&#160;labels" in file.read_text("utf-8")


@pytest.mark.parametrize(("key", "pane"), [("6", "board"), ("1", "fleet"), ("3", "history")])
async def test_a_pane_is_kept_with_all_its_lines(
    key: str, pane: str, told: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with room(told("finished")) as pilot:
        await pilot.press(key, "f10")
        (file,) = tmp_path.glob(f"demo-{pane}-*.txt")
        kept = file.read_text("utf-8")
        assert kept.rstrip("\n") == "\n".join(line.rstrip() for line in words(pilot, pane).split("\n")).rstrip("\n")
        await pilot.press("f10")
        assert "cannot be written: File exists" in said(pilot) and file.read_text("utf-8") == kept


async def test_the_transcript_is_kept_as_it_is_on_the_screen(
    told: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with room(told("scored s5"), readonly=True) as pilot:
        await pilot.press("2", "f10")
        (file,) = tmp_path.glob("demo-transcript-*.txt")
        assert "posts p4" in file.read_text("utf-8")
