"""The transcript's keys, pressed as a person would, against real journals."""

from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Offset, Region
from textual.pilot import Pilot
from textual.selection import Selection
from textual.widgets import Input

from aarctl.journal import events as ev
from aarctl.journal.search import FILE
from aarctl.journal.store import Journal
from aarctl.tui.screens.bookmarks import BookmarksScreen
from aarctl.tui.screens.jump import JumpScreen
from aarctl.tui.screens.room import Room
from aarctl.tui.screens.search import SearchScreen
from aarctl.tui.widgets.search_bar import SearchBar
from tests.tui.pilot import SMALL, Tell, room, said, screen, seen, until


def title(pilot: Pilot[Any]) -> str:
    return str(screen(pilot).view.border_title)


async def look_for(pilot: Pilot[Any], text: str) -> None:
    await pilot.press("slash", *(({" ": "space", "(": "left_parenthesis"}).get(char, char) for char in text), "enter")
    await until(pilot, lambda: not set("…+") & set(screen(pilot).place_words()))
    await until(pilot, lambda: screen(pilot).place_words() in title(pilot))  # drawn a moment later


def hits(pilot: Pilot[Any], text: str) -> list[int]:
    """Events of the shown transcript with a text, the slow way."""
    model = screen(pilot).view.model
    assert model is not None
    found, item = [], model.next(0)
    while item is not None:
        if text in item.text.lower():
            found.append(item.seq)
        item = model.next(item.seq)
    return found


async def test_slash_looks_for_words_and_n_goes_from_hit_to_hit(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "home")
        assert "nothing" not in title(pilot)
        await look_for(pilot, "loss")
        view, brute = screen(pilot).view, hits(pilot, "loss")
        assert len(brute) > 2 and view.cursor == brute[0] and f"/loss  1 of {len(brute)}" in title(pilot)
        assert pilot.app.focused is view
        for seq in brute[1:]:
            await pilot.press("n")
            assert view.cursor == seq
        await pilot.press("n")
        assert view.cursor == brute[0]
        await pilot.press("N")
        assert view.cursor == brute[-1] and f"{len(brute)} of {len(brute)}" in title(pilot)
        reversed_text = [
            segment.text.lower()
            for y in range(view.size.height)
            for segment in view.render_line(y)
            if segment.style is not None and segment.style.reverse
        ]
        assert "loss" in reversed_text
        await pilot.press("escape")
        assert "/loss" not in title(pilot) and pilot.app.focused is view
        await pilot.press("n")
        assert "/ asks what" in said(pilot)
        await pilot.press("escape")
        assert pilot.app.focused is not None and pilot.app.focused.id == "fleet"


async def test_from_the_end_a_search_goes_back_and_one_without_hits_says_so(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2")
        await look_for(pilot, "loss")
        assert screen(pilot).view.cursor == hits(pilot, "loss")[-1]
        await look_for(pilot, "xyzzy")
        assert "nothing found" in title(pilot)
        await pilot.press("n")
        assert said(pilot) == "nothing found"


async def test_a_bad_expression_says_so_while_it_is_typed_and_escape_leaves_the_bar(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:
        await pilot.press("slash", "left_parenthesis", "a")
        assert pilot.app.focused is not None and pilot.app.focused.id == "search"
        assert "no expression" in seen(pilot)
        await pilot.press("enter")
        assert screen(pilot).query_one(SearchBar).display
        await pilot.press("escape")
        assert not screen(pilot).query_one(SearchBar).display and pilot.app.focused is screen(pilot).view
        assert screen(pilot).search is None


async def test_a_hit_in_a_folded_part_is_opened(told: Tell) -> None:
    moment = told("scored s3", alive=False)
    journal = await Journal.open(moment.run, pid=3)
    text = "\n".join(f"line {at}" for at in range(60)) + "\nneedle in it"
    await journal.record(
        ev.ToolCompleted(researcher="r1", call="c9", turn=1, tool="shell", ok=True, output=ev.head_of(text))
    )
    await journal.close()
    async with room(moment, SMALL) as pilot:
        await pilot.press("2", "home")
        await look_for(pilot, "needle")
        await until(pilot, lambda: "needle in it" in seen(pilot))
        assert screen(pilot).view.cursor in screen(pilot).view.model.expanded


async def test_a_search_goes_on_in_the_next_transcript_and_takes_in_what_comes(told: Tell) -> None:
    moment = told("scored s5", alive=False)
    async with room(moment) as pilot:
        await pilot.press("2", "home")
        await look_for(pilot, "brand new")
        assert "nothing found" in title(pilot)
        await pilot.press("J")
        assert screen(pilot).chosen == "r2" and "/brand new" in title(pilot)
        journal = await Journal.open(moment.run, pid=3)
        await journal.record(ev.PersonTold(researcher="r2", text=ev.head_of("something brand new")))
        await until(pilot, lambda: "1 found" in title(pilot) or "1 of 1" in title(pilot))
        await pilot.press("home", "n")
        assert "1 of 1" in title(pilot)
        await journal.close()


async def test_tab_searches_all_researchers_and_enter_goes_to_the_place(told: Tell) -> None:
    moment = told("finished")
    async with room(moment) as pilot:
        await pilot.press("slash", "tab", *"seed", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen))
        results = pilot.app.screen.query_one("Results")
        await until(pilot, lambda: results.answer.text == "seed" and results.answer.upto == results.answer.last)
        assert len({hit.researcher for hit in results.answer.hits}) > 1
        assert all("seed" in f"{hit.label} {hit.line}".lower() for hit in results.answer.hits)
        assert f"{results.answer.total} events" in seen(pilot)
        await pilot.press("down", "down", "up")
        chosen = results.answer.hits[1]
        assert results.cursor == str(chosen.seq)
        await pilot.press("pagedown")
        assert results.cursor != str(chosen.seq)
        await pilot.press("pageup")
        assert results.cursor == str(chosen.seq)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Room))
        await until(pilot, lambda: screen(pilot).view.cursor == chosen.seq)
        assert screen(pilot).chosen == (chosen.researcher or "*")
        await until(pilot, lambda: "/seed" in title(pilot) and "of" in screen(pilot).place_words())
        assert (moment.run / FILE).exists()


