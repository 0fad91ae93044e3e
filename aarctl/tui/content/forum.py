"""The forum's posts as the room keeps them: newest few hundred, with who has read each. No Textual."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from aarctl.journal.events import ForumPosted, Text
from aarctl.journal.reader import Record
from aarctl.journal.state import RunState

KEPT = 500


class Post(NamedTuple):
    """One post; its text is untrusted."""

    seq: int
    at: int
    post: str
    thread: str
    author: str
    title: str
    text: Text


class Reader(Protocol):
    """What the forum needs of a journal; JournalReader is one."""

    def records(
        self, after: int = 0, *, upto: int | None = None, kinds: tuple[str, ...] = (), limit: int = -1,
        newest_first: bool = False,
    ) -> Iterator[Record]: ...  # fmt: skip


class ForumLog:
    """Posts in order of time. Live, `add` takes in what comes; a replay asks for those up to its cursor."""

    def __init__(self, reader: Reader, upto: int) -> None:
        newest = reader.records(0, upto=upto, kinds=("forum.posted",), limit=KEPT, newest_first=True)
        self._posts = [post for record in reversed(list(newest)) if (post := _post(record)) is not None]

    def __repr__(self) -> str:
        return f"ForumLog({len(self._posts)} posts)"

    def add(self, records: Iterable[Record]) -> None:
        """Take in later records."""
        self._posts.extend(post for record in records if (post := _post(record)) is not None)
        del self._posts[:-KEPT]

    def upto(self, seq: int) -> list[Post]:
        """The posts that exist at `seq`."""
        return self._posts[: bisect_right(self._posts, seq, key=lambda post: post.seq)]


def _post(record: Record) -> Post | None:
    event = record.event
    if not isinstance(event, ForumPosted):
        return None
    return Post(record.seq, record.at, event.post, event.thread, event.author, event.title, event.text)


def readers(state: RunState, post: Post) -> list[str]:
    """Who has been shown the post, its author left out."""
    number = _number(post.post)
    return [
        who.id for who in state.researchers.values()
        if who.id != post.author and who.forum_read and _number(who.forum_read) >= number
    ]  # fmt: skip


def unread(state: RunState, posts: Sequence[Post]) -> dict[str, int]:
    """How many of the posts each researcher has not been shown, its own left out."""
    return {
        who.id: sum(post.author != who.id and _number(post.post) > _number(who.forum_read) for post in posts)
        for who in state.researchers.values()
    }


def _number(post: str) -> int:
    return int(post[1:]) if post[1:].isdigit() else 0
