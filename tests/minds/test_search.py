"""The search mind: a pure function of the chapter, honest about what it is."""

from __future__ import annotations

import random
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.events import Event
from aarctl.lab.compose import Ingredients, all_ingredients
from aarctl.minds.protocol import PERSON, Ask, Chapter, Message, TextBlock, ToolAnswer, Turn
from aarctl.minds.search import SearchMind
from aarctl.minds.search.ideas import CONTROL, Score, draw, merits, themes
from aarctl.minds.search.memory import named

T = TypeVar("T")


class World:
    """Answers tools as a run would, without running anything: to see what the mind does with the answers."""

    def __init__(self, researcher: str = "r2", direction: str = "", submissions: int = 2) -> None:
        self.chapter = Chapter(
            researcher=researcher, fleet=("r1", "r2"), direction=direction, seed=1, turn=0, system="", tools=(),
            messages=[],
        )  # fmt: skip
        self.left, self.experiments, self.submissions = submissions, {}, {}  # type: ignore[var-annotated]
        self.posts: list[dict[str, Any]] = []

    async def play(self, mind: SearchMind, turns: int = 60) -> list[Turn]:
        """Turns until the mind is done."""
        played = []
        for number in range(1, turns + 1):
            self.chapter.turn = number
            turn = await mind.turn(self.chapter, Free(), lambda text: None)
            played.append(turn)
            self.chapter.messages.append(Message("assistant", turn.content))
            answers = tuple(self._answer(use.id, use.name, use.input) for use in turn.tools)
            if turn.stop == "done":
                break
            self.chapter.messages.append(Message("user", answers or (TextBlock("Go on."),)))
        return played

    def _answer(self, call: str, tool: str, args: dict[str, Any]) -> ToolAnswer:
        match tool, args.get("action"):
            case "experiments", "queue":
                name = f"x{len(self.experiments) + 1}"
                merit = (len(self.experiments) * 37 % 10) / 10
                self.experiments[name] = {
                    "experiment": name, "state": "done",
                    "result": {"pool": {"weak_agreement": merit, "prior_agreement": 0.5}},
                }  # fmt: skip
                data: Any = {"experiment": name, "out": f"students/{name}"}
            case "experiments", "status":
                data = {"experiments": list(self.experiments.values())}
            case "submit", _:
                self.left -= 1
                name = f"s{len(self.submissions) + 1}"
                pgr = 0.3 + 0.1 * len(self.submissions)
                self.submissions[name] = {"submission": name, "state": "scored", "pgr": pgr}
                data = {"submission": name, "left": self.left}
            case "board", _:
                data = {"rows": list(self.submissions.values()) if args.get("of") == "me" else []}
            case "forum", "post":
                self.posts.append(args)
                data = {"post": "p1", "thread": "t1"}
            case _:
                data = {"posts": []}
        return ToolAnswer(call, "", True, data)


class Free:
    """Calls that cost nothing and are never held."""

    async def begin(self, ask: Ask) -> str:
        """See Calls."""
        assert ask.nusd == ask.tokens == 0
        return "m1"

    async def unless_held(self, waiting: Coroutine[Any, Any, T]) -> T:
        """See Calls."""
        return await waiting

    async def report(self, event: Event) -> None:
        """A program's calls cannot fail."""
        raise AssertionError(event)


def uses(turns: list[Turn], tool: str, action: str | None = None) -> list[dict[str, Any]]:
    return [u.input for t in turns for u in t.tools if u.name == tool and action in (None, u.input.get("action"))]


async def test_it_screens_cheaply_promotes_submits_tells_and_ends() -> None:
    world = World()
    turns = await world.play(SearchMind(candidates=3, fraction=0.25, promote=1, students=2))
    assert turns[-1].stop == "done"
    queued = uses(turns, "experiments", "queue")
    assert [q["fraction"] for q in queued[:5]] == [0.25, 0.25, 0.25, 1.0, 1.0]
    assert len(uses(turns, "submit")) == 2
    assert len(world.posts) == 2
    screened = [q["title"] for q in queued if q["fraction"] < 1]
    assert len(set(screened)) == len(screened)  # nothing is tried twice


async def test_it_promotes_what_looked_best_without_labels() -> None:
    turns = await World().play(SearchMind(candidates=3, fraction=0.25, promote=1, students=1))
    queued = uses(turns, "experiments", "queue")
    screened, promoted = queued[:3], queued[3]
    assert promoted["method"] == screened[1]["method"]  # the world's merits are .0, .7, .4


async def test_the_first_of_the_fleet_runs_the_control() -> None:
    turns = await World(researcher="r1").play(SearchMind(candidates=2, students=1))
    first = uses(turns, "files", "create")[0]["text"]
    assert first.splitlines()[0] == f'"""{CONTROL.name}'


async def test_the_same_chapter_gives_the_same_turn() -> None:
    one, two = World(), World()
    mind = SearchMind()
    assert await one.play(mind) == await two.play(SearchMind())


async def test_it_says_what_it_understood_of_the_person_and_weighs_it() -> None:
    world = World()
    world.chapter.messages.append(Message("user", (TextBlock(f"{PERSON}please try cross_fit"),)))
    turns = await world.play(SearchMind(candidates=6, students=1))
    assert "The person speaks for cross_fit" in turns[1].text
    written = [text["text"].splitlines()[0] for text in uses(turns, "files", "create")[:6]]
    assert sum("cross_fit" in line for line in written) >= 4
    other = World()
    other.chapter.messages.append(Message("user", (TextBlock(f"{PERSON}good morning"),)))
    assert "no language model" in (await other.play(SearchMind()))[1].text


def test_a_direction_speaks_for_its_ingredients() -> None:
    assert themes("use what the strong model already knows: its prior")["prior_confident"] > 1
    assert themes("") == {}


@given(st.sampled_from(list(all_ingredients())))
def test_a_methods_name_tells_all_of_it(method: Ingredients) -> None:
    assert named(method.name).source() == method.source()


@given(st.integers(0, 2**32), st.integers(1, 40), st.sets(st.sampled_from([m.name for m in all_ingredients()])))
def test_a_draw_is_seeded_new_and_without_repetition(seed: int, count: int, tried: set[str]) -> None:
    drawn = draw(count, [], tried, random.Random(seed))
    names = [method.name for method in drawn]
    assert len(set(names)) == len(names) == min(count, len(list(all_ingredients())) - len(tried))
    assert not tried & set(names)
    assert draw(count, [], tried, random.Random(seed)) == drawn


def test_an_ingredient_that_scored_well_weighs_more() -> None:
    found = merits([Score(("a", "b"), 0.8), Score(("a", "c"), 0.6), Score(("d", "c"), 0.1)])
    assert found["a"] > 1 > found["d"]
    assert merits([]) == {}