async def test_the_results_follow_what_is_typed_and_escape_stays(told: Tell) -> None:
    moment = told("finished", alive=True)
    async with room(moment, SMALL, readonly=True) as pilot:
        await pilot.press("slash", "tab", *"xyzzy", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen))
        await until(pilot, lambda: "0 events" in seen(pilot))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, SearchScreen)
        pilot.app.screen.query_one(Input).value = "teacher"
        results = pilot.app.screen.query_one("Results")
        await until(pilot, lambda: results.answer.text == "teacher" and bool(results.answer.hits))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Room) and not (moment.run / FILE).exists()


async def test_o_narrows_to_errors_tools_steers_submissions_and_all_again(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "home", "down", "down", "down")
        view = screen(pilot).view
        place = view.cursor
        for name in ("errors", "tools", "steers", "submissions"):
            await pilot.press("o")
            await until(pilot, lambda: screen(pilot)._narrowed)
            assert f"only {name}" in title(pilot)
            for row in view.rows:
                record = next(screen(pilot).source.reader.records(row.item.seq - 1, limit=1))
                assert screen(pilot).only(record.event)
        await pilot.press("o")
        assert "only" not in title(pilot) and view.rows and place
        await pilot.press("o", "o", "escape")
        assert screen(pilot).only.name == "all" and pilot.app.focused is view


async def test_narrowing_keeps_the_place(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "home")
        view = screen(pilot).view
        brute = hits(pilot, "→ ")
        view.go_to(brute[len(brute) // 2])
        place = view.cursor
        await pilot.press("o", "o")
        await until(pilot, lambda: screen(pilot)._narrowed and view.cursor == place)
        await pilot.press("o", "o", "o")
        assert screen(pilot).only.name == "all" and view.cursor == place and not view.follow


async def test_braces_go_from_error_to_error(told: Tell) -> None:
    moment = told("scored s3", alive=False)
    journal = await Journal.open(moment.run, pid=3)
    for at in range(3):
        text = ev.head_of(f"it broke {at}")
        await journal.record(
            ev.ToolCompleted(researcher="r1", call=f"c{at}", turn=1, tool="shell", ok=False, output=text),
            ev.PersonTold(researcher="r1", text=ev.head_of("so it goes")),
        )
    await journal.close()
    async with room(moment) as pilot:
        await pilot.press("2", "home")
        view, brute = screen(pilot).view, hits(pilot, "it broke")
        await pilot.press("right_curly_bracket")
        await until(pilot, lambda: view.cursor in brute or bool(said(pilot)))
        while view.cursor != brute[0]:
            await pilot.press("right_curly_bracket")
        await pilot.press("right_curly_bracket")
        assert view.cursor == brute[1]
        await pilot.press("left_curly_bracket")
        assert view.cursor == brute[0]


async def test_b_sets_bookmarks_that_are_kept_and_listed(told: Tell) -> None:
    moment = told("finished")
    async with room(moment) as pilot:
        await pilot.press("B")
        assert "No bookmarks yet" in said(pilot)
        await pilot.press("2", "home", "down")
        view = screen(pilot).view
        first = view.cursor
        await pilot.press("b", "end", "b")
        last = view.cursor
        assert set(screen(pilot).bookmarks) == {first, last} and "★" in seen(pilot)
        await pilot.press("b")
        assert set(screen(pilot).bookmarks) == {first} and "no bookmark any more" in said(pilot)
    async with room(moment) as pilot:
        await pilot.press("J", "B")
        assert isinstance(pilot.app.screen, BookmarksScreen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Room) and screen(pilot).view.cursor == first)
        assert pilot.app.focused is screen(pilot).view
        await pilot.press("B", "escape", "B", "d")
        assert isinstance(pilot.app.screen, Room) and not screen(pilot).bookmarks


async def test_a_read_only_room_keeps_no_bookmark(told: Tell) -> None:
    moment = told("finished")
    before = sorted(path.name for path in moment.run.iterdir())
    async with room(moment, readonly=True) as pilot:
        await pilot.press("2", "b")
        assert len(screen(pilot).bookmarks) == 1
    assert sorted(path.name for path in moment.run.iterdir()) == before


@pytest.mark.parametrize("typed", ["#12", "50%", "0:30"])
async def test_g_goes_to_an_event_a_share_or_a_time(told: Tell, typed: str) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("g")
        assert isinstance(pilot.app.screen, JumpScreen)
        pilot.app.screen.query_one(Input).value = typed
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Room) and not screen(pilot).view.follow)
        view, source = screen(pilot).view, screen(pilot).source
        wanted = {"#12": 12, "50%": round(source.last / 2)}.get(typed)
        wanted = wanted or source.reader.seq_at(source.state.opened_at + 30_000_000)
        assert view.model is not None and view.cursor == view.model.near(wanted).seq  # type: ignore[union-attr]
        assert pilot.app.focused is view


