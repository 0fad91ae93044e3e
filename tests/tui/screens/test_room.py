"""Every key of the room, pressed as a person would, against real journals."""

import pytest

from aarctl.journal import events as ev
from aarctl.journal.store import Journal
from aarctl.tui.drawing.arrange import PANES
from aarctl.tui.drawing.themes import LOOKS
from aarctl.tui.screens.help import HelpScreen
from aarctl.tui.screens.room import Room
from aarctl.tui.screens.steer import SteerScreen
from aarctl.tui.screens.stop import StopScreen
from aarctl.tui.screens.submission import SubmissionScreen
from tests.fakes.journals import HOSTILE
from tests.tui.pilot import FULL, SMALL, Tell, inbox, room, said, screen, seen, until, words


async def test_the_digits_go_to_the_panes_and_tab_goes_round(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        for key, pane in zip("12345678", PANES, strict=True):
            await pilot.press(key)
            assert pilot.app.focused is not None and pilot.app.focused.id == pane
        await pilot.press("tab")
        assert pilot.app.focused.id == "fleet"
        await pilot.press("shift+tab")
        assert pilot.app.focused.id == "budget"
        await pilot.press("escape")
        assert pilot.app.focused.id == "fleet"


async def test_the_fleet_chooses_whose_transcript_is_read(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        assert screen(pilot).chosen == "r1"
        await pilot.press("down")
        assert screen(pilot).chosen == screen(pilot).view.model.researcher == "r2"
        await pilot.press("j", "j")
        assert screen(pilot).chosen == "*" and screen(pilot).view.model.researcher is None
        await pilot.press("k", "up", "enter")
        assert screen(pilot).chosen == "r2" and pilot.app.focused.id == "transcript"
        await pilot.press("J", "J")
        assert screen(pilot).chosen == "*"
        await pilot.press("K")
        assert screen(pilot).chosen == "r3"


async def test_the_transcript_moves_by_event_expands_and_follows(told: Tell) -> None:
    async with room(told("scored s5"), SMALL) as pilot:
        await pilot.press("2")
        view = screen(pilot).view
        assert view.follow and view.cursor == view.rows[-1].item.seq
        await pilot.press("home")
        assert not view.follow and view.rows[0].item.seq == view.model.next(0).seq
        first = view.cursor
        await pilot.press("down", "down")
        assert view.cursor > first
        await pilot.press("k", "up")
        assert view.cursor == first
        folded = next(row.item.seq for row in view.model.fill((1, 0), 400) if view.model.layout(row.item).hidden)
        view.go_to(folded)
        await pilot.press("enter")
        assert folded in view.model.expanded and view.cursor == folded
        await pilot.press("enter")
        assert folded not in view.model.expanded
        await pilot.press("f")
        assert view.follow
        await pilot.press("pageup")
        assert not view.follow
        await pilot.press("end")
        assert view.follow


async def test_new_events_follow_or_are_counted(told: Tell) -> None:
    moment = told("scored s3", alive=False)
    async with room(moment) as pilot:
        journal = await Journal.open(moment.run, pid=3)
        view = screen(pilot).view

        async def say(number: int) -> None:
            for at in range(number):
                text = ev.head_of(f"words {at}")
                await journal.record(ev.PersonTold(researcher="r1", text=text))

        await say(3)
        await until(pilot, lambda: "words 2" in seen(pilot))
        assert view.follow and view.unseen == 0
        await pilot.press("2", "pageup")
        place = view.anchor_at
        await say(37)
        await until(pilot, lambda: view.unseen == 37)
        assert view.anchor_at == place and "37 new" in seen(pilot)
        await pilot.press("f")
        assert view.unseen == 0 and "37 new" not in seen(pilot)
        await journal.close()


async def test_a_resize_and_a_theme_keep_the_place(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "home", "down", "down", "down", "pagedown")
        view = screen(pilot).view
        seq = view.anchor_at[0]
        for size in ((90, 30), (150, 50), (80, 24), (120, 36)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert view.anchor_at[0] == seq
        await pilot.press(*"t" * len(LOOKS))
        assert view.anchor_at[0] == seq and pilot.app.theme == "aarctl-dark"


async def test_p_pauses_and_resumes_and_the_steps_are_shown(told: Tell) -> None:
    moment = told("scored s3")
    async with room(moment) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: bool(inbox(pilot)))
        await until(pilot, lambda: "pause r1: asked" in said(pilot))
        await pilot.press("P")
        await until(pilot, lambda: len(inbox(pilot)) == 2)
        assert inbox(pilot)[0] == ("pause", {"researcher": "r1", "args": {}})
        assert inbox(pilot)[1] == ("pause", {"researcher": "", "args": {}})


async def test_the_steps_of_a_command_are_shown_as_they_come(told: Tell) -> None:
    moment = told("scored s3", alive=False)
    async with room(moment) as pilot:
        journal = await Journal.open(moment.run, pid=3)
        asked = ev.CommandRequested(researcher="r1", command="k7", inbox=9, by="ada", verb="pause")
        for event, step in (
            (asked, "✓ requested → · acknowledged"),
            (ev.CommandAcknowledged(researcher="r1", command="k7"), "✓ acknowledged → · effective"),
            (ev.CommandEffective(researcher="r1", command="k7"), "✓ effective"),
        ):
            await journal.record(event)
            await until(pilot, lambda step=step: step in words(pilot, "notice"))
        await journal.record(
            ev.CommandRequested(researcher="r2", command="k8", inbox=10, by="ada", verb="steer"),
            ev.CommandRefused(researcher="r2", command="k8", reason="it is finished"),
        )
        await until(pilot, lambda: "refused: it is finished" in words(pilot, "notice"))
        await journal.close()


async def test_a_steer_is_written_over_lines_and_sent(told: Tell) -> None:
    async with room(told("scored s3")) as pilot:
        await pilot.press("down", "s")
        assert isinstance(pilot.app.screen, SteerScreen)
        await pilot.press(*"look", "enter", *"again", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Room) and bool(inbox(pilot)))
        assert inbox(pilot) == [("steer", {"researcher": "r2", "args": {"text": "look\nagain"}})]
        await pilot.press("s", "x", "escape")
        await pilot.pause()
        assert len(inbox(pilot)) == 1


@pytest.mark.parametrize("key", ["S", "ctrl+x"])
async def test_stopping_wants_the_runs_name(told: Tell, key: str) -> None:
    async with room(told("scored s3")) as pilot:
        await pilot.press(key)
        assert isinstance(pilot.app.screen, StopScreen)
        await pilot.press(*"dem", "enter")
        assert isinstance(pilot.app.screen, StopScreen) and "Nothing was stopped" in seen(pilot)
        await pilot.press("o", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Room) and bool(inbox(pilot)))
        assert inbox(pilot) == [("stop", {"researcher": "", "args": {}})]
        await pilot.press(key, "escape")
        assert isinstance(pilot.app.screen, Room)


