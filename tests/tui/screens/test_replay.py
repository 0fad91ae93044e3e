"""Every key of a replay, and that what it shows equals what was shown live."""

import pytest

from aarctl.tui.content.jump import target_of
from tests.tui.pilot import Tell, Told, room, said, screen, seen, until, words


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("3:20", ("us", 200_000_000)),
        ("1:03:20", ("us", 3_800_000_000)),
        ("#120", ("seq", 120)),
        ("1,200", ("seq", 1200)),
        ("50%", ("seq", 94)),
        ("900%", ("seq", 188)),
        ("soon", None),
        ("", None),
        ("-3", None),
        ("1:2:3:4", None),
        ("²", None),
    ],
)
def test_what_a_person_may_type(text: str, target: tuple[str, int] | None) -> None:
    assert target_of(text, 188) == target


async def test_a_replay_steps_jumps_and_changes_speed(told: Tell) -> None:
    async with room(told("finished"), replay=True) as pilot:
        source = screen(pilot).source
        assert source.state.seq == 1 and "replay" in words(pilot, "header")
        await pilot.press("right", "right", "left")
        assert source.state.seq == 2
        await pilot.press("n", "n")
        assert "scored" in seen(pilot) and source.state.submissions
        before = source.state.seq
        await pilot.press("N")
        assert source.state.seq < before
        await pilot.press("right_square_bracket")
        assert source.speed == 2 and "x2" in words(pilot, "header")
        await pilot.press("left_square_bracket", "left_square_bracket")
        assert source.speed == 0.5
        await pilot.press("g", *"#150", "enter")
        await pilot.pause()
        assert source.state.seq == 150
        await pilot.press("g", *"nonsense", "enter")
        await pilot.pause()
        assert "no time" in said(pilot)
        await pilot.press("g", "escape")
        assert source.state.seq == 150


async def test_a_replay_plays_to_the_end_and_begins_anew(told: Tell) -> None:
    async with room(told("finished"), replay=True, at=180, speed=300.0) as pilot:
        source = screen(pilot).source
        await pilot.press("space")
        assert source.playing or source.at_end
        await until(pilot, lambda: source.at_end)
        assert "finished" in words(pilot, "header")
        source.speed = 1.0  # at 300 it may be over again before we look
        await pilot.press("space")
        assert source.playing
        await pilot.press("space")
        assert not source.playing


async def test_nothing_can_be_changed_in_a_replay(told: Tell) -> None:
    async with room(told("finished"), replay=True) as pilot:
        for key in ("p", "P", "s", "S", "ctrl+x"):
            await pilot.press(key)
            assert "replay" in said(pilot)


async def test_the_transcript_ends_at_the_cursor(told: Tell) -> None:
    async with room(told("finished"), replay=True, at=60) as pilot:
        view = screen(pilot).view
        for _ in range(30):
            await pilot.press("left" if _ % 3 else "right")
            assert view.model.prev(10**9) is None or view.model.prev(10**9).seq <= screen(pilot).source.state.seq
        assert view.rows and view.rows[-1].item.seq <= screen(pilot).source.state.seq


PANES = ("fleet", "history", "forum", "compute", "board", "flags", "budget", "banner")


@pytest.mark.parametrize("moment", ["round 2", "paused r1", "replicating s5"])
async def test_live_at_a_moment_equals_the_replay_at_the_same_seq(told: Tell, moment: str) -> None:
    shown = {}
    live = told(moment)
    live = Told(live.run, live.end - 2_000_000)  # a replay's clock stands at its last event
    async with room(live) as pilot:
        seq = screen(pilot).source.state.seq
        for key in "45678":
            await pilot.press(key)
            await pilot.pause()
        shown = {pane: words(pilot, pane) for pane in PANES if pane != "compute"}
        rows = [row.item.text for row in screen(pilot).view.rows]
    async with room(told("finished"), replay=True, at=seq) as pilot:
        for key in "45678":
            await pilot.press(key)
            await pilot.pause()
        assert {pane: words(pilot, pane) for pane in shown} == shown
        assert [row.item.text for row in screen(pilot).view.rows] == rows
