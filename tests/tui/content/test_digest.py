"""While you were away: what is told, what is not, where each line leads, and that it costs little."""

from __future__ import annotations

import pytest

from aarctl.journal import events as ev
from aarctl.journal.reader import JournalReader
from aarctl.tui.content.digest import EACH, READ, Digest, records_since
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.person.memory import Memory
from aarctl.tui.screens.digest import DigestScreen, digest_content
from tests.fakes.journals import HOSTILE
from tests.tui.pilot import Tell, Told, room, screen, seen, until
from tests.tui.story import Story, replicates, submits


def told(found: Digest) -> list[tuple[str, str]]:
    return [(entry.what, plain(entry.words)) for entry in found.entries]


def test_nothing_happened_means_nothing_to_show() -> None:
    story = Story()
    story.tell(ev.ResearcherBlocked(researcher="r1", why="no credit"))
    assert story.since(story.mark()) == Digest(0)


def test_work_that_went_as_it_should_is_no_reason_to_show_anything() -> None:
    story = Story()
    before = story.mark()
    story.tell(ev.BudgetSettled(researcher="r1", turn=1))
    assert story.since(before) == Digest(0)


def test_the_best_moved_from_where_to_where_and_by_whom() -> None:
    story = Story()
    story.tell(*submits("s1", "r1", 0.4))
    before = story.mark()
    story.tell(*submits("s2", "r2", 0.6), *submits("s3", "r1", 0.5), *replicates("s2", "r2", 0.55))
    found = story.since(before)
    assert told(found)[:3] == [
        ("best PGR", ".40 → .55 [.45 .65] replicated  r2 ms2"),
        ("replicated", "s2 r2  code .55 [.45 .65]  was .60"),
        ("scores", "s2 r2 .60  s3 r1 .50"),
    ]
    assert [(entry.pane, entry.researcher, entry.key) for entry in found.entries[:2]] == [("board", "r2", "s2")] * 2
    assert found.away_us == story.state.at - before.at


def test_a_first_score_moves_the_best_from_nothing() -> None:
    story = Story()
    before = story.mark()
    story.tell(*submits("s1", "r1", 0.4))
    assert told(story.since(before))[0] == ("best PGR", "– → .40 [.30 .50] scored  r1 ms1")


def test_trouble_is_told_with_where_it_is() -> None:
    story = Story()
    story.tell(ev.SandboxCreated(researcher="r1", sandbox="r1", backend="docker", isolated=True))
    before = story.mark()
    queued = ev.ExperimentQueued(researcher="r1", experiment="x1", argv=["a"], out="", title="t")
    failed = ev.ExperimentFinished(researcher="r1", experiment="x1", outcome="failed", exit_code=1, tail=ev.EMPTY)
    story.tell(
        queued, failed, ev.SandboxLost(researcher="r1", sandbox="r1", why="killed"),
        ev.ModelRequested(researcher="r2", call="m1", turn=1, model="m"),
        ev.ModelFailed(researcher="r2", call="m1", error="529 overloaded"),
        ev.ModelUnknownOutcome(researcher="r2", call="m2", cost_nusd=2_000_000_000),
        ev.FlagRaised(researcher="r2", flag="f1", detector="peek", text=ev.head_of("reads labels")),
        ev.ResearcherBlocked(researcher="r2", why="no credit"),
        ev.PersonTold(researcher="r1", text=ev.head_of("look at the pool")),
        ev.BudgetExceeded(researcher="r1", what="turns", used=3, limit=3),
    )  # fmt: skip
    found = story.since(before)
    assert dict(told(found)) == {
        "flag": "f1 r2  reads labels",
        "blocked": "r2  no credit",
        "tells you": "r1  look at the pool",
        "budget reached": "r1  turns: 3 of 3 used",
        "experiments": "1 of 1 failed  r1 1  the last: x1 failed",
        "sandboxes": "1 sandbox lost  the last: r1, killed",
        "model": "2 calls brought no answer  529 overloaded (1)",
        "spent": "$2.00 of $2.00 in all  $514.29/h",
        "besides": "1 experiment",
    }
    places = {entry.what: (entry.pane, entry.researcher, entry.seq) for entry in found.entries}
    assert places["experiments"] == ("transcript", "r1", before.seq + 2)
    assert places["sandboxes"] == ("transcript", "r1", before.seq + 3)


