"""The forum: what is new is shown once, everything can be found again, and rounds are kept apart."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.events import ForumPosted, RoundOpened, head_of
from aarctl.tools import TOOLS
from aarctl.tools.posts import EXCERPT_CHARS, excerpt
from aarctl.tools.tool import OUTPUT_CHARS

from .conftest import Bench


async def next_round(bench: Bench) -> None:
    await bench.record(RoundOpened(round=bench.journal.state.round + 1))


async def post(bench: Bench, title: str, text: str, researcher: str = "r1", **more: object) -> None:
    assert (await bench.use("forum", researcher, action="post", title=title, text=text, **more)).ok


async def test_a_post_is_seen_by_others_in_the_next_round_only(bench: Bench) -> None:
    posted = await bench.use("forum", action="post", title="vanilla", text="about .24", tags=["weak_hard"])
    assert posted.data == {"post": "p1", "thread": "t1"}
    hidden = ({"action": "read"}, {"action": "list"}, {"action": "search", "query": "vanilla"})
    for args in hidden:
        found = await bench.use("forum", "r2", **args)
        assert list(found.data.values()) == [[]], found
    for args in ({"action": "read", "post": "p1"}, {"action": "reply", "thread": "t1", "text": "?"}):
        assert not (await bench.use("forum", "r2", **args)).ok
    await next_round(bench)
    (seen,) = (await bench.use("forum", "r2", action="read")).data["posts"]
    assert (seen["author"], seen["text"], seen["tags"]) == ("r1", "about .24", ["weak_hard"])


async def test_outside_of_rounds_a_post_is_seen_at_once(bench: Bench) -> None:
    await post(bench, "vanilla", "about .24")
    context = bench.context("r2")
    free = msgspec.structs.replace(
        context.recipe, schedule=msgspec.structs.replace(context.recipe.schedule, kind="free", rounds=None)
    )
    seen = await TOOLS["forum"].call(replace(context, recipe=free), {"action": "read"})
    assert [one["post"] for one in seen.data["posts"]] == ["p1"]


async def test_what_was_read_is_not_shown_again(bench: Bench) -> None:
    await post(bench, "one", "1")
    await next_round(bench)
    assert len((await bench.use("forum", "r2", action="read")).data["posts"]) == 1
    assert (await bench.use("forum", "r2", action="read")).data == {"posts": []}
    again = await bench.use("forum", "r2", action="read", post="p1")
    assert again.data["posts"][0]["text"] == "1"


async def test_a_page_fits_in_an_answer_and_the_next_one_goes_on(bench: Bench) -> None:
    for number in range(30):
        await post(bench, f"number {number}", f"{number} " * 900)
    await next_round(bench)
    seen: list[str] = []
    while posts := (page := await bench.use("forum", "r2", action="read")).data["posts"]:
        assert len(page.text) < OUTPUT_CHARS + 200
        seen += [one["post"] for one in posts]
    assert seen == [f"p{number}" for number in range(1, 31)]


async def test_a_thread_is_read_whole_or_since_a_post_without_touching_what_is_new(bench: Bench) -> None:
    await post(bench, "one", "first")
    await next_round(bench)
    await bench.use("forum", "r2", action="reply", thread="t1", text="second")
    await post(bench, "two", "elsewhere", "r2")
    await next_round(bench)
    for args, wanted in (
        ({"thread": "t1"}, ["first", "second"]),
        ({"thread": "t1", "since": "p1"}, ["second"]),
        ({"since": "p2"}, ["elsewhere"]),
        ({"since": "p3"}, []),
    ):
        found = await bench.use("forum", action="read", **args)
        assert [one["text"] for one in found.data["posts"]] == wanted and not found.events
    new = (await bench.use("forum", action="read")).data["posts"]
    assert [one["text"] for one in new] == ["second", "elsewhere"]  # and none of its own
    for wrong in ({"thread": "t9"}, {"since": "p9"}, {"post": "p9"}):
        assert "there is no" in (await bench.use("forum", action="read", **wrong)).text


async def test_threads_are_listed_with_the_last_answered_first(bench: Bench) -> None:
    await post(bench, "one", "1")
    await post(bench, "two", "2")
    await bench.use("forum", action="reply", thread="t1", text="more")
    listed = await bench.use("forum", action="list")
    assert [(row["thread"], row["posts"], row["last"]) for row in listed.data["threads"]] == [
        ("t1", 2, "p3"),
        ("t2", 1, "p2"),
    ]
    assert listed.text.startswith("t1 one (by r1, 2 posts, last p3)")


async def test_words_are_searched_in_all_of_a_post_and_the_newest_is_shown_first(bench: Bench) -> None:
    await post(bench, "The prior", "x12: " + "far " * 3_000 + "agreement .81", tags=["zero-shot"])
    await post(bench, "Mixture", "half prior, half teacher")
    await next_round(bench)
    found = await bench.use("forum", "r2", action="search", query="PRIOR")
    assert [row["post"] for row in found.data["posts"]] == ["p2", "p1"]
    (row,) = (await bench.use("forum", "r2", action="search", query="agreement zero-SHOT r1")).data["posts"]
    assert row["post"] == "p1" and row["excerpt"].startswith("... ") and "agreement .81" in row["excerpt"]
    assert (await bench.use("forum", "r2", action="search", query="prior absent")).text.startswith("no post")
    assert not (await bench.use("forum", "r2", action="search", query="  ")).ok


@given(st.text(max_size=900), st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3))
def test_an_excerpt_is_one_short_line_of_the_text(text: str, words: list[str]) -> None:
    shown = excerpt(text, [word.lower() for word in words])
    assert len(shown.splitlines()) <= 1 and len(shown) <= EXCERPT_CHARS + 8
    assert shown.removeprefix("... ").removesuffix(" ...").strip() in " ".join(text.split())


async def test_people_post_too_and_are_named(bench: Bench) -> None:
    await bench.record(ForumPosted(post="p1", thread="t1", author="person", title="hello", text=head_of("look at x3")))
    await next_round(bench)
    assert "p1 in t1 by person: hello\nlook at x3" in (await bench.use("forum", action="read")).text


async def test_a_reply_stands_in_its_thread_and_a_wrong_thread_is_refused(bench: Bench) -> None:
    await post(bench, "one", "1")
    reply = await bench.use("forum", action="reply", thread="t1", text="and more")
    assert reply.data == {"post": "p2", "thread": "t1"}
    assert bench.journal.state.threads["t1"].posts == 2
    wrong = await bench.use("forum", action="reply", thread="t9", text="?")
    assert not wrong.ok and "list the threads" in wrong.text


@pytest.mark.parametrize(("title", "text"), [("x", "  "), (" ", "x"), ("", "x"), ("x", "")])
async def test_an_empty_post_is_refused(bench: Bench, title: str, text: str) -> None:
    assert not (await bench.use("forum", action="post", title=title, text=text)).ok


async def test_a_long_post_is_kept_whole_and_says_how_to_read_it(bench: Bench) -> None:
    text = "long " * 4_000
    await post(bench, "x", text)
    await next_round(bench)
    assert "[read it whole with post='p1']" in (await bench.use("forum", "r2", action="read")).text
    shown = (await bench.use("forum", "r2", action="read", post="p1")).data["posts"][0]["text"]
    assert shown == text
