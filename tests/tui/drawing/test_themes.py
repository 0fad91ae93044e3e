"""The looks: readable, remembered, and none that carries a meaning by colour alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from aarctl.tui.app import ControlRoom
from aarctl.tui.drawing.themes import CONTRAST, DARK, LIGHT, LOOKS, TERMINAL, following
from aarctl.tui.person.preferences import FILE
from tests.tui.pilot import Tell, Told


def test_the_key_goes_through_every_look_and_begins_anew() -> None:
    names = list(LOOKS)
    assert [following(name) for name in names] == [*names[1:], names[0]] and following("nord") == names[0]


def ratio(one: str, other: str) -> float:
    """The contrast of WCAG 2, from 1 to 21."""

    def light(name: str) -> float:
        parts = (part / 255 for part in Color.parse(name).rgb)
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "least"), [(DARK, 4.5), (LIGHT, 4.5), (CONTRAST, 7)], ids=["dark", "light", "high"])
def test_every_tone_can_be_read_on_the_ground_and_on_the_cursors_row(theme: Theme, least: float) -> None:
    tones = [theme.foreground, theme.accent, theme.success, theme.warning, theme.error]
    assert theme.background is not None
    for tone in [*tones, theme.variables["tone-dim"]]:
        assert tone is not None
        assert ratio(tone, theme.background) >= least, tone
        assert ratio(tone, theme.variables["row"]) >= least - 1, tone


@pytest.fixture
def kept(told: Tell, tmp_path: Path) -> Iterator[Told]:
    """A run that lies in a home."""
    found = told("scored s5")
    runs = tmp_path / "home" / "runs"
    runs.mkdir(parents=True)
    (found.run.parent).rename(runs / "x")
    (runs / "x" / "demo").rename(runs / "demo")
    return (yield found._replace(run=runs / "demo"))


async def test_a_chosen_theme_is_remembered_for_the_home(kept: Told) -> None:
    app = ControlRoom(kept.run, clock=kept.clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("t")
        assert app.theme == LIGHT.name
    assert (kept.run.parent.parent / FILE).read_text() == f'theme = "{LIGHT.name}"\n'
    assert ControlRoom(kept.run, clock=kept.clock).theme == LIGHT.name


async def painted(moment: Told, theme: str) -> str:
    """What the terminal is sent for the whole screen."""
    app = ControlRoom(moment.run, clock=moment.clock)
    app.theme = theme
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        return "".join(strip.render(app.console) for strip in strips)


def colours(sent: str) -> set[str]:
    """The parts of every SGR sequence that choose a colour."""
    parts = {part for found in re.findall(r"\x1b\[([\d;]*)m", sent) for part in re.split(r"(?<!\d);|;(?!\d)", found)}
    return {
        part
        for sequence in parts
        for part in re.findall(r"(?:^|;)((?:3|4|9|10)[0-79]|[34]8;2;\d+;\d+;\d+)", sequence)
        if part not in ("39", "49")
    }


@pytest.mark.parametrize("theme", LOOKS)
async def test_no_color_sends_no_colour_at_all_whatever_the_theme(
    theme: str, told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = told("scored s5")
    assert colours(await painted(moment, theme))
    monkeypatch.setenv("NO_COLOR", "1")
    sent = await painted(moment, theme)
    assert not colours(sent) and "\x1b[1" in sent


async def test_the_terminals_own_look_names_no_colour_value(told: Tell) -> None:
    assert not [part for part in colours(await painted(told("scored s5"), TERMINAL.name)) if "8;2" in part]
