"""Which panes stand where: wide, narrow, tiny, maximised."""

import pytest

from aarctl.tui.drawing.arrange import PANES, TABS, arrange


@pytest.mark.parametrize("tab", TABS)
def test_a_wide_screen_shows_fleet_transcript_plot_and_one_tab(tab: str) -> None:
    found = arrange(120, 36, "fleet", tab)
    assert found.kind == "wide" and found.shown == {"fleet", "transcript", "history", tab}


@pytest.mark.parametrize("pane", PANES)
def test_a_narrow_screen_shows_one_pane_and_always_the_fleet(pane: str) -> None:
    found = arrange(80, 24, pane, "board")
    assert found.kind == "narrow" and pane in found.shown and {"fleet", "strip"} & found.shown


@pytest.mark.parametrize("pane", PANES)
def test_any_pane_maximises(pane: str) -> None:
    assert arrange(120, 36, pane, "board", True).shown == {pane, "tabs"}


@pytest.mark.parametrize("size", [(59, 40), (120, 15), (1, 1)])
def test_a_tiny_screen_shows_nothing_but_a_sentence(size: tuple[int, int]) -> None:
    assert arrange(*size, "fleet", "board").kind == "tiny"
