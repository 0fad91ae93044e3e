"""What the server answers: a reply in blocks, and the events that a stream of it has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Event = tuple[str, dict[str, Any]]
Sign = Callable[[str], str]
"""Makes the signature of a thinking block from its text."""


@dataclass(frozen=True)
class Say:
    """Words."""

    text: str


@dataclass(frozen=True)
class Think:
    """Signed thinking."""

    text: str


@dataclass(frozen=True)
class Use:
    """A tool call; a `cut` one ends in the middle of its arguments."""

    name: str
    input: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    """Empty: one of the server's own, unique."""
    cut: bool = False


@dataclass(frozen=True)
class Raw:
    """A block as it is: redacted thinking, or a kind that nobody knows."""

    block: dict[str, Any]


Block = Say | Think | Use | Raw


@dataclass(frozen=True)
class Reply:
    """One answer."""

    blocks: tuple[Block, ...] = ()
    stop: str = ""
    """Empty: tool_use where a tool is used, else end_turn."""
    why: str = ""
    """stop_details.explanation, of a refusal."""
    piece: int = 24
    """Characters of one delta."""

    @property
    def stop_reason(self) -> str:
        """Why it ends."""
        return self.stop or ("tool_use" if any(isinstance(block, Use) for block in self.blocks) else "end_turn")

    @property
    def output_tokens(self) -> int:
        """A token for every four characters, and three for being there."""
        return 3 + sum(-(-len(_written(block)) // 4) for block in self.blocks)


def say(text: str) -> Reply:
    """An answer of words alone."""
    return Reply((Say(text),))


def use(*tools: Use, thought: str = "") -> Reply:
    """An answer that uses tools, in parallel where there are several."""
    return Reply((*((Think(thought),) if thought else ()), *tools))


def events(reply: Reply, message_id: str, model: str, usage: dict[str, Any], sign: Sign) -> Iterator[Event]:
    """The stream of `reply`. `usage` is what is known at its start; the end adds the tokens written."""
    start: dict[str, Any] = {
        "id": message_id, "type": "message", "role": "assistant", "model": model, "content": [], "stop_reason": None,
        "stop_sequence": None, "stop_details": None, "usage": {**usage, "output_tokens": 1},
    }  # fmt: skip
    yield "message_start", {"type": "message_start", "message": start}
    yield "ping", {"type": "ping"}
    for index, block in enumerate(reply.blocks):
        begin, deltas = _stream(block, f"{message_id[4:]}{index:02}", reply.piece, sign)
        yield "content_block_start", {"type": "content_block_start", "index": index, "content_block": begin}
        for delta in deltas:
            yield "content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}
        yield "content_block_stop", {"type": "content_block_stop", "index": index}
    details = {"type": "refusal", "category": None, "explanation": reply.why} if reply.why else None
    delta = {"stop_reason": reply.stop_reason, "stop_sequence": None, "stop_details": details}
    counts = {name: count for name, count in usage.items() if name.endswith("_tokens")}
    yield (
        "message_delta",
        {"type": "message_delta", "delta": delta, "usage": {**counts, "output_tokens": reply.output_tokens}},
    )
    yield "message_stop", {"type": "message_stop"}


def _stream(block: Block, tool_id: str, piece: int, sign: Sign) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The block as it starts, and its deltas."""
    pieces = _pieces(_written(block), piece)
    begin: dict[str, Any]
    match block:
        case Say():
            return {"type": "text", "text": ""}, [{"type": "text_delta", "text": text} for text in pieces]
        case Think(text):
            deltas = [{"type": "thinking_delta", "thinking": part} for part in pieces]
            begin = {"type": "thinking", "thinking": "", "signature": ""}
            return begin, [*deltas, {"type": "signature_delta", "signature": sign(text)}]
        case Use(name, _, given):
            begin = {"type": "tool_use", "id": given or f"toolu_{tool_id}", "name": name, "input": {}}
            parts = [""] if pieces == ["{}"] else ["", *pieces]  # a tool without arguments streams none
            return begin, [{"type": "input_json_delta", "partial_json": part} for part in parts]
        case Raw(inner):
            return inner, []


def _written(block: Block) -> str:
    match block:
        case Say(text) | Think(text):
            return text
        case Use(_, given, _, cut):
            text = json.dumps(given)
            return text[: len(text) // 2] if cut else text
        case Raw(inner):
            return json.dumps(inner)


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
