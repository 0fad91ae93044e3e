"""The forum: posts by researchers and people, and who has read how far."""

from __future__ import annotations

from .base import Event, Text


class ForumPosted(Event, frozen=True, kw_only=True, tag="forum.posted"):
    """A post; the first of a thread carries its title. `author` is a researcher or "person"."""

    post: str
    thread: str
    author: str
    title: str
    text: Text
    tags: list[str] = []
    round: int = 0


class ForumRead(Event, frozen=True, kw_only=True, tag="forum.read"):
    """The researcher has been shown every post up to and including `post`."""

    post: str
