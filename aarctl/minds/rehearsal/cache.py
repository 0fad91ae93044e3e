"""The server's view of a request's history: is it the last one continued, and what of it is cached?

A request is a list of blocks (tools, system, messages) as the bytes that came; each prefix has a digest. Calls that
share tools and system prompt are one line of calls; within it every call must begin with all bytes of the last
answered one, or open a new chapter, which is a single message of the user. Cache marks themselves are not part of what
is cached.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

LOOK_BACK = 20
"""Blocks before a mark among which the service looks for a cached prefix."""

TTL_S = {"5m": 300.0, "1h": 3600.0}


class Message(msgspec.Struct):
    """One message, its content as bytes."""

    role: str
    content: msgspec.Raw


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """A request's body: all the fields that the service knows and that we look at."""

    model: str
    max_tokens: int
    messages: list[Message]
    stream: bool = False
    system: msgspec.Raw = msgspec.Raw(b'""')
    tools: list[msgspec.Raw] = []
    cache_control: dict[str, str] | None = None
    thinking: dict[str, Any] | None = None
    output_config: dict[str, Any] | None = None
    tool_choice: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    temperature: float | None = None
    stop_sequences: list[str] | None = None


@dataclass(frozen=True)
class History:
    """The blocks of a request, and the digest of every prefix: `chain[n]` is that of the first n."""

    chain: tuple[bytes, ...]
    tokens: tuple[int, ...]
    """Of the first n blocks."""
    head: int
    """Blocks before the messages."""
    starts: tuple[int, ...]
    """The first block of each message."""
    marks: tuple[tuple[int, str], ...]
    """(blocks before and including the mark, ttl), in order."""

    @classmethod
    def of(cls, request: Request) -> History:
        """Raises msgspec.DecodeError for content that is neither words nor blocks."""
        blocks = [(b"tool", bytes(tool)) for tool in request.tools]
        blocks += [(b"system", block) for block in _blocks(request.system)]
        head, starts = len(blocks), []
        for message in request.messages:
            starts.append(len(blocks))
            blocks += [(message.role.encode(), block) for block in _blocks(message.content)]
        chain, tokens, marks = [hashlib.sha256(request.model.encode()).digest()], [0], []
        for number, (label, raw) in enumerate(blocks, 1):
            raw, ttl = _unmarked(raw)
            chain.append(hashlib.sha256(chain[-1] + label + b"\0" + raw).digest())
            tokens.append(tokens[-1] + -(-len(raw) // 4))
            if ttl:
                marks.append((number, ttl))
        if request.cache_control and blocks:
            marks.append((len(blocks), request.cache_control.get("ttl", "5m")))
        return cls(tuple(chain), tuple(tokens), head, tuple(starts), tuple(marks))

    def before(self, message: int) -> bytes:
        """The digest of all that stands before a message: what a signature in it vouches for."""
        return self.chain[self.starts[message]]


@dataclass
class Lines:
    """Every line of calls, by the digest of its tools and system prompt."""

    last: dict[bytes, History] = field(default_factory=dict)
    extended: int = 0
    """Answered calls that began with all bytes of the one before."""
    chapters: int = 0
    """Answered calls that began anew."""
    broken: list[str] = field(default_factory=list)
    """A sentence for each call whose history did not begin with that of the call before it."""

    def take(self, number: int, new: History, answered: bool) -> None:
        """Compare a call with the last answered one of its line; it becomes that when it gets its whole answer."""
        line = new.chain[new.head]
        old = self.last.get(line)
        extends = old is not None and new.chain[: len(old.chain)] == old.chain
        if old is not None and not extends and len(new.starts) > 1:
            same = sum(a == b for a, b in zip(old.chain, new.chain, strict=False)) - 1
            self.broken.append(f"call {number}: only {same} of the last call's {len(old.chain) - 1} blocks come first")
        if answered:
            self.extended, self.chapters = self.extended + extends, self.chapters + (not extends)
            self.last[line] = new


@dataclass
class Cache:
    """Prefixes by digest, each until some moment."""

    now: Callable[[], float]
    minimum: int
    """Tokens that a prefix must have to be cached."""
    until: dict[bytes, float] = field(default_factory=dict)

    def usage(self, history: History) -> dict[str, Any]:
        """The counts of the prompt, as the service reports them; what is marked is cached from now on."""
        found = max((self._found(history, at) for at, _ in history.marks), default=0)
        last, ttl = history.marks[-1] if history.marks else (0, "5m")
        if history.tokens[last] < self.minimum:
            found = last = 0
        read, written = history.tokens[found], history.tokens[last] - history.tokens[found]
        for at, lasts in [*history.marks, *([(found, ttl)] if found else [])]:
            if history.tokens[at] >= self.minimum:
                self.until[history.chain[at]] = self.now() + TTL_S[lasts]
        return {
            "input_tokens": 3 + history.tokens[-1] - read - written,
            "cache_creation_input_tokens": written, "cache_read_input_tokens": read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": written if ttl == "5m" else 0,
                "ephemeral_1h_input_tokens": written if ttl == "1h" else 0,
            },
        }  # fmt: skip

    def _found(self, history: History, mark: int) -> int:
        now = self.now()
        for at in range(mark, max(0, mark - LOOK_BACK - 1), -1):
            if self.until.get(history.chain[at], 0.0) > now and history.tokens[at] >= self.minimum:
                return at
        return 0


def _blocks(content: msgspec.Raw) -> list[bytes]:
    """The blocks of a content, as bytes; words are one block."""
    found: str | list[msgspec.Raw] = msgspec.json.decode(content, type=str | list[msgspec.Raw])
    if isinstance(found, str):
        return [msgspec.json.encode({"type": "text", "text": found})] if found else []
    return [bytes(block) for block in found]


def _unmarked(raw: bytes) -> tuple[bytes, str]:
    """A block without its cache mark, and the mark's ttl."""
    if b'"cache_control"' not in raw:
        return raw, ""
    block = json.loads(raw)
    mark = block.pop("cache_control", None) if isinstance(block, dict) else None
    return (json.dumps(block).encode(), mark.get("ttl", "5m")) if mark else (raw, "")
