"""What holds a fleet up is said with what comes next; short waits and single researchers are left to their rows."""

from __future__ import annotations

import pytest

from aarctl.journal import events as ev
from aarctl.tui.content.holdups import PATIENCE_US, SHOWN, holdup_lines, holdups
from aarctl.tui.content.status import status_of
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.scene import Scene
from aarctl.tui.widgets.stage import stage_content
from tests.fakes.journals import HOSTILE
from tests.tui.story import SECOND, Story


def scene(story: Story, later_s: int = 0, **more: object) -> Scene:
    now = story.state.at + later_s * SECOND
    return Scene(story.state, status_of(story.state, True), now, supervised=True, **more)  # type: ignore[arg-type]


def words(found: Scene, room: int = 100) -> str:
    return "\n".join(plain(line) for line in holdup_lines(found, room))


def asks(story: Story, who: str) -> None:
    story.tell(ev.ModelRequested(researcher=who, call=f"m{story.state.seq}", turn=1, model="m"))


def limited(wait_s: float = 40) -> Story:
    story = Story()
    for who in ("r1", "r2"):
        asks(story, who)
    for who in ("r1", "r2"):
        story.tell(ev.RateLimited(researcher=who, call="m1", wait_s=wait_s))
    return story


def test_a_fleet_that_works_is_held_up_by_nothing() -> None:
    story = Story()
    asks(story, "r1")
    assert holdups(scene(story)) == [] and words(scene(story)) == ""


def test_a_limited_rate_says_who_asks_again_when() -> None:
    found = words(scene(limited(), 3))
    assert "limits the rate: r1 r2 ask again in 00:36" in found and "no answer is lost" in found


def test_a_short_wait_or_one_that_a_researcher_works_beside_is_no_line() -> None:
    assert holdups(scene(limited(wait_s=4))) == []
    story = limited()
    asks(story, "r1")
    assert holdups(scene(story)) == []


def test_a_service_that_does_not_answer_is_named_so() -> None:
    story = Story()
    for who in ("r1", "r2"):
        asks(story, who)
        story.tell(ev.ModelFailed(researcher=who, call="m1", error="529 overloaded", retry_in_s=64.0))
    assert "does not answer: r1 r2 ask again in" in words(scene(story))
    assert "in a moment" in words(scene(story, 900))


def waiting_for_a_slot() -> Story:
    story = Story()
    for who, name in (("r1", "x1"), ("r2", "x2")):
        story.tell(
            ev.ExperimentQueued(researcher=who, experiment=name, argv=["a"], out="", title="t"),
            ev.ResearcherStateChanged(researcher=who, state="waiting"),
        )
    story.tell(ev.ExperimentLeased(researcher="r1", experiment="x1", slot="gpu0"))
    return story


def test_waiting_for_a_slot_says_who_has_it_once_it_has_lasted() -> None:
    story = waiting_for_a_slot()
    assert holdups(scene(story)) == []
    found = words(scene(story, PATIENCE_US // SECOND))
    assert "1 experiment queued, the first for 00:22" in found and "gpu0: x1 of r1, 00:20" in found


def test_a_budget_that_is_reached_says_whose_and_how_to_go_on() -> None:
    story = Story()
    story.tell(
        ev.BudgetExceeded(researcher="r1", what="turns", used=5, limit=5),
        ev.ResearcherStateChanged(researcher="r1", state="budget"),
    )
    assert "r1 reached its budget: turns 5 of 5." in words(scene(story)) and "b changes it" in words(scene(story))
    assert "b changes it" not in words(scene(story, readonly=True))
    story.tell(ev.BudgetExceeded(what="usd", used=400, limit=400))
    assert "The fleet's budget is reached, usd 400 of 400" in words(scene(story))


def test_a_lost_sandbox_says_that_the_workspace_is_kept_until_there_is_another() -> None:
    story = Story()
    made = ev.SandboxCreated(researcher="r1", sandbox="r1", backend="docker", isolated=True)
    story.tell(made, ev.SandboxLost(researcher="r1", sandbox="r1", why="killed"))
    assert "r1 lost its sandbox. Its workspace is kept." in words(scene(story))
    story.tell(made)
    assert holdups(scene(story)) == []


def test_a_run_that_is_over_is_held_up_by_nothing() -> None:
    story = limited()
    story.tell(ev.RunClosed(reason="stopped"))
    assert words(scene(story)) == ""


FACTS: dict[str, dict[str, object]] = {
    "model": {"name": "Qwen3-4B", "stage": "weights", "done": 2_100_000_000, "total": 8_000_000_000, "unit": "bytes"},
    "image": {"name": "researcher", "stage": "layer", "done": 4, "total": 11},
}


def test_what_is_fetched_is_shown_with_how_much_is_here() -> None:
    found = words(scene(Story(), facts=FACTS))
    assert "Downloading the model Qwen3-4B" in found and "2.1 GB of 8.0 GB" in found
    assert "Building the sandbox image researcher" in found and "4 of 11" in found
    story = Story()
    story.state.researchers, story.state.status = {}, "new"
    lines = stage_content(scene(story, facts=FACTS), 80, 24).lines
    assert any("Downloading the model" in plain(line) for line in lines)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_facts_and_reasons_stay_in_their_cells(text: str) -> None:
    story = Story()
    story.tell(
        ev.ResearcherStateChanged(researcher="r1", state="budget", why=text),
        ev.BudgetExceeded(researcher="r2", what=text[:200], used=1, limit=1),
        ev.ResearcherStateChanged(researcher="r2", state="budget"),
    )
    model = {"name": text, "stage": text, "done": 1e300, "total": 2, "unit": "bytes"}
    facts = {"model": model, "image": {"done": text}}
    lines = holdup_lines(scene(story, facts=facts), 60)
    assert len(lines) <= 3 * SHOWN + 4
    for line in lines:
        assert width(line) <= 60 and not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in plain(line))