def test_what_was_blocked_before_is_no_news_and_another_reason_is() -> None:
    story = Story()
    story.tell(ev.ResearcherBlocked(researcher="r1", why="no credit"))
    before = story.mark()
    story.tell(ev.ResearcherBlocked(researcher="r2", why="no credit"))
    assert told(story.since(before)) == [("blocked", "r2  no credit")]


def test_many_of_a_kind_are_counted() -> None:
    story = Story()
    before = story.mark()
    flags = [ev.FlagRaised(researcher="r1", flag=f"f{n}", detector="d", text=ev.head_of(f"no {n}")) for n in range(9)]
    story.tell(*flags)
    found = told(story.since(before))
    assert len(found) == EACH + 1 and found[0][1].startswith("f8 ") and found[-1] == ("", f"and {9 - EACH} more flags")


def test_an_ended_run_says_so_first() -> None:
    story = Story()
    before = story.mark()
    story.tell(*submits("s1", "r1", 0.4), ev.RunClosed(reason="failed", note="disk full"))
    assert told(story.since(before))[0] == ("the run", "failed  disk full")


def test_a_bounded_number_of_events_is_read_whatever_the_history(told: Tell) -> None:
    with JournalReader(told("finished").run) as reader:
        assert len(records_since(reader, 0, reader.last_seq())) <= sum(READ.values())
        kinds = {record.event.__struct_config__.tag for record in records_since(reader, 0, reader.last_seq())}
    assert kinds == {"experiment.finished"}


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_stay_in_their_cells(words: str) -> None:
    story = Story()
    before = story.mark()
    text = ev.head_of(words)
    story.tell(
        ev.FlagRaised(researcher="r1", flag="f1", detector="d", text=text), ev.PersonTold(researcher="r1", text=text),
        ev.ResearcherBlocked(researcher="r2", why=text.head),
        ev.ModelFailed(researcher="r1", call="m", error=text.head),
        ev.SandboxLost(researcher="r1", sandbox="r1", why=text.head), *submits("s1", "r1", 0.4),
    )  # fmt: skip
    for room_cells in (20, 60):
        content = digest_content(story.since(before), room_cells)
        assert len(content.lines) == len(content.keys) <= 3 * 12
        for line in content.lines:
            assert width(line) <= max(room_cells, 24)
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in plain(line))


def left(moment: Told, at: Told) -> None:
    """The person looked at the run last when it stood as `at` does."""
    with JournalReader(at.run) as reader:
        Memory(moment.run).put("seen", {"seq": reader.last_seq(), "at": at.end})


async def test_who_comes_back_is_told_and_enter_goes_to_the_place(told: Tell) -> None:
    moment = told("finished")
    left(moment, told("scored s3"))
    async with room(moment) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, DigestScreen))
        assert "While you were away" in seen(pilot) and "best PGR" in seen(pilot)
        await pilot.press("down", "enter")
        assert screen(pilot).pane == "board" and screen(pilot).chosen == "r3"
        assert screen(pilot).query_one("#board").cursor == "s6"  # type: ignore[attr-defined]
        await pilot.press("w")
        assert isinstance(pilot.app.screen, DigestScreen)


@pytest.mark.parametrize("key", ["escape", "q", "x", "space", "p", "tab"])
async def test_any_other_key_closes_it_and_does_nothing_else(key: str, told: Tell) -> None:
    moment = told("scored s5")
    left(moment, told("scored s3"))
    async with room(moment) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, DigestScreen))
        await pilot.press(key)
        await pilot.pause()
        assert screen(pilot).pane == "fleet" and not screen(pilot).source.state.paused
        assert pilot.app.is_running


async def test_nobody_is_told_who_never_looked_or_missed_nothing_or_watches_a_replay(told: Tell) -> None:
    moment = told("finished")
    async with room(moment) as pilot:
        await pilot.press("w")
        assert "Nothing happened" in seen(pilot)
    async with room(moment) as pilot:  # the first look was kept
        await pilot.press("w")
        await pilot.pause(0.1)
        assert "Nothing happened" in seen(pilot)
    assert Memory(moment.run).get("seen")["seq"] > 0
    left(moment, told("scored s3"))
    async with room(moment, replay=True) as pilot:
        await pilot.pause(0.1)
        assert not isinstance(pilot.app.screen, DigestScreen)


async def test_a_read_only_room_tells_and_keeps_nothing(told: Tell) -> None:
    moment = told("finished")
    left(moment, told("scored s3"))
    kept = Memory(moment.run).get("seen")
    async with room(moment, readonly=True) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, DigestScreen))
    assert Memory(moment.run).get("seen") == kept
