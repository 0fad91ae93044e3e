"""Flags: in which order a person meets them, how each stands, what its evidence is, and four keys to a verdict."""

from collections.abc import Callable

import pytest

from aarctl.journal import events as ev
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.tui.content.flags import counted, evidence, in_order, standing
from aarctl.tui.content.status import status_of
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.scene import Scene
from aarctl.tui.screens.verdict import VerdictScreen
from aarctl.tui.widgets.flags import flags_content
from tests.fakes.journals import HOSTILE
from tests.tui.pilot import FULL, SMALL, Tell, inbox, room, said, screen, until


@pytest.fixture
def state(told: Tell) -> Callable[[str], RunState]:
    def get(moment: str) -> RunState:
        with JournalReader(told(moment).run) as reader:
            return reader.state()

    return get


def scene(state: RunState) -> Scene:
    return Scene(state=state, status=status_of(state, True), now=state.at)


def test_open_flags_come_first_and_the_newest_of_them_at_the_top(state: Callable[[str], RunState]) -> None:
    assert [flag.id for flag in in_order(state("flags"))] == ["f3", "f2", "f1"]
    assert [flag.id for flag in in_order(state("judged"))] == ["f3", "f1", "f2"]


def test_a_flag_is_judged_with_its_submission_and_open_again_when_it_is_reinstated(
    state: Callable[[str], RunState],
) -> None:
    found = state("judged")
    flag = found.flags["f2"]
    assert standing(found, flag).word == "disqualified"
    assert counted(found) == "1 open, 1 judged, 1 about no submission"
    found.submissions[flag.submission].verdict = ""
    assert standing(found, flag).word == "open"


def test_evidence_goes_round_and_a_flag_without_any_is_its_own(state: Callable[[str], RunState]) -> None:
    flag = state("flags").flags["f3"]
    shown = [evidence(flag, number) for number in range(4)]
    assert [one.seq for one in shown] == [*flag.seqs, flag.seqs[0]]
    assert [(one.number, one.of) for one in shown] == [(1, 3), (2, 3), (3, 3), (1, 3)]
    flag.seqs = []
    assert evidence(flag, 5) == (flag.seq, 1, 1)


@pytest.mark.parametrize("room_", [40, 52, 77, 117])
def test_every_line_fits_and_says_state_words_and_reason(state: Callable[[str], RunState], room_: int) -> None:
    content = flags_content(scene(state("judged")), room_)
    text = "\n".join(plain(one) for one in content.lines)
    assert all(width(one) <= room_ for one in content.lines) and len(content.keys) == len(content.lines)
    assert "⚑ open" in text and "✗ disqualified" in text and "because: " in text and "evidence #" in text


def test_what_a_detector_quotes_cannot_leave_its_lines(state: Callable[[str], RunState]) -> None:
    found = state("flags")
    for hostile in HOSTILE:
        found.flags["f3"].text = ev.head_of(hostile)
        found.flags["f3"].detector = hostile
        for one in flags_content(scene(found), 77).lines:
            assert width(one) <= 77 and "\x1b" not in plain(one)


@pytest.mark.parametrize("size", [FULL, SMALL])
async def test_from_a_flag_to_its_evidence_to_a_verdict_takes_four_keys(told: Tell, size: tuple[int, int]) -> None:
    async with room(told("flags"), size) as pilot:
        await pilot.press("7")
        await pilot.press("enter")
        await pilot.pause()
        flag = screen(pilot).source.state.flags["f3"]
        assert screen(pilot).view.cursor == flag.seqs[0] and screen(pilot).chosen == "r8"
        assert "f3 near-duplicate: evidence 1 of 3" in said(pilot)
        await pilot.press("v")
        assert isinstance(pilot.app.screen, VerdictScreen)
        await pilot.press(*"why", "enter")
        await until(pilot, lambda: bool(inbox(pilot)))
        ((verb, body),) = inbox(pilot)
        assert verb == "verdict" and body["args"]["submission"] == flag.submission


@pytest.mark.parametrize("size", [FULL, SMALL])
async def test_the_next_evidence_is_one_key_away_in_whoever_it_is_about(told: Tell, size: tuple[int, int]) -> None:
    async with room(told("flags"), size) as pilot:
        await pilot.press("7", "enter", "e")
        await pilot.pause()
        flag = screen(pilot).source.state.flags["f3"]
        assert screen(pilot).view.cursor == flag.seqs[1] and screen(pilot).chosen == "r3"
        await pilot.press("7", "enter")
        await pilot.pause()
        assert screen(pilot).view.cursor == flag.seqs[2]


async def test_e_says_what_to_do_before_any_evidence_was_shown(told: Tell) -> None:
    async with room(told("flags")) as pilot:
        await pilot.press("2", "e")
        assert "7 goes to the flags" in said(pilot)


async def test_a_run_without_flags_says_so_and_nothing_can_be_opened(told: Tell) -> None:
    async with room(told("scored s3")) as pilot:
        await pilot.press("7", "enter", "v")
        assert "No detector has raised a flag" in plain(screen(pilot).query_one("#flags").lines[0])  # type: ignore[attr-defined]
