"""A chapter as the bytes of one request to the Messages API.

Deterministic: the same chapter makes the same bytes, and a chapter that grew makes bytes that begin with the old ones
in tools, system and messages. Prompt caching and signed thinking both hang on that. The cache marks are the request's
own (last block) and one on the system prompt, so that a turn of very many blocks still finds the prefix.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..protocol import GO_ON, Block, Chapter, Message, Opaque, TextBlock, Thinking, ToolAnswer, ToolUse
from .settings import Settings

_encode = msgspec.json.Encoder().encode

THOUGHTS = ("thinking", "redacted_thinking")

ASKED = Message("user", (TextBlock(GO_ON),))
"""What ends a request where nobody has said anything since the model's last answer."""


class Wire:
    """Writes requests. Messages never change, so each is written once and remembered as long as it stays.

    Tool calls have ids of our own, unique in the run whatever the service calls them; the service gets its own back.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._written: list[tuple[Message, bytes]] = []
        self._ids: dict[str, str] = {}
        """Of the chapter's tool calls: by our id, the service's."""

    def __repr__(self) -> str:
        return f"Wire({len(self._written)} messages)"

    def body(self, chapter: Chapter) -> bytes:
        """The request's JSON; its messages last, ending with a user's part."""
        known = self._written
        if known and (not chapter.messages or known[0][0] is not chapter.messages[0]):
            known, self._ids = [], {}  # another chapter
        self._written = [
            known[n] if n < len(known) and known[n][0] is message else (message, self._message(message))
            for n, message in enumerate(chapter.messages)
        ]
        # a refused answer left nothing: the service takes no empty part, but two of a user in a row
        messages = [written for _, written in self._written if written]
        if not messages or chapter.messages[-1].role == "assistant":
            messages.append(self._message(ASKED))
        return b'%s,"messages":[%s]}' % (_encode(self._head(chapter))[:-1], b",".join(messages))

    def _head(self, chapter: Chapter) -> dict[str, Any]:
        """All but the messages."""
        settings = self._settings
        mark = {"type": "ephemeral", "ttl": settings.cache_ttl}
        head: dict[str, Any] = {
            "model": settings.model, "max_tokens": settings.max_tokens, "stream": True, "cache_control": mark
        }  # fmt: skip
        if settings.thinking is not None:
            head["thinking"] = {"type": "adaptive", "display": settings.thinking}
        if settings.effort is not None:
            head["output_config"] = {"effort": settings.effort}
        if chapter.tools:
            head["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.schema}
                for tool in chapter.tools
            ]
        if chapter.system:
            head["system"] = [{"type": "text", "text": chapter.system, "cache_control": mark}]
        return head

    def _message(self, message: Message) -> bytes:
        """A message as the service reads it; nothing where it has no block that may be sent."""
        for block in message.content:
            if isinstance(block, ToolUse) and block.kept and "id" in block.kept:
                self._ids[block.id] = block.kept["id"]
        # answers of tools stand before words: the service insists
        ordered = sorted(message.content, key=lambda block: not isinstance(block, ToolAnswer))
        blocks = [found for block in ordered if (found := _block(block, self._ids)) is not None]
        if message.role == "assistant":
            while blocks and blocks[-1]["type"] in THOUGHTS:  # of an answer that was cut: it may not end with these
                blocks.pop()
        return _encode({"role": message.role, "content": blocks}) if blocks else b""


def _block(block: Block, ids: dict[str, str]) -> dict[str, Any] | None:
    match block:
        case TextBlock(text, kept):
            return {"type": "text", "text": text, **(kept or {})} if text.strip() else None
        case ToolUse(id, name, input, kept):
            return {"type": "tool_use", "id": id, "name": name, "input": input, **(kept or {})}
        case Thinking(thinking, signature):
            return {"type": "thinking", "thinking": thinking, "signature": signature} if signature else None
        case Opaque(inner):
            return inner
        case ToolAnswer(tool_use_id, text, ok):
            answer = {"type": "tool_result", "tool_use_id": ids.get(tool_use_id, tool_use_id), "content": text}
            return answer if ok else {**answer, "is_error": True}