async def test_read_only_forbids_acting_and_says_so(told: Tell) -> None:
    async with room(told("scored s3"), readonly=True) as pilot:
        assert "read-only" in words(pilot, "header") and "steer" not in words(pilot, "keys")
        for key in ("p", "P", "s", "S", "ctrl+x"):
            await pilot.press(key)
            assert "read-only" in said(pilot) and isinstance(pilot.app.screen, Room)
        await pilot.press("down")
        assert said(pilot) == "" and inbox(pilot) == []


async def test_a_pane_maximises_and_comes_back(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("6", "m")
        assert screen(pilot).query_one("#board").size.width > 110 and "◆ math" in words(pilot, "board")
        assert not screen(pilot).query_one("#fleet").display
        await pilot.press("m")
        assert screen(pilot).query_one("#fleet").display
        await pilot.press("m", "escape")
        assert not screen(pilot).maximised


async def test_help_opens_and_closes(told: Tell) -> None:
    async with room(told("scored s3")) as pilot:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen) and "Pause the fleet at its turn" in seen(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Room)


async def test_q_leaves_and_says_that_the_run_goes_on(told: Tell) -> None:
    async with room(told("scored s3")) as pilot:
        await pilot.press("q")
        assert "goes on without this screen" in pilot.app.return_value
        assert "aarctl attach demo" in pilot.app.return_value


