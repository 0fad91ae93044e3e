"""What a person can change, done as a person does it: by keys and mouse, down to the row in the inbox."""

import json
import time
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from aarctl.journal import events as ev
from aarctl.journal import inbox as inbox_of_the_run
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal
from aarctl.tui.acts.actions import ACTIONS, keys_of
from aarctl.tui.screens.choose import Options
from aarctl.tui.screens.commands import CommandsScreen
from aarctl.tui.screens.confirm import ConfirmScreen
from aarctl.tui.screens.limits import BudgetScreen
from aarctl.tui.screens.room import Room
from aarctl.tui.screens.steer import SteerScreen
from aarctl.tui.screens.verdict import VerdictScreen
from aarctl.tui.screens.write import WriteScreen
from tests.tui.pilot import SMALL, Tell, inbox, room, said, screen, seen, until, words


async def asked(pilot: Pilot[Any], number: int = 1) -> list[tuple[str, str, dict[str, str]]]:
    """The rows of the inbox once there are `number` of them."""
    await until(pilot, lambda: len(inbox(pilot)) >= number and isinstance(pilot.app.screen, Room))
    return [(verb, body["researcher"], body["args"]) for verb, body in inbox(pilot)]


async def test_what_was_asked_for_is_in_the_inbox_in_order_though_the_disk_is_slow_and_the_room_left(
    told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays, leave = iter((0.4, 0.2)), inbox_of_the_run.ask

    def slowly(*args: Any, **words: str) -> None:
        time.sleep(next(delays, 0))
        leave(*args, **words)

    monkeypatch.setattr(inbox_of_the_run, "ask", slowly)
    moment = told("scored s5")
    async with room(moment) as pilot:
        await pilot.press("space", "down", "space", "p", "P")
    with JournalReader(moment.run) as reader:
        asked = reader._db.execute("select kind, body from inbox order by id").fetchall()
    assert [json.loads(body)["researcher"] for _, body in asked] == ["r1", "r2", ""]


async def test_space_marks_and_what_is_done_next_is_for_the_marked(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("space", "down", "down", "space", "up")
        assert screen(pilot).marked == {"r1", "r3"} and screen(pilot).chosen == "r2"
        assert "r1*" in words(pilot, "fleet") and "r2*" not in words(pilot, "fleet")
        assert "what you do next is for r1 and r3" in seen(pilot)
        await pilot.press("p")
        assert await asked(pilot, 2) == [("pause", "r1", {}), ("pause", "r3", {})]
        await until(pilot, lambda: "pause r1 and r3: asked" in said(pilot))
        await pilot.press("A")
        assert screen(pilot).marked == {"r1", "r2", "r3"}
        await pilot.press("A", "A", "up", "space")
        assert screen(pilot).marked == {"r2", "r3"}


async def burst(pilot: Pilot[Any], *keys: str) -> None:
    """Keys that arrive in one piece, as over a slow line: nothing is waited for between them."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
    await pilot.pause()


async def test_keys_of_one_burst_act_on_whom_they_chose(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await burst(pilot, "space", "j", "j", "space", "J", "k", "p")
        assert screen(pilot).marked == {"r1", "r3"} and screen(pilot).chosen == "r3"
        assert await asked(pilot, 2) == [("pause", "r1", {}), ("pause", "r3", {})]
        await burst(pilot, "A", "A", "k", "j", "k", "z")
        assert screen(pilot).marked == set() and screen(pilot).chosen == "r2"
        assert (await asked(pilot, 3))[2] == ("freeze", "r2", {})


async def test_a_text_and_its_sending_in_one_burst_lose_nothing(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("s")
        await burst(pilot, *"hello", "ctrl+s")
        assert await asked(pilot) == [("steer", "r1", {"text": "hello"})]
        await pilot.press("6", "v")
        await burst(pilot, "down", *"peeked", "enter")
        assert (await asked(pilot, 2))[1][2]["verdict"] == "disqualify"
        await pilot.press("s")
        await burst(pilot, *"draft", "escape")
        await pilot.press("s")
        assert pilot.app.screen.query_one(TextArea).text == "draft"


async def test_marks_show_on_a_small_screen_too(told: Tell) -> None:
    async with room(told("scored s5"), SMALL) as pilot:
        await pilot.press("space", "6")
        assert "r1*" in words(pilot, "strip")


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("p", [("pause", "r2", {})]),
        ("P", [("pause", "", {})]),
        ("z", [("freeze", "r2", {})]),
        ("Z", [("freeze", "", {})]),
        ("U", [("resume", "", {})]),
    ],
)
async def test_a_latch_takes_one_key(told: Tell, key: str, rows: list[tuple[str, str, dict[str, str]]]) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("down", key)
        assert await asked(pilot) == rows


async def test_who_is_not_held_is_not_resumed_and_nobody_chosen_is_a_sentence(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("u")
        assert said(pilot) == "r1 is not held."
        await pilot.press("down", "down", "down")
        for key in ("p", "z", "u", "s", "x"):
            await pilot.press(key)
            assert "Choose a researcher first" in said(pilot) and isinstance(pilot.app.screen, Room)
        assert inbox(pilot) == []


async def test_a_freeze_that_gives_slots_back_is_in_the_palette(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await screen(pilot).do("freeze-release")
        assert await asked(pilot) == [("freeze", "r1", {"release": "yes"})]


async def test_one_text_goes_to_all_that_are_marked(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("space", "down", "space", "s")
        assert isinstance(pilot.app.screen, SteerScreen) and "Steer r1 and r2" in seen(pilot)
        await pilot.press(*"try", "enter", *"that", "ctrl+s")
        text = {"text": "try\nthat"}
        assert await asked(pilot, 2) == [("steer", "r1", text), ("steer", "r2", text)]


async def test_a_text_that_was_given_up_is_there_again(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("s", *"half", "escape", "down", "s")
        assert pilot.app.screen.query_one(TextArea).text == ""
        await pilot.press("escape", "up", "s")
        assert pilot.app.screen.query_one(TextArea).text == "half"
        await pilot.press(*" done", "ctrl+s")
        assert await asked(pilot) == [("steer", "r1", {"text": "half done"})]
        await pilot.press("s")
        assert pilot.app.screen.query_one(TextArea).text == ""
        await pilot.press("ctrl+s")
        assert "Nothing is written yet" in seen(pilot)


async def test_a_steer_is_queued_until_it_is_delivered(told: Tell) -> None:
    moment = told("scored s5", alive=False)
    async with room(moment) as pilot:
        journal = await Journal.open(moment.run, pid=3)
        text = ev.head_of("look at s5 [bold]\x1b[31m")
        await journal.record(
            ev.CommandRequested(researcher="r1", command="c8", inbox=9, by="ada", verb="steer", args={"text": "look"}),
            ev.CommandAcknowledged(researcher="r1", command="c8"),
            ev.SteerQueued(researcher="r1", steer="n8", text=text, by="ada", command="c8"),
        )
        await until(pilot, lambda: "✓ queued → · delivered" in words(pilot, "notice"))
        assert "1 steer queued" in words(pilot, "fleet")
        await pilot.press("s")
        await until(pilot, lambda: "queued for r1: look at s5 [bold]" in seen(pilot))
        await pilot.press("escape")
        await journal.record(
            ev.SteerDelivered(researcher="r1", steer="n8", turn=4), ev.CommandEffective(researcher="r1", command="c8")
        )
        await until(pilot, lambda: "✓ delivered" in words(pilot, "notice"))
        assert "steer queued" not in words(pilot, "fleet")
        await journal.close()


async def test_a_researcher_is_added_with_a_direction(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("a")
        assert isinstance(pilot.app.screen, WriteScreen)
        await pilot.press(*"look elsewhere", "tab", *"search", "ctrl+s")
        assert await asked(pilot) == [("add", "", {"direction": "look elsewhere", "mind": "search"})]


@pytest.mark.parametrize(("key", "rows"), [("y", [("retire", "r1", {}), ("retire", "r2", {})]), ("n", [])])
async def test_retiring_asks_first(told: Tell, key: str, rows: list[tuple[str, str, dict[str, str]]]) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("space", "down", "space", "x")
        assert isinstance(pilot.app.screen, ConfirmScreen) and "Retire r1 and r2" in seen(pilot)
        await pilot.press(key)
        assert await asked(pilot, len(rows)) == rows


async def test_a_budget_is_changed_in_a_few_keys(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("b")
        assert isinstance(pilot.app.screen, BudgetScreen) and "2 of 3" in seen(pilot)
        assert pilot.app.screen.query_one(Options).cursor == "submissions"  # the one that is nearest its end
        await pilot.press(*"lots", "enter")
        assert "is no amount" in seen(pilot)
        pilot.app.screen.query_one(Input).value = ""
        await pilot.press("down", *"+2", "enter")
        assert await asked(pilot) == [("budget", "r1", {"what": "experiments", "change": "+2"})]
        await pilot.press("escape", "down", "down", "down", "b")
        assert "Budget of the fleet" in seen(pilot)
        await pilot.press("up", *"none", "enter")
        assert (await asked(pilot, 2))[1] == ("budget", "", {"what": "minutes", "limit": "none"})


async def test_a_verdict_on_the_chosen_submission_wants_a_reason(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        first = screen(pilot).source.state
        await pilot.press("6", "v")
        assert isinstance(pilot.app.screen, VerdictScreen) and pilot.app.screen.query_one(Options).cursor == "accept"
        await pilot.press("enter")
        assert "a verdict needs its reason" in seen(pilot)
        await pilot.press("down", *"it peeked", "enter")
        rows = await asked(pilot)
        best = screen(pilot).query_one("#board").cursor  # type: ignore[attr-defined]
        assert rows == [("verdict", "", {"submission": best, "verdict": "disqualify", "because": "it peeked"})]
        assert best in first.submissions


async def test_from_a_flag_to_its_evidence_to_a_verdict_are_three_keys(told: Tell) -> None:
    moment = told("scored s5", alive=False)
    journal = await Journal.open(moment.run, pid=3)
    text = ev.head_of("always the same answer")
    await journal.record(
        ev.FlagRaised(flag="f1", detector="constant", researcher="r2", submission="s5", text=text, seqs=[40])
    )
    await journal.close()
    async with room(moment) as pilot:
        await pilot.press("7", "enter")
        await pilot.pause()
        assert screen(pilot).view.cursor == 40
        await pilot.press("v")
        assert isinstance(pilot.app.screen, VerdictScreen) and "f1 constant: always the same" in seen(pilot)
        assert pilot.app.screen.query_one(Options).cursor == "disqualify"
        await pilot.press(*"so it does", "enter")
        assert await asked(pilot) == [
            ("verdict", "", {"submission": "s5", "verdict": "disqualify", "because": "so it does"})
        ]


async def test_no_submission_in_sight_is_a_sentence(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        for key in ("v", "R"):
            await pilot.press(key)
            assert "Choose a submission first" in said(pilot)


async def test_a_submission_is_replicated_from_the_board(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("6", "R")
        assert await asked(pilot) == [("replicate", "", {"submission": "s5"})]


async def test_the_queue_is_ordered_and_shortened_in_the_compute_pane(told: Tell) -> None:
    moment = told("scored s5", alive=False)
    journal = await Journal.open(moment.run, pid=3)
    for name in ("x91", "x92", "x93"):
        title = f"try {name} [red]\x1b[31m"
        await journal.record(ev.ExperimentQueued(researcher="r2", experiment=name, argv=[], out="", title=title))
    await journal.close()
    async with room(moment) as pilot:
        await pilot.press("5")
        pane = screen(pilot).query_one("#compute")
        pane.put_cursor("x92")  # type: ignore[attr-defined]
        await pilot.press("left_square_bracket", "right_square_bracket")
        pane.put_cursor("x93")  # type: ignore[attr-defined]
        await pilot.press("left_curly_bracket")
        assert await asked(pilot, 3) == [
            ("move", "", {"experiment": "x92", "before": "x91"}),
            ("move", "", {"experiment": "x93", "before": "x92"}),
            ("move", "", {"experiment": "x93", "before": "x91"}),
        ]
        await pilot.press("X")
        assert isinstance(pilot.app.screen, ConfirmScreen) and "try x93 [red]" in seen(pilot)
        await pilot.press("y")
        assert (await asked(pilot, 4))[3] == ("cancel", "", {"experiment": "x93"})


async def test_the_list_of_commands_goes_on_with_the_run(told: Tell) -> None:
    moment = told("scored s5", alive=False)
    async with room(moment) as pilot:
        journal = await Journal.open(moment.run, pid=3)
        await journal.record(*(
            ev.CommandRequested(researcher=who, command=f"c{at}", inbox=at, by="ada", verb="pause")
            for at, who in enumerate(("r1", "r2"), 8)
        ))  # fmt: skip
        await until(pilot, lambda: "ada: pause r1 and r2" in words(pilot, "notice"))
        await pilot.press("c")
        assert isinstance(pilot.app.screen, CommandsScreen)
        await until(pilot, lambda: "pause r1 and r2" in seen(pilot))
        await journal.record(ev.CommandRefused(researcher="r2", command="c9", reason="r2 has ended"))
        await until(pilot, lambda: "refused: r2 has ended" in seen(pilot))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Room)
        await journal.close()


@pytest.mark.parametrize("options", [{"readonly": True}, {"replay": True}], ids=["read-only", "replay"])
async def test_nothing_that_changes_the_run_is_done_where_it_may_not_be(told: Tell, options: dict[str, bool]) -> None:
    async with room(told("scored s5"), at=10**6, **options) as pilot:
        for action in ACTIONS:
            if action.changes:
                await screen(pilot).do(action.id)
                assert ("read-only" if "readonly" in options else "replay") in said(pilot), action.id
                assert isinstance(pilot.app.screen, Room)
                for key in keys_of(action):
                    await pilot.press("escape", key)
                    assert isinstance(pilot.app.screen, Room), key
        assert inbox(pilot) == []


async def test_a_click_chooses_a_second_opens_and_the_wheel_scrolls(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.click("#fleet", offset=(6, 3))
        assert screen(pilot).chosen == "r2" and screen(pilot).pane == "fleet"
        await pilot.click("#fleet", offset=(6, 3))
        assert screen(pilot).pane == "transcript"
        view = screen(pilot).view
        top = view.anchor_at
        await pilot._post_mouse_events([ev_scroll_up()], "#transcript", offset=(5, 5))
        assert view.anchor_at < top and not view.follow


def ev_scroll_up() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


@pytest.mark.parametrize("size", [(120, 36), SMALL])
async def test_the_keys_of_the_footer_can_be_clicked(told: Tell, size: tuple[int, int]) -> None:
    async with room(told("scored s5"), size) as pilot:
        at = words(pilot, "keys").index("p pause")
        await pilot.click("#keys", offset=(2 + at, 0))
        assert await asked(pilot) == [("pause", "r1", {})]


async def test_the_names_of_panes_can_be_clicked(told: Tell) -> None:
    async with room(told("scored s5"), SMALL) as pilot:
        for name, pane in (("6 Board", "board"), ("3 PGR", "history")):
            await pilot.click("#tabs", offset=(2 + words(pilot, "tabs").index(name), 0))
            await pilot.pause()
            assert screen(pilot).pane == pane


async def test_an_option_of_a_sheet_can_be_clicked(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("6", "v")
        await pilot.click(Options, offset=(5, 2))
        assert pilot.app.screen.query_one(Options).cursor == "reinstate"
        assert isinstance(pilot.app.focused, Input)
