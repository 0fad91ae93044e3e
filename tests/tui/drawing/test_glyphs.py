"""Every glyph of the room has an ASCII twin of its own width, and ASCII is drawn where it is wanted."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import aarctl.tui
from aarctl.tui.app import ControlRoom
from aarctl.tui.drawing.glyphs import TWINS, ascii_wanted, in_ascii
from aarctl.tui.transcript.wrap import cells
from tests.tui.pilot import Tell

ROOM = Path(aarctl.tui.__file__).parent
CLEANING = ROOM / "transcript" / "clean.py"  # names what it removes


def glyphs_of(path: Path) -> set[str]:
    """Every character of the file's texts that is not ASCII, its docstrings left out."""
    tree = ast.parse(path.read_text("utf-8"))
    words = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in words)
    return {char for node in texts if isinstance(node.value, str) for char in node.value if not char.isascii()}


def test_no_glyph_of_the_room_is_without_a_twin() -> None:
    files = [path for path in ROOM.rglob("*.py") if path != CLEANING and "gallery" not in path.parts]
    missing = {
        f"{path.name}: {char} {ord(char):#x}"
        for path in files
        for char in glyphs_of(path) - set(TWINS)
        if not 0x2800 <= ord(char) < 0x2900
    }
    assert not missing


@pytest.mark.parametrize("glyph", TWINS)
def test_a_twin_is_one_printable_character_as_wide_as_its_glyph(glyph: str) -> None:
    twin = TWINS[glyph]
    assert twin.isascii() and twin.isprintable() and len(twin) == cells(glyph) == 1


@pytest.mark.parametrize("text", ["plain", "⊘ r1 – 3…", "漢字 kanji", "é", "⠉⠒⣀⢸", "a\u0301b", "😀"])
def test_ascii_takes_the_same_cells(text: str) -> None:
    assert in_ascii(text).isascii() and cells(in_ascii(text)) == cells(text)


def test_states_of_researchers_differ_in_ascii_too() -> None:
    from aarctl.tui.content.doing import GLYPHS

    assert len({in_ascii(glyph) for glyph in GLYPHS.values()}) == len(GLYPHS)


@pytest.mark.parametrize(
    ("environ", "chosen", "wanted"),
    [
        ({}, "auto", False),
        ({"LANG": "en_US.UTF-8"}, "auto", False),
        ({"LANG": "C.utf8"}, "auto", False),
        ({"LANG": "C"}, "auto", True),
        ({"LANG": "en_US.ISO-8859-1"}, "auto", True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, "auto", True),
        ({"LC_CTYPE": "de_DE.UTF-8", "LANG": "C"}, "auto", False),
        ({"LANG": "C"}, "unicode", False),
        ({}, "ascii", True),
        ({"AARCTL_ASCII": "1"}, "unicode", True),
        ({"AARCTL_ASCII": "0", "LANG": "C"}, "ascii", False),
    ],
)
def test_who_decides_on_ascii(environ: dict[str, str], chosen: str, wanted: bool) -> None:
    assert ascii_wanted(environ, chosen) is wanted


async def test_the_whole_screen_is_ascii_borders_titles_and_plot_included(
    told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AARCTL_ASCII", "1")
    moment = told("scored s5")
    app = ControlRoom(moment.run, clock=moment.clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        for keys in ((), ("question_mark",), ("escape", "s")):
            await pilot.press(*keys)
            await pilot.pause()
            text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
            assert text.isascii() and "r1" in text, [char for char in text if not char.isascii()]
