"""Posts of the forum as one researcher may see them, and how they look."""

from __future__ import annotations

from typing import Any

import msgspec

from ..journal.events import ForumPosted
from .tool import Context, shorten

EXCERPT_CHARS = 240


class Post(msgspec.Struct, frozen=True):
    """A post and where it stands."""

    seq: int
    event: ForumPosted


async def visible(context: Context) -> list[Post]:
    """The posts that the caller may see, in the order in which they were written."""
    records = await context.lookup.records(kinds=("forum.posted",))
    found = [Post(record.seq, record.event) for record in records if isinstance(record.event, ForumPosted)]
    if context.horizon is None:
        return found
    return [post for post in found if post.seq <= context.horizon or post.event.author == context.researcher]


def position(found: list[Post], name: str) -> int:
    """The seq of the post `name`; 0 when there is none."""
    return next((post.seq for post in reversed(found) if post.event.post == name), 0)


async def shown(context: Context, post: Post, limit: int = 0) -> dict[str, Any]:
    """A post as data, its text shortened to `limit` characters when that is given."""
    event = post.event
    text = await context.lookup.text(event.text)
    if limit and len(text) > limit:
        text = f"{shorten(text, limit)}\n[read it whole with post={event.post!r}]"
    return {
        "post": event.post, "thread": event.thread, "author": event.author, "title": event.title, "tags": event.tags,
        "text": text,
    }  # fmt: skip


def heading(event: ForumPosted) -> str:
    """Its ids, author, title and tags in one line."""
    tags = f" [{', '.join(event.tags)}]" if event.tags else ""
    return f"{event.post} in {event.thread} by {event.author}: {event.title}{tags}"


def in_words(post: dict[str, Any]) -> str:
    """A post as text, from its data."""
    tags = f" [{', '.join(post['tags'])}]" if post["tags"] else ""
    return f"{post['post']} in {post['thread']} by {post['author']}: {post['title']}{tags}\n{post['text']}"


def holds(event: ForumPosted, text: str, words: list[str]) -> bool:
    """Whether each of some lower-case words occurs in a post."""
    everything = "\n".join([event.title, event.author, *event.tags, text]).lower()
    return all(word in everything for word in words)


def excerpt(text: str, words: list[str]) -> str:
    """What stands around the first of `words` that occurs, in one line."""
    lower = text.lower()
    at = min((found for word in words if (found := lower.find(word)) >= 0), default=0)
    first = max(0, at - EXCERPT_CHARS // 3)
    part = " ".join(text[first : first + EXCERPT_CHARS].split())
    return f"{'... ' if first else ''}{part}{' ...' if first + EXCERPT_CHARS < len(text) else ''}"