async def test_the_board_leads_to_where_a_submission_was_made(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("6", "down", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, SubmissionScreen)
        await pilot.press("enter")
        await pilot.pause()
        view = screen(pilot).view
        found = view.model.item(view.cursor)
        assert screen(pilot).chosen == "r2" and found is not None and "submits s5" in found.text


async def test_a_post_opens_and_closes(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("4", "down")
        before = words(pilot, "forum")
        await pilot.press("enter")
        assert len(words(pilot, "forum")) > len(before) and "read by" in before
        await pilot.press("enter")
        assert words(pilot, "forum") == before


@pytest.mark.parametrize("size", [FULL, SMALL])
@pytest.mark.parametrize(
    ("moment", "alive", "sentence"),
    [
        ("building", True, "Building the task"),
        ("scored s3", False, "aarctl run --resume demo"),
        ("finished", True, "aarctl replay demo"),
        ("paused r1", True, "paused"),
    ],
)
async def test_every_state_says_what_a_person_needs(
    told: Tell, size: tuple[int, int], moment: str, alive: bool, sentence: str
) -> None:
    async with room(told(moment, alive=alive), size) as pilot:
        assert sentence in seen(pilot)


async def test_a_tiny_terminal_says_what_it_needs(told: Tell) -> None:
    async with room(told("scored s3"), (50, 12)) as pilot:
        assert "60 columns and 16 rows" in seen(pilot)
        await pilot.resize_terminal(120, 36)
        await pilot.pause()
        assert "1 Fleet" in seen(pilot)


async def test_hostile_words_stay_in_their_cells(told: Tell) -> None:
    moment = told("scored s3", alive=False)
    journal = await Journal.open(moment.run, pid=3)
    for at, hostile in enumerate(HOSTILE):
        text = ev.head_of(hostile)
        line = text.head
        await journal.record(
            ev.ForumPosted(
                researcher="r1", post=f"p{50 + at}", thread=f"t{50 + at}", author="r1", title=line, text=text
            ),
            ev.ToolRequested(researcher="r1", call=f"h{at}", turn=9, tool=line, args=text),
            ev.ExperimentQueued(researcher="r2", experiment=f"x{90 + at}", argv=[], out="", title=line),
            ev.SubmissionReceived(
                researcher="r3", submission=f"s{90 + at}", method=line, snapshot="", students=[], card={"claim": line}
            ),
            ev.ResearcherStateChanged(researcher="r2", state="waiting", why=line),
        )
    journal.live("experiment x90", {"tail": "".join(HOSTILE)})
    await journal.close()
    async with room(moment) as pilot:
        for keys in (("2", "home"), ("4", "m"), ("5",), ("6",), ("1",), ("m", "2", "pagedown")):
            await pilot.press(*keys)
            await pilot.pause()
            rows = [strip.text for strip in pilot.app.screen._compositor.render_strips()]
            assert all(not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in row) for row in rows)
            assert all(strip.cell_length == 120 for strip in pilot.app.screen._compositor.render_strips())
            assert "\u202e" not in "".join(rows)


async def test_few_widgets_are_mounted(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        assert len(screen(pilot).query("*")) < 40


async def test_a_large_fleet_leaves_room_for_the_transcript_and_is_scrolled_through(told: Tell) -> None:
    moment = told("claude waits", alive=False)
    journal = await Journal.open(moment.run, pid=1)
    joining = (ev.ResearcherCreated(researcher=f"z{n}", mind="search", model="m", direction="") for n in range(50))
    await journal.record(*joining)
    await journal.close()
    async with room(moment) as pilot:
        fleet, transcript = screen(pilot).query_one("#fleet"), screen(pilot).query_one("#transcript")
        assert fleet.size.height <= FULL[1] // 3 and transcript.size.height >= 10
        assert "z49" not in seen(pilot)
        await pilot.press(*["down"] * 58)
        await pilot.pause()
        assert screen(pilot).chosen == "z49" and "▸ z49" in seen(pilot)
