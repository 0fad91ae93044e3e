"""A submission's page, the plot's points that lead to it, and two researchers side by side."""

import pytest

from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.tui.content.compare import compare_lines, neighbour
from aarctl.tui.content.history import in_time, place_of, plot
from aarctl.tui.content.status import status_of
from aarctl.tui.content.submissions import submission_lines
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.scene import Scene
from aarctl.tui.screens.compare import CompareScreen
from aarctl.tui.screens.submission import SubmissionScreen
from aarctl.tui.screens.verdict import VerdictScreen
from aarctl.tui.screens.write import WriteScreen
from tests.fakes.journals import HOSTILE
from tests.tui.pilot import FULL, SMALL, Tell, inbox, room, screen, until, words


@pytest.fixture
def state(told: Tell) -> RunState:
    with JournalReader(told("judged").run) as reader:
        return reader.state()


def page(state: RunState, name: str, room_: int = 74) -> str:
    return "\n".join(plain(one) for one in submission_lines(state, state.submissions[name], room_))


# the page -----------------------------------------------------------------------------------------------------


def test_the_page_has_figures_seeds_domains_card_and_flags(state: RunState) -> None:
    text = page(state, "s6")
    figures = ("claimed", "scored on code", "exact", "◆ math, held out", "[.66 .80]", ".70  .73  .76", "3: .76")
    card = ("claim", "mechanism", "evidence", "ablation", "f3 ⚑ open  near-duplicate", "replicated · method")
    for part in (*figures, *card):
        assert part in text


def test_the_page_says_the_verdict_and_why(state: RunState) -> None:
    assert "verdict  disqualified" in page(state, "s9") and "because: 97% one answer" in page(state, "s9")


def test_the_page_says_what_keeps_a_submission_from_being_believed(state: RunState) -> None:
    one = state.submissions["s1"]
    one.protected, one.replication = False, "unreplicable"
    assert "unprotected: " in page(state, "s1", 200) and "no method that could run again" in page(state, "s1", 200)


@pytest.mark.parametrize("room_", [30, 52, 74])
def test_hostile_cards_stay_in_their_lines(state: RunState, room_: int) -> None:
    one = state.submissions["s6"]
    for hostile in HOSTILE:
        one.method, one.tags, one.card = hostile, [hostile], {"claim": hostile, hostile: hostile}
        for each in submission_lines(state, one, room_):
            assert width(each) <= max(room_, 52) and "\x1b" not in plain(each)


# points -------------------------------------------------------------------------------------------------------


def test_points_go_from_left_to_right_and_lead_to_the_event_that_made_them(state: RunState) -> None:
    found = in_time(state)
    assert [point.at for point in found] == sorted(point.at for point in found)
    one = state.submissions["s5"]
    places = [place_of(one, kind) for kind in ("claimed", "scored", "replicated")]
    assert places == [one.seq, one.scored_seq, one.replicated_seq]


def test_the_selected_point_is_marked_and_told_in_words(state: RunState) -> None:
    text = "\n".join(plain(one) for one in plot(state, state.at, 72, 16, "r1", selected="s5 replicated"))
    assert "[◆]" in text and "s5 by r3  replicated .69 [.61 .77]" in text and "elicited weights" in text


def test_a_plot_of_two_has_no_others(state: RunState) -> None:
    text = "\n".join(plain(one) for one in plot(state, state.at, 72, 12, "r3", whose=("r3", "r4")))
    assert "●3" in text and "●4" in text and "●5" not in text


async def test_a_point_leads_to_its_submission_and_that_to_the_event_of_its_score(told: Tell) -> None:
    async with room(told("judged"), SMALL) as pilot:
        await pilot.press("3", "left", "left", "left")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, SubmissionScreen)
        await pilot.press("enter")
        await pilot.pause()
        room_ = screen(pilot)
        assert room_.pane == "transcript" and room_.view.cursor == room_.source.state.submissions["s9"].scored_seq


async def test_in_a_replay_the_points_are_gone_through_with_up_and_down(told: Tell) -> None:
    async with room(told("finished"), replay=True, at=10_000) as pilot:
        await pilot.press("3", "k", "k", "enter")
        assert isinstance(pilot.app.screen, SubmissionScreen)
        await pilot.press("escape")
        assert screen(pilot).pane == "history"


async def test_the_page_leads_to_a_verdict_on_its_submission(told: Tell) -> None:
    async with room(told("judged")) as pilot:
        await pilot.press("6", "enter", "v")
        await until(pilot, lambda: isinstance(pilot.app.screen, VerdictScreen))
        await pilot.press("escape")


# two side by side ---------------------------------------------------------------------------------------------


def test_the_neighbour_goes_round_and_passes_the_other_over(state: RunState) -> None:
    assert neighbour(state, "r9") == "r1" and neighbour(state, "r1", -1) == "r9"
    assert neighbour(state, "r1", without="r2") == "r3" and neighbour(RunState(), "r1") == ""


@pytest.mark.parametrize("room_", [30, 38, 57])
def test_a_side_says_direction_state_figures_submissions_and_posts(state: RunState, room_: int) -> None:
    scene = Scene(state=state, status=status_of(state, True), now=state.at)
    lines = compare_lines(scene, state.researchers["r3"], room_)
    text = "\n".join(plain(one) for one in lines)
    assert all(width(one) <= room_ for one in lines)
    assert "◆ .69" in text and "last submissions" in text and "No post yet." in text


async def test_two_are_compared_and_who_they_are_can_be_changed(told: Tell) -> None:
    async with room(told("judged")) as pilot:
        await pilot.press("down", "down", "C")
        compared = pilot.app.screen
        assert isinstance(compared, CompareScreen) and compared.who == ["r3", "r4"]
        await pilot.press("J")
        assert compared.who == ["r5", "r4"]
        await pilot.press("right", "J")
        assert compared.who == ["r5", "r6"]
        await pilot.press("tab", "K")
        assert compared.who == ["r4", "r6"]
        await pilot.press("x")
        assert compared.who == ["r6", "r4"]
        await pilot.press("l", "enter")
        await pilot.pause()
        assert screen(pilot).chosen == "r4" and screen(pilot).pane == "transcript"


async def test_the_two_that_are_marked_are_compared(told: Tell) -> None:
    async with room(told("judged")) as pilot:
        await pilot.press("space", "down", "down", "space", "C")
        assert isinstance(pilot.app.screen, CompareScreen) and pilot.app.screen.who == ["r1", "r3"]
        await pilot.press("escape")
        assert screen(pilot).pane == "fleet"


# the forum ----------------------------------------------------------------------------------------------------


async def test_a_person_replies_in_a_thread_and_begins_one(told: Tell) -> None:
    async with room(told("judged"), FULL) as pilot:
        await pilot.press("4", "i")
        assert isinstance(pilot.app.screen, WriteScreen)
        await pilot.press(*"Matched?", "ctrl+s")
        await pilot.press("I", *"All", "tab", *"Note", "ctrl+s")
        await until(pilot, lambda: len(inbox(pilot)) == 2)
        (_, reply), (_, thread) = inbox(pilot)
        assert reply["args"] == {"text": "Matched?", "thread": "t3"}
        assert thread["args"] == {"text": "All", "title": "Note"}


async def test_the_forum_says_who_has_not_read_how_much(told: Tell) -> None:
    async with room(told("judged")) as pilot:
        await pilot.press("4")
        assert "posts not read yet: r1 3, r2 1, r3 6" in words(pilot, "forum")
