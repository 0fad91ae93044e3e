"""A whole answer as a turn of the protocol: what goes into the history, what is left out of it, and why it stopped.

The history must be one that the service takes back. So a tool call that was cut off is left out (it was never asked
for), and so is all of a refused answer. Thinking without a signature stays in the journal for people to read; `wire`
does not send it.
"""

from __future__ import annotations

from typing import Any, Literal

from ..protocol import Chosen, Opaque, TextBlock, Thinking, ToolUse
from .stream import Answer, Malformed, Part, read_object

Stop = Literal["tool_use", "waiting", "max_tokens", "refusal", "context_full"]

CUT: dict[str, Stop] = {"max_tokens": "max_tokens", "model_context_window_exceeded": "context_full"}


def content_of(answer: Answer, prefix: str) -> tuple[Chosen, ...]:
    """The blocks that join the history. `prefix`, such as "r1-7", makes ids unique in the run. Raises Malformed."""
    if answer.stop == "refusal":
        return ()
    cut = answer.stop in CUT
    blocks: list[Chosen] = []
    called: set[str] = set()
    for number, part in enumerate(answer.parts):
        last = number == len(answer.parts) - 1
        try:
            block = _block(part, f"{prefix}-{number}", called)
        except Malformed:
            if cut and last:
                continue
            raise
        if block is not None:
            blocks.append(block)
    return tuple(blocks)


def stop_of(answer: Answer, content: tuple[Chosen, ...]) -> Stop:
    """Why the turn ends; a tool to use counts for more than the service's word for it."""
    if answer.stop == "refusal":
        return "refusal"
    if answer.stop in CUT:
        return CUT[answer.stop]
    return "tool_use" if any(isinstance(block, ToolUse) for block in content) else "waiting"


def note_of(answer: Answer, max_tokens: int) -> str:
    """For people: why the answer is not all it might have been; empty when it is."""
    if answer.stop == "refusal":
        return f"the model refused: {' '.join(answer.why.split())[:300] or 'no reason given'}"
    if answer.stop == "max_tokens":
        return f"the answer was cut at {max_tokens} tokens"
    if answer.stop == "model_context_window_exceeded":
        return "the answer was cut where the model's context ends"
    return ""


def _block(part: Part, own_id: str, called: set[str]) -> Chosen | None:
    """The block of one part; None when there is nothing in it that may be sent back.

    A tool call has our id, unique in the run; the service's is kept for it, unless it has `called` another one so.
    """
    block = part.block
    match part.kind:
        case "text":
            text = "".join(part.text)
            return TextBlock(text, _kept(block, "text")) if text.strip() else None
        case "thinking":
            signature = "".join(part.signature)
            return Thinking("".join(part.text), signature) if signature or "".join(part.text) else None
        case "tool_use":
            given = "".join(part.arguments)
            found = read_object(given) if given else block.get("input")
            name, its_id = block.get("name"), block.get("id")
            if not isinstance(found, dict) or not isinstance(name, str) or not isinstance(its_id, str):
                raise Malformed("a tool call lacks its id, its name or its arguments")
            again = ("id",) if its_id in called else ()
            called.add(its_id)
            return ToolUse(own_id, name, found, _kept(block, "name", "input", *again))
        case _:
            return Opaque(block)


def _kept(block: dict[str, Any], *read: str) -> dict[str, Any] | None:
    """Fields of a block that we do not read and its service may want back."""
    return {name: value for name, value in block.items() if name not in ("type", *read) and value is not None} or None
