"""The shape of a tool, and what it is given to work with."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from ..home import RunPaths
from ..journal.events import Event, clean
from ..journal.lookup import Lookup
from ..journal.state import Researcher, RunState
from ..journal.store import Journal
from ..minds.protocol import ToolSpec
from ..recipe import Recipe
from ..sandbox.protocol import Sandbox

OUTPUT_CHARS = 16_000  # of a tool's answer that a mind reads; the middle of a longer one is cut
ERROR_CHARS = 2_000
TAGS = 8
TAG_CHARS = 40

Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=TAG_CHARS)]

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class ToolError(Exception):
    """The mind asked for something that cannot be done; the message tells it what to do instead."""


@dataclass(frozen=True)
class ToolResult:
    """A tool's answer. `events` are its effects: they commit with the outcome, or not at all."""

    text: str
    data: Any = None
    ok: bool = True
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Context:
    """Who is calling, and the run around them."""

    researcher: str
    call: str
    turn: int
    journal: Journal
    lookup: Lookup
    run: RunPaths
    recipe: Recipe
    sandbox: Sandbox = field(repr=False)
    live_tail: Callable[[str], str | None] = field(repr=False)
    """The end of what a running experiment has printed; None when it is not running."""

    @property
    def state(self) -> RunState:
        return self.journal.state

    @property
    def me(self) -> Researcher:
        """The caller, as the journal knows it."""
        return self.state.researchers[self.researcher]

    @property
    def horizon(self) -> int | None:
        """The last seq of which others may be seen: on the rounds schedule, where the open round began; else None."""
        return self.state.round_seq if self.recipe.schedule.kind == "rounds" else None

    def left(self, what: str, used: int) -> int | None:
        """How many more of `what` the caller may have after `used`; None without a limit."""
        limit = getattr(self.recipe.limits(self.researcher, self.state.budgets), what)
        return None if limit is None else max(0, int(limit) - used)

    def spend(self, what: str, used: int) -> None:
        """Refuse when one more would pass the caller's or the fleet's count of `what`. Raises ToolError."""
        own = getattr(self.recipe.limits(self.researcher, self.state.budgets), what)
        if own is not None and used >= own:
            raise ToolError(f"your budget of {what} is used up ({used} of {own:g}); make do with what you have")
        fleet = getattr(self.recipe.limits("", self.state.budgets), what)
        total = sum(getattr(who, what) for who in self.state.researchers.values())
        if fleet is not None and total >= fleet:
            raise ToolError(f"the fleet's budget of {what} is used up ({total} of {fleet:g}); nobody can add one")


@dataclass(frozen=True)
class Tool:
    """A tool: its name, what the mind is told of it, the type of its arguments, and what it does."""

    name: str
    description: str
    """Lines are joined, so it may be wrapped in the source."""
    args: type[msgspec.Struct]
    run: Callable[[Context, Any], Awaitable[ToolResult]]
    """Run again with the same call after a crash, it must do no harm: effects are events, or are named by the call."""

    @property
    def spec(self) -> ToolSpec:
        """As it is offered to a mind: the same bytes each time, for prompt caches go by them."""
        _, components = msgspec.json.schema_components([self.args], ref_template="#/{name}")
        (schema,) = components.values()
        kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
        return ToolSpec(self.name, one_line(self.description), kept)

    async def call(self, context: Context, arguments: dict[str, Any]) -> ToolResult:
        """Check `arguments` and run. What the mind did wrong comes back as a result that is not `ok`."""
        try:
            return await self.run(context, self._checked(arguments))
        except ToolError as error:
            return ToolResult(clean(shorten(f"{self.name}: {error}", ERROR_CHARS)), ok=False)

    def _checked(self, arguments: dict[str, Any]) -> msgspec.Struct:
        """The arguments, typed. Raises ToolError."""
        try:
            args: msgspec.Struct = msgspec.convert(arguments, self.args)
        except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
            raise ToolError(f"{error}; correct the arguments and call again: {self._signature()}") from None
        for name, text in _texts(args):
            if flaw := unwritable(text):
                raise ToolError(f"{name} holds {flaw}, which no file and no post can hold; leave it out")
        return args

    def _signature(self) -> str:
        """The arguments in short: "files(action: view | create, path, text)"."""
        words = []
        for name, one in self.spec.schema["properties"].items():
            words.append(f"{name}: {' | '.join(one['enum'])}" if "enum" in one else name)
        return f"{self.name}({', '.join(words)})"


def unwritable(text: str) -> str:
    """What makes a text one that cannot be written anywhere: a NUL, or half of a surrogate pair; else empty."""
    if "\0" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"half of a surrogate pair at character {error.start}"
    return ""


def _texts(args: msgspec.Struct) -> Iterator[tuple[str, str]]:
    for name in args.__struct_fields__:
        value = getattr(args, name)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                yield name, text


def shorten(text: str, limit: int = OUTPUT_CHARS) -> str:
    """`text` with its middle cut out, and a line that says how much."""
    if len(text) <= limit:
        return text
    part = limit // 2
    cut = len(text) - 2 * part
    return f"{text[:part]}\n[... {cut:,} characters left out ...]\n{text[-part:]}"


def plain(text: str) -> str:
    """What a terminal would end up showing: no colours, of a progress bar its last state, no control characters."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in _ANSI.sub("", text).split("\n"))
    return _CONTROL.sub("", "\n".join(lines))


def one_line(text: str) -> str:
    """`text` with every run of white space as one space: for titles, names and the like."""
    return " ".join(text.split())


def tidy_tags(tags: list[str]) -> list[str]:
    """Tags as they are compared: lower case, single spaces, none twice."""
    return [tag for tag in dict.fromkeys(one_line(tag.lower()) for tag in tags) if tag]


def finite(value: float | None, name: str, low: float, high: float) -> float | None:
    """`value` when it is a number in [low, high] or None. Raises ToolError."""
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise ToolError(f"{name} = {value}: give a number from {low:g} to {high:g}")
    return value
