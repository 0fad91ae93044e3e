"""The scripted researcher at work with the real tools: what a day has in it, and that nothing of it is kept."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from aarctl.minds.rehearsal.researcher import research
from aarctl.tools import TOOLS
from tests.fakes.messages_api import Asked, Reply, Think, Use

from .day import Call, Day

NAMES = ("r1", "r2", "r3")
LIMITS = ("budget.researcher.submissions=2", "budget.researcher.experiments=14", "budget.researcher.turns=200")


class Played(NamedTuple):
    """What there is to know of a day."""

    day: Day
    state: Any
    calls: dict[str, list[Call]]
    answers: dict[str, list[tuple[str, bool, str]]]
    told: list[str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A day of three, 40 turns each."""

    async def play() -> Played:
        async with Day(tmp_path_factory.mktemp("day"), researchers=3) as day:
            await day.play(40)
            told = [one.researcher for one in await day.fleet.events("person.told")]
            calls = {who: await day.calls(who) for who in NAMES}
            return Played(day, day.fleet.state, calls, {who: await day.answers(who) for who in NAMES}, told)

    return asyncio.run(play())


def test_a_day_uses_every_tool_and_the_service_takes_every_request(played: Played) -> None:
    calls = played.calls
    assert played.day.api.refused == [] and played.day.api.lines.broken == []
    assert {name for mine in calls.values() for name, _ in mine} == set(TOOLS)
    assert sorted(played.told) == ["r1", "r2", "r3"]
    for who in played.state.researchers.values():
        assert who.submissions >= 2 and who.posts >= 2 and who.experiments >= 8 and who.blocked == ""
    assert all(one.released and one.claimed and one.tags for one in played.state.submissions.values())
    assert any(args.get("action") == "reply" for mine in calls.values() for _, args in mine)
    files = [{args["text"] for name, args in mine if name == "files"} for mine in calls.values()]
    assert files[0] != files[1] != files[2] != files[0], "each has ideas of its own"


def test_what_it_asks_of_a_tool_fits_the_tool(played: Played) -> None:
    for name, args in [call for mine in played.calls.values() for call in mine]:
        msgspec.convert(args, TOOLS[name].args)
    assert [text for mine in played.answers.values() for name, ok, text in mine if not ok and name != "shell"] == []


def test_its_slips_are_its_own_and_the_very_next_command_is_the_right_one(played: Played) -> None:
    slips = 0
    for mine in played.answers.values():
        shells = [(ok, text) for name, ok, text in mine if name == "shell"]
        for number, (ok, text) in enumerate(shells):
            if not ok:
                assert "KeyError: 'label'" in text or "results.json" in text
                assert shells[number + 1][0]
                slips += 1
    assert slips > 0


def test_it_thinks_uses_tools_side_by_side_and_ends_its_turn_to_wait(played: Played) -> None:
    replies = [reply for _, reply in played.day.pairs]
    assert any(isinstance(reply.blocks[0], Think) for reply in replies)
    assert any(sum(isinstance(block, Use) for block in reply.blocks) >= 4 for reply in replies)
    assert any(reply.stop_reason == "end_turn" for reply in replies)


def test_an_answer_depends_on_the_request_alone(played: Played) -> None:
    pairs: list[tuple[Asked, Reply]] = random.Random(1).sample(played.day.pairs, 60)
    assert all(research(asked) == reply for asked, reply in pairs)


async def test_a_day_cut_into_pieces_by_crashes_is_the_same_day(tmp_path: Path) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    async with Day(whole) as day:
        await day.play(24)
        expected = await day.calls()
    for number in range(6):
        async with Day(pieces, key=f"sk-ant-{number}") as day:
            await day.play(4)
            found = await day.calls()
            assert day.api.refused == []
    assert found == expected


async def test_a_steer_is_answered_in_words_and_followed_at_once(tmp_path: Path) -> None:
    async with Day(tmp_path) as day:
        await day.play(6)
        before = len(await day.calls())
        await day.say("Please try soft labels, everything else can wait.")
        await day.play(1)
        _, reply = day.pairs[-1]
        new = (await day.calls())[before:]
        assert "You said" in str(reply.blocks[1]) and "I turn to weak soft" in str(reply.blocks[1])
        assert any(args.get("action") == "queue" for _, args in new)
        await day.play(6)
        later = [asked for asked, _ in day.pairs if "soft labels" in str(asked.messages)]
        assert len(later) == 7 and sum("You said" in str(reply.blocks) for _, reply in day.pairs) == 1


@pytest.mark.parametrize(
    ("words", "label"),
    [("use the weak soft labels", "weak_soft"), ("only prior hard", "prior_hard"), ("cross fit!", "cross_fit")],
)
async def test_what_the_person_names_is_tried_next(tmp_path: Path, words: str, label: str) -> None:
    async with Day(tmp_path) as day:
        await day.play(4)
        await day.say(words)
        await day.play(1)
        written = [args["text"] for name, args in (await day.calls()) if name == "files"][-2:]
    assert all(f"use.{label}(" in text for text in written)


async def test_words_it_does_not_know_are_owned_up_to(tmp_path: Path) -> None:
    async with Day(tmp_path) as day:
        await day.play(3)
        await day.say("How is the weather {today}?")
        await day.play(1)
    _, reply = day.pairs[-1]
    assert "How is the weather {today}?" in str(reply.blocks) and "I am a script" in str(reply.blocks)


async def test_where_budgets_are_used_up_it_goes_on_reading_and_is_never_idle_for_long(tmp_path: Path) -> None:
    async with Day(tmp_path, *LIMITS, researchers=2) as day:
        await day.play(80)
        for who in day.fleet.state.researchers.values():
            assert who.submissions == 2 and who.experiments >= 13
            assert who.blocked == "" and who.settled == 80
        assert day.api.refused == []
        for name in ("r1", "r2"):
            refusals = [text for tool, ok, text in await day.answers(name) if not ok and tool != "shell"]
            assert len(refusals) <= 5 and all("budget" in text for text in refusals), refusals