@pytest.mark.parametrize(("typed", "says"), [("soon", "is no time"), ("#99999", "there is no #99999"), ("#0", "no #0")])
async def test_g_says_what_it_cannot_find(told: Tell, typed: str, says: str) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("g")
        pilot.app.screen.query_one(Input).value = typed
        await pilot.press("enter")
        assert says in said(pilot)


async def test_the_mouse_selects_places_of_the_history_and_what_is_drawn_knows_of_none(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "home")
        view = screen(pilot).view
        y, item = next((y, row.item) for y, row in enumerate(view._rows) if row.line == 0 and y > 2)
        drawn = view.render_lines(Region(0, 0, *view.size))
        assert not any(segment.style and "offset" in segment.style.meta for strip in drawn for segment in strip)
        left, top = view.content_region.x + 2, view.content_region.y + y
        await pilot.mouse_down(offset=(left, top))
        await pilot.hover(offset=(left + 5, top))
        await pilot.mouse_up(offset=(left + 5, top))
        assert screen(pilot).get_selected_text() == item.text[:6]


async def test_y_copies_the_event_or_the_selection_and_says_how_much(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "home", "y")
        view = screen(pilot).view
        item = view.model.item(view.cursor)
        assert item is not None and pilot.app.clipboard.startswith(item.text[: item.header])
        assert f"Copied {len(pilot.app.clipboard):,} characters: event #{view.cursor}." == said(pilot)
        screen(pilot).selections = {view: Selection(Offset(0, item.seq), Offset(5, item.seq))}
        await pilot.press("y")
        assert pilot.app.clipboard == item.text[:5] and said(pilot) == "Copied 5 characters: the selection."


async def test_a_terminal_without_room_for_a_pager_says_so(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "O")
        assert "cannot make room for a pager" in said(pilot)


async def test_an_event_that_is_filtered_away_is_shown_when_it_is_asked_for(told: Tell) -> None:
    async with room(told("finished")) as pilot:
        await pilot.press("2", "o", "o", "o")
        source = screen(pilot).source
        tool = next(source.reader.records(kinds=("tool.requested",), researcher="r2"))
        screen(pilot).show_event(tool.seq)
        await until(pilot, lambda: screen(pilot).view.cursor == tool.seq)
        assert screen(pilot).only.name == "all" and screen(pilot).chosen == "r2"


async def test_in_a_replay_n_goes_to_hits_while_something_is_looked_for_and_never_past_the_cursor(told: Tell) -> None:
    async with room(told("finished"), replay=True, at=80) as pilot:
        await pilot.press("2", "home")
        await look_for(pilot, "seed")
        view = screen(pilot).view
        brute = hits(pilot, "seed")
        assert brute and view.cursor == brute[0] and f"1 of {len(brute)}" in title(pilot)
        for _ in brute:
            await pilot.press("n")
        assert view.cursor == brute[0] and screen(pilot).source.state.seq == 80
        await pilot.press("escape", "n")
        assert screen(pilot).source.state.seq > 80


def test_the_pager_gets_the_text_through_a_pipe(tmp_path: Path) -> None:
    from aarctl.tui.acts.pager import page, pager_of

    into = tmp_path / "shown"
    script = tmp_path / "my pager"
    script.write_text(f"#!/bin/sh\ncat > '{into}'\n")
    script.chmod(0o755)
    environ = {"PATH": "/usr/bin:/bin", "PAGER": f"'{script}'"}
    assert page("弱い words", environ) == "" and into.read_text() == "弱い words\n"
    assert "cannot be started" in page("x", {"PAGER": str(tmp_path / "none")})
    assert "write it as in a shell" in page("x", {"PAGER": "less '"})
    assert page("x" * 1_000_000, {"PATH": "/usr/bin:/bin", "PAGER": "true"}) == ""
    assert pager_of({"PAGER": "less -S"}) == ["less", "-S"]
