"""A chapter's history, folded from a researcher's own events.

Live turns and a recovered supervisor go through the same function, so a mind is given the same bytes either way. It
only ever grows at its end: whatever was not known when a request left stands behind that request's answer.
"""

from __future__ import annotations

import msgspec

from ..journal.events import (
    ChapterClosing,
    ChapterOpened,
    ModelCompleted,
    NoticeDelivered,
    SteerDelivered,
    ToolCompleted,
)
from ..journal.lookup import Lookup
from ..journal.reader import Record
from ..journal.state import Researcher
from ..minds.protocol import GO_ON, Chosen, Message, TextBlock, ToolAnswer
from . import chapters, steers

KINDS = (
    "chapter.opened", "chapter.closing", "model.completed", "tool.completed", "steer.delivered", "notice.delivered",
)  # fmt: skip

_content = msgspec.json.Decoder(tuple[Chosen, ...])


async def read(lookup: Lookup, who: Researcher) -> list[Message]:
    """The messages of the open chapter of `who`, as of its last committed event."""
    messages: list[Message] = []
    for record in await lookup.records(who.chapter_seq - 1, researcher=who.id, kinds=KINDS):
        await extend(messages, record, lookup)
    return messages


async def extend(messages: list[Message], record: Record, lookup: Lookup) -> None:
    """Add what one event says; events of other kinds say nothing to a mind."""
    event = record.event
    if isinstance(event, ModelCompleted):
        if not messages or messages[-1].role == "assistant":
            messages.append(Message("user", (TextBlock(GO_ON),)))
        messages.append(Message("assistant", _content.decode(await lookup.text(event.content))))
    elif isinstance(event, ToolCompleted):
        data = None if event.data is None else msgspec.json.decode(await lookup.text(event.data))
        _user(messages, ToolAnswer(event.call, await lookup.text(event.output), event.ok, data))
    elif isinstance(event, SteerDelivered):
        _user(messages, TextBlock(await steers.said(lookup, event)))
    elif isinstance(event, NoticeDelivered):
        _user(messages, TextBlock(await lookup.text(event.text)))
    elif isinstance(event, ChapterClosing):
        _user(messages, TextBlock(chapters.CLOSING.format(tokens=event.tokens)))
    elif isinstance(event, ChapterOpened) and event.opening.chars:
        _user(messages, TextBlock(await lookup.text(event.opening)))


def _user(messages: list[Message], block: TextBlock | ToolAnswer) -> None:
    if messages and messages[-1].role == "user":
        messages[-1] = Message("user", (*messages[-1].content, block))
    else:
        messages.append(Message("user", (block,)))
