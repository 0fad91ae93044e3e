"""A chapter as the bytes of one request to the Messages API.

Pure and deterministic: the same chapter makes the same bytes, and a chapter that grew makes bytes that begin with the
old ones in tools, system and messages. Prompt caching and signed thinking both hang on that. The cache marks are the
request's own (last block) and one on the system prompt, so that a turn of very many blocks still finds the prefix.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..protocol import GO_ON, Block, Chapter, Message, Opaque, TextBlock, Thinking, ToolAnswer, ToolUse
from .settings import Settings

_encode = msgspec.json.Encoder().encode


def body(chapter: Chapter, settings: Settings) -> bytes:
    """The request's JSON."""
    mark = {"type": "ephemeral", "ttl": settings.cache_ttl}
    request: dict[str, Any] = {
        "model": settings.model, "max_tokens": settings.max_tokens, "stream": True, "cache_control": mark
    }  # fmt: skip
    if settings.thinking is not None:
        request["thinking"] = {"type": "adaptive", "display": settings.thinking}
    if settings.effort is not None:
        request["output_config"] = {"effort": settings.effort}
    if chapter.tools:
        request["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.schema} for tool in chapter.tools
        ]
    if chapter.system:
        request["system"] = [{"type": "text", "text": chapter.system, "cache_control": mark}]
    request["messages"] = messages(chapter.messages)
    return _encode(request)


def messages(history: list[Message]) -> list[dict[str, Any]]:
    """The history as the service reads it, ending with a user's part."""
    sent = []
    for message in history:
        blocks = [block for block in map(_block, _ordered(message)) if block is not None]
        if blocks:  # a refused answer left nothing; the service takes no empty part, but two of a user in a row
            sent.append({"role": message.role, "content": blocks})
    if not sent or sent[-1]["role"] == "assistant" or history[-1].role == "assistant":
        sent.append({"role": "user", "content": [{"type": "text", "text": GO_ON}]})
    return sent


def _ordered(message: Message) -> tuple[Block, ...]:
    """Answers of tools stand before words: the service insists."""
    return tuple(sorted(message.content, key=lambda block: not isinstance(block, ToolAnswer)))


def _block(block: Block) -> dict[str, Any] | None:
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
            answer = {"type": "tool_result", "tool_use_id": tool_use_id, "content": text}
            return answer if ok else {**answer, "is_error": True}
