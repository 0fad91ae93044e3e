"""What the real Messages API refuses with 400, as far as a researcher's history can get it wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .cache import History, Request

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")
SignOf = Callable[[bytes, str], str]
"""The signature of thinking that stands after a history of this digest."""


def fault_of(request: Request, history: History, sign: SignOf) -> str:
    """Why the service would not take this request; empty when it would."""
    if not request.messages:
        return "messages: at least one message is required"
    if request.messages[0].role != "user":
        return "messages: first message must use the user role"
    if request.max_tokens < 1:
        return "max_tokens: must be greater than or equal to 1"
    if request.thinking and request.thinking.get("type") == "adaptive":
        if (request.tool_choice or {}).get("type") in ("any", "tool"):
            return "Thinking may not be enabled when tool_choice forces tool use."
    for number, raw in enumerate(request.tools):
        tool = json.loads(bytes(raw))
        if not TOOL_NAME.match(tool.get("name", "")) or tool.get("input_schema", {}).get("type") != "object":
            return f"tools.{number}: name or input_schema is not valid"
    if len(history.marks) > 4:
        return f"A maximum of 4 blocks with cache_control may be provided. Found {len(history.marks)}."
    return _messages(request, history, sign)


def _messages(request: Request, history: History, sign: SignOf) -> str:
    asked: set[str] = set()
    """Tools that the last message of the model called."""
    before = ""
    for number, message in enumerate(request.messages):
        content: Any = json.loads(bytes(message.content))
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        where = f"messages.{number}"
        if message.role not in ("user", "assistant"):
            return f"{where}: unexpected role {message.role}"
        if not blocks:
            return f"{where}: all messages must have non-empty content"
        for block in blocks:
            if block["type"] == "text" and not block["text"].strip():
                return f"{where}: text content blocks must contain non-whitespace text"
            if block["type"] == "thinking" and block["signature"] != sign(history.before(number), block["thinking"]):
                return f"{where}: Invalid `signature` in `thinking` block"
        if message.role == "user":
            fault = _answers(blocks, asked, again=before == "user")
            asked = set()
        else:
            ids = [block["id"] for block in blocks if block["type"] == "tool_use"]
            fault = "`tool_use` ids must be unique" if len(ids) != len(set(ids)) else ""
            if blocks[-1]["type"] in ("thinking", "redacted_thinking"):
                fault = "The final block in an assistant message cannot be `thinking`."
            fault = fault or ("`tool_use` ids were found without `tool_result` blocks" if asked else "")
            asked = set(ids)
        if fault:
            return f"{where}: {fault}"
        before = message.role
    if asked:
        return "`tool_use` ids were found without `tool_result` blocks immediately after"
    if before == "assistant":
        return "This model does not support assistant message prefill. The conversation must end with a user message."
    return ""


def _answers(blocks: list[dict[str, Any]], asked: set[str], again: bool) -> str:
    """Every tool is answered, first thing in the message after it, and nothing else is."""
    given = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    if set(given) - asked or len(given) != len(set(given)):
        return "unexpected `tool_use_id` found in `tool_result` blocks"
    if asked - set(given):
        return "`tool_use` ids were found without `tool_result` blocks immediately after"
    if any(block["type"] == "tool_result" for block in blocks[len(given) :]):
        return "`tool_result` blocks must come before other content"
    return ""
