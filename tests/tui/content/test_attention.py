"""What researchers tell a person: the newest of it above the keys, for a while."""

from __future__ import annotations

import pytest

from aarctl.journal.events import PersonTold, head_of
from aarctl.journal.fold import fold
from aarctl.journal.fold.attention import KEPT_TOLD, TOLD_CHARS
from aarctl.journal.state import Command, RunState
from aarctl.tui.content.attention import FRESH_US, attention_line
from aarctl.tui.content.status import Status
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.scene import Scene
from aarctl.tui.widgets.notice import notice_line
from tests.fakes.journals import HOSTILE

SECOND = 1_000_000


def told(*texts: str) -> RunState:
    return fold(
        (seq, seq * SECOND, PersonTold(researcher="r3", text=head_of(text))) for seq, text in enumerate(texts, 1)
    )


def shown(state: RunState, said: str = "") -> str:
    return plain(notice_line(Scene(state, Status("running", "●", "good"), now=62 * SECOND), said, 100))


def test_the_newest_is_told_with_its_age_and_how_many_came_before() -> None:
    assert shown(told("Look at the pool.")) == "r3 tells you  01:01 ago  Look at the pool."
    assert shown(told("One.", "Two.")) == "r3 tells you  01:00 ago · 1 before  Two."


def test_what_was_told_long_ago_is_left_to_the_transcript() -> None:
    state = told("Look at the pool.")
    assert attention_line(state, SECOND + FRESH_US, 80) and not attention_line(state, 2 * SECOND + FRESH_US, 80)


def test_a_command_under_way_and_what_the_room_says_come_first() -> None:
    state = told("Look at the pool.")
    assert shown(state, "Theme: light") == "Theme: light"
    state.commands["k1"] = Command("k1", "pause", "r1", {}, "ada", 61 * SECOND)
    assert shown(state).startswith("ada: pause r1")


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_it_stays_one_harmless_line_and_little_is_kept(words: str) -> None:
    state = told(*([words] * 3 * KEPT_TOLD))
    assert len(state.told) == KEPT_TOLD and all(len(one.text) <= TOLD_CHARS for one in state.told)
    line = attention_line(state, 62 * SECOND, 60)
    assert width(line) <= 60 and not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in plain(line))
