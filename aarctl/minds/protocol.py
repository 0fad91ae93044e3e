"""What a mind is: given a chapter of history, it chooses the next turn.

History is append-only blocks, the same for every mind, so that a language model, a search program and a recording
are interchangeable. A mind keeps nothing between turns: all it knows is in the chapter, and the chapter is rebuilt
from the journal after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from ..journal.events import Event

T = TypeVar("T")

PERSON = "The person says:\n"
"""How a steer begins in the history; what follows it is word for word the person's."""

GO_ON = "Go on."
"""What stands in the history where a mind is asked and nobody has anything to say to it."""


class TextBlock(msgspec.Struct, frozen=True, omit_defaults=True, tag="text"):
    """Words."""

    text: str
    kept: dict[str, Any] | None = None
    """Fields that a model's service added for itself, sent back unchanged."""


class ToolUse(msgspec.Struct, frozen=True, omit_defaults=True, tag="tool_use"):
    """A tool the mind wants to use; `id` is unique in the run."""

    id: str
    name: str
    input: dict[str, Any]
    kept: dict[str, Any] | None = None
    """As in TextBlock."""


class Thinking(msgspec.Struct, frozen=True, tag="thinking"):
    """What a language model thought before it spoke. Signed: its service takes it back unchanged or not at all."""

    thinking: str
    signature: str


class Opaque(msgspec.Struct, frozen=True, tag="opaque"):
    """A block that only the model's service can read, sent back unchanged."""

    block: dict[str, Any]


class ToolAnswer(msgspec.Struct, frozen=True, tag="tool_result"):
    """What the tool answered. `data` is the same as JSON, for minds that are programs."""

    tool_use_id: str
    text: str
    ok: bool = True
    data: Any = None


Chosen = TextBlock | ToolUse | Thinking | Opaque
"""What a mind's part of the history is made of."""

Block = Chosen | ToolAnswer


class Message(msgspec.Struct, frozen=True):
    """One side's part of the history."""

    role: Literal["user", "assistant"]
    content: tuple[Block, ...]


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as it is offered to a mind."""

    name: str
    description: str
    schema: dict[str, Any]


class Chapter(msgspec.Struct):
    """All that a mind is given. `messages` grows; nothing before its end ever changes."""

    researcher: str
    fleet: tuple[str, ...]
    """Every researcher of the run, itself included."""
    direction: str
    seed: int
    turn: int
    """The number of the turn to choose, from 1."""
    system: str
    tools: tuple[ToolSpec, ...]
    messages: list[Message]


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one answer; zeros for a mind that is no language model."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    """Of cache_write_tokens, those that are kept for an hour."""
    cost_nusd: int = 0


class Turn(msgspec.Struct, frozen=True):
    """What a mind chose: words, and tools to use. No tool means that it waits, or that it is done."""

    content: tuple[Chosen, ...]
    stop: Literal["tool_use", "waiting", "done", "max_tokens", "refusal", "context_full"]
    usage: Usage = Usage()
    note: str = ""
    """Why it stopped short, in a sentence for people; empty when it did not."""

    @property
    def tools(self) -> tuple[ToolUse, ...]:
        """The tools to use, in order."""
        return tuple(block for block in self.content if isinstance(block, ToolUse))

    @property
    def text(self) -> str:
        """Its words."""
        return "\n".join(block.text for block in self.content if isinstance(block, TextBlock))


class Held(Exception):
    """A latch (pause, stop, budget) holds this researcher: no call to a model may start now."""


class MindError(Exception):
    """The mind cannot go on; the message is for the person, and names the fix. Nothing is lost: no turn was taken."""


class ChapterFull(MindError):
    """The history is longer than the mind can read: a new chapter is due."""


class Ask(msgspec.Struct, frozen=True):
    """One call to a model, and the most that it can use."""

    model: str
    nusd: int = 0
    tokens: int = 0


class Calls(Protocol):
    """What the supervisor offers a mind for its calls to a model: none is made around it."""

    async def begin(self, ask: Ask) -> str:
        """The call's id, once the latches are open, the budget is reserved and the intent is journaled. Raises Held."""
        ...

    async def unless_held(self, waiting: Coroutine[Any, Any, T]) -> T:
        """What `waiting` brings: a turn in a queue, a rest before another attempt. Raises Held once a latch closes."""
        ...

    async def report(self, event: Event) -> None:
        """Journal how an attempt ended that brought no turn; durable when it returns."""
        ...


OnDelta = Callable[[str], None]
"""Told the open turn's text so far, as it grows."""


class Mind(Protocol):
    """Chooses turns."""

    model: str
    """What the journal and the screen call it."""

    reads: bool
    """Whether it reads words: then aarctl tells it what happened, and sums up a history that becomes too long."""

    async def turn(self, chapter: Chapter, calls: Calls, on_delta: OnDelta) -> Turn:
        """The next turn. Every call to a model goes through `calls`. Raises Held, MindError."""
        ...
