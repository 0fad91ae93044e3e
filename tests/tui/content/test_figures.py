"""Figures, sparks and bars as a person reads them."""

import pytest

from aarctl.journal.events import Interval
from aarctl.tui.content import figures


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.61, ".61"),
        (-0.04, "-.04"),
        (1.0, "1.00"),
        (0.999, "1.00"),
        (1.2, "1.20"),
        (0.0, ".00"),
        (None, "–"),
        (-0.001, ".00"),
    ],
)
def test_a_pgr_is_shown_to_the_grain_it_is_released_at(value: float | None, shown: str) -> None:
    assert figures.pgr(value) == shown


@pytest.mark.parametrize(
    ("us", "shown"),
    [(0, "00:00"), (192_000_000, "03:12"), (3_723_000_000, "1:02:03"), (176_520_000_000, "2d 01:02"), (-5, "00:00")],
)
def test_clocks(us: int, shown: str) -> None:
    assert figures.clock(us) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 KB"),
        (731_000_000, "731 MB"),
        (24_000_000_000, "24 GB"),
        (3 * 10**12, "3.0 TB"),
    ],
)
def test_sizes(count: int, shown: str) -> None:
    assert figures.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, "0 s"), (0.44, "0.4 s"), (12, "12 s"), (200, "3 min"), (9000, "2.5 h")]
)
def test_spans(seconds: float, shown: str) -> None:
    assert figures.span(seconds) == shown


def test_money_is_in_dollars() -> None:
    assert figures.money(0) == "$0.00" and figures.money(22_500_000_000) == "$22.50"
    assert figures.money(18_000 * 10**9) == "$18,000"


def test_a_score_has_its_interval() -> None:
    assert figures.score(Interval(0.61, 0.52, 0.70)) == ".61 [.52 .70]" and figures.score(None) == "–"


def test_sparks_and_bars_stay_within_their_room() -> None:
    assert figures.spark([-1, 0, 0.5, 1, 9]) == "▁▁▅██" and figures.spark([3, 3], 3, 3) == "▁▁"
    assert [len(part) for part in figures.bar(0.25, 8)] == [2, 6] and figures.bar(7, 4) == ("━━━━", "")
