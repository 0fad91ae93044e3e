"""The room beside a run that is being written: from the first event on, and while a turn is open."""

from pathlib import Path

from aarctl.home import RunPaths
from aarctl.journal import events as ev
from aarctl.journal.store import Journal, create
from aarctl.tui.gallery.cast import DIRECTIONS
from aarctl.tui.gallery.story import story
from tests.tui.pilot import Tell, Told, room, screen, seen, until, words


async def test_a_room_opened_before_the_first_event_sees_the_fleet_come(tmp_path: Path) -> None:
    run = tmp_path / "demo"
    RunPaths(run).make()
    create(run)
    async with room(Told(run, 0)) as pilot:
        assert "The supervisor is starting" in seen(pilot)
        journal = await Journal.open(run, pid=3)
        steps = story(journal.blobs.keep)
        for step in steps:
            for name, body in step.live.items():
                journal.live(name, body)
            if step.events:
                await journal.record(*step.events)
            if step.moment == "building":
                await until(pilot, lambda: "weak teacher" in seen(pilot))
            if step.moment == "scored s3":
                break
        await until(pilot, lambda: "s3" in words(pilot, "board") and "3 Cross" not in seen(pilot))
        assert screen(pilot).chosen == "r1" and all(who in words(pilot, "fleet") for who in DIRECTIONS)
        assert screen(pilot).view.model.origin == screen(pilot).source.state.opened_at > 0
        assert "posts p1" in seen(pilot)
        await journal.close()


async def test_an_open_turn_is_shown_below_the_transcript_until_it_is_complete(told: Tell) -> None:
    moment = told("scored s3", alive=False)
    async with room(moment) as pilot:
        journal = await Journal.open(moment.run, pid=3)
        await journal.record(ev.ModelRequested(researcher="r1", call="m90", turn=4, model="search"))
        journal.live("turn r1", {"text": "half a \x1b[31mthought"})
        await until(pilot, lambda: "half a thought" in seen(pilot))
        content = ev.head_of('[{"type":"text","text":"a whole thought"}]')
        await journal.record(ev.ModelCompleted(researcher="r1", call="m90", turn=4, content=content, stop="tool_use"))
        await until(pilot, lambda: "a whole thought" in seen(pilot) and "half a thought" not in seen(pilot))
        await journal.close()
