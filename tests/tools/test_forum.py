"""The forum on the rounds schedule: everyone sees what stood when the round opened."""

from __future__ import annotations

from aarctl.journal.events import RoundOpened

from .conftest import Bench


async def test_a_post_is_seen_by_others_in_the_next_round_only(bench: Bench) -> None:
    posted = await bench.use("forum", action="post", title="vanilla", text="about .24", tags=["weak_hard"])
    assert posted.data == {"post": "p1", "thread": "t1"}
    assert (await bench.use("forum", "r2", action="read")).data == {"posts": []}
    await bench.record(RoundOpened(round=2))
    (seen,) = (await bench.use("forum", "r2", action="read")).data["posts"]
    assert (seen["author"], seen["text"], seen["tags"]) == ("r1", "about .24", ["weak_hard"])


async def test_what_was_read_is_not_shown_again(bench: Bench) -> None:
    await bench.use("forum", action="post", title="one", text="1")
    await bench.record(RoundOpened(round=2))
    assert len((await bench.use("forum", "r2", action="read")).data["posts"]) == 1
    assert (await bench.use("forum", "r2", action="read")).data == {"posts": []}
    again = await bench.use("forum", "r2", action="read", post="p1")
    assert again.data["posts"][0]["text"] == "1"


async def test_a_reply_stands_in_its_thread_and_a_wrong_thread_is_refused(bench: Bench) -> None:
    await bench.use("forum", action="post", title="one", text="1")
    reply = await bench.use("forum", "r2", action="reply", thread="t1", text="agreed")
    assert reply.data == {"post": "p2", "thread": "t1"}
    assert bench.journal.state.threads["t1"].posts == 2
    wrong = await bench.use("forum", action="reply", thread="t9", text="?")
    assert not wrong.ok and "list the threads" in wrong.text


async def test_an_empty_post_is_refused(bench: Bench) -> None:
    assert not (await bench.use("forum", action="post", title="x", text="  ")).ok
    assert not (await bench.use("forum", action="post", title=" ", text="x")).ok


async def test_a_long_post_is_kept_whole(bench: Bench) -> None:
    text = "long " * 4_000
    await bench.use("forum", action="post", title="x", text=text)
    await bench.record(RoundOpened(round=2))
    shown = (await bench.use("forum", "r2", action="read", post="p1")).data["posts"][0]["text"]
    assert shown == text
