"""An answer, put together from the events of its stream. Pure: bytes of events in, blocks and counts out.

The order of events is checked, not trusted: an event that cannot follow the last one, a tool's arguments that are no
JSON object, a stream that ends early: each raises Malformed, and the attempt counts as lost. Events of kinds unknown
to us are passed over, as the protocol asks.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ...journal.events import clean
from ..prices import Tokens, reported

KNOWN = frozenset(
    {
        "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
        "message_stop",
    }
)  # fmt: skip


class Malformed(ValueError):
    """The stream is not what the protocol says."""


class Part:
    """One content block, open or closed."""

    def __init__(self, block: dict[str, Any]) -> None:
        self.kind = str(block.get("type", ""))
        self.block = block
        self.text = [str(block.get(self.kind) or "")] if self.kind in ("text", "thinking") else []
        self.arguments: list[str] = []
        self.signature = [str(block.get("signature") or "")]
        self.closed = False

    def __repr__(self) -> str:
        return f"Part({self.kind}, {'closed' if self.closed else 'open'})"


class Answer:
    """What has been heard of one answer so far."""

    def __init__(self) -> None:
        self.id = ""
        self.model = ""
        self.parts: list[Part] = []
        self.stop = ""
        self.why = ""
        """The service's explanation of a refusal."""
        self.heard_bytes = 0
        self._usage: dict[str, Any] = {}
        self._begun = self._ended = False

    def __repr__(self) -> str:
        return f"Answer({self.id or 'not begun'}, {len(self.parts)} blocks, stop={self.stop!r})"

    @property
    def begun(self) -> bool:
        """Whether the service has started to answer, so that what it read is known."""
        return self._begun

    @property
    def whole(self) -> bool:
        """Whether the last event has come."""
        return self._ended

    def hear(self, name: str, data: str) -> bool:
        """Take one event; True when it added to what is said. Raises Malformed."""
        if name not in KNOWN:
            return False
        event = read_object(data)
        if self._ended or self._begun == (name == "message_start"):
            raise Malformed(f"{name} cannot come now")
        try:
            return bool(getattr(self, f"_{name}")(event))
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise Malformed(f"{name} lacks {error}") from None

    def so_far(self) -> str:
        """The open answer in words: thoughts, text, and tools as they are being called."""
        said = []
        for part in self.parts:
            if part.kind == "tool_use":
                said.append(f"→ {part.block.get('name')} {''.join(part.arguments)}")
            else:
                said.append("".join(part.text))
        return "\n".join(words for words in said if words)

    def tokens(self) -> Tokens:
        """What the service counted, as of the last count it sent. Raises BadUsage."""
        return reported({"output_tokens": 0, **self._usage})

    # one method an event ---------------------------------------------------------------------------------

    def _message_start(self, event: dict[str, Any]) -> None:
        message = event["message"]
        self.id, self.model = str(message.get("id", "")), str(message.get("model", ""))
        self._count(message["usage"])
        self._begun = True

    def _content_block_start(self, event: dict[str, Any]) -> bool:
        if event["index"] != len(self.parts) or (self.parts and not self.parts[-1].closed) or self.stop:
            raise Malformed(f"block {event['index']} begins after {len(self.parts)} blocks")
        self.parts.append(Part(dict(event["content_block"])))
        return True

    def _content_block_delta(self, event: dict[str, Any]) -> bool:
        part, delta = self._open(event), event["delta"]
        match delta["type"], part.kind:
            case ("text_delta", "text") | ("thinking_delta", "thinking"):
                piece = _words(delta[part.kind])
                part.text.append(piece)
            case "input_json_delta", "tool_use":
                piece = _words(delta["partial_json"])
                part.arguments.append(piece)
            case "signature_delta", "thinking":
                piece = _words(delta["signature"])
                part.signature.append(piece)
                return False
            case _:
                return False  # such as citations: nothing that we asked for
        self.heard_bytes += len(piece.encode("utf-8", "replace"))
        return True

    def _content_block_stop(self, event: dict[str, Any]) -> None:
        self._open(event).closed = True

    def _message_delta(self, event: dict[str, Any]) -> None:
        delta = event["delta"]
        self.stop = _words(delta.get("stop_reason")) or self.stop
        self.why = _words((delta.get("stop_details") or {}).get("explanation")) or self.why
        self._count(event.get("usage") or {})

    def _message_stop(self, event: dict[str, Any]) -> None:
        if not self.stop or any(not part.closed for part in self.parts):
            raise Malformed("the answer ends without a reason" if not self.stop else "the answer ends within a block")
        self._ended = True

    def _open(self, event: dict[str, Any]) -> Part:
        if event["index"] != len(self.parts) - 1 or self.parts[-1].closed:
            raise Malformed(f"block {event['index']} is not open")
        return self.parts[-1]

    def _count(self, usage: dict[str, Any]) -> None:
        """Counts are totals so far; one that is left out keeps its value."""
        self._usage.update({name: count for name, count in usage.items() if count is not None})


def _words(value: Any) -> str:
    """Text, or nothing where there is none. Raises Malformed."""
    if value is not None and not isinstance(value, str):
        raise Malformed(f"a {type(value).__name__} stands where words belong")
    return value or ""


def read_object(text: str) -> dict[str, Any]:
    """A JSON object that can be written again as it was read. Raises Malformed."""
    try:
        try:
            found = msgspec.json.decode(text)
        except msgspec.DecodeError:
            # a lone surrogate in an escape: Python reads it, and `clean` makes it a character
            found = msgspec.json.decode(clean(json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False)))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"an event of {len(text)} characters is no JSON: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise Malformed(f"an event of {len(text)} characters is no JSON object")
    return found
