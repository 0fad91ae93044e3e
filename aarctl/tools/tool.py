"""The shape of a tool, and what it is given to work with."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..home import RunPaths
from ..journal.events import Event
from ..journal.lookup import Lookup
from ..journal.state import Researcher, RunState
from ..journal.store import Journal
from ..minds.protocol import ToolSpec
from ..recipe import Recipe
from ..sandbox.protocol import Sandbox

OUTPUT_CHARS = 8_000  # of a tool's answer that a mind reads; the middle of a longer one is cut


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
    def rounds(self) -> bool:
        """Whether the run is on the rounds schedule, where nobody sees what was posted in the open round."""
        return self.recipe.schedule.kind == "rounds"

    def left(self, what: str, used: int) -> int | None:
        """How many more of `what` the caller may have after `used`; None without a limit."""
        limit: int | None = getattr(self.recipe.limits(self.researcher), what)
        return None if limit is None else max(0, limit - used)

    def spend(self, what: str, used: int) -> None:
        """Refuse when one more would pass the caller's or the fleet's count of `what`. Raises ToolError."""
        own = getattr(self.recipe.limits(self.researcher), what)
        if own is not None and used >= own:
            raise ToolError(f"your budget of {what} is used up ({used} of {own}); make do with what you have")
        fleet = getattr(self.recipe.budget.fleet, what)
        total = sum(getattr(who, what) for who in self.state.researchers.values())
        if fleet is not None and total >= fleet:
            raise ToolError(f"the fleet's budget of {what} is used up ({total} of {fleet}); nobody can add one")


@dataclass(frozen=True)
class Tool:
    """A tool: its name, what the mind is told of it, the type of its arguments, and what it does."""

    name: str
    description: str
    args: type[msgspec.Struct]
    run: Callable[[Context, Any], Awaitable[ToolResult]]
    """Run again with the same call after a crash, it must do no harm: effects are events, or are named by the call."""

    @property
    def spec(self) -> ToolSpec:
        """As it is offered to a mind."""
        (schema,), components = msgspec.json.schema_components([self.args])
        schema = next(iter(components.values())) if "$ref" in schema else schema
        return ToolSpec(self.name, self.description, {k: v for k, v in schema.items() if k != "title"})

    async def call(self, context: Context, arguments: dict[str, Any]) -> ToolResult:
        """Check `arguments` and run. What the mind did wrong comes back as a result that is not `ok`."""
        try:
            args = msgspec.convert(arguments, self.args)
        except msgspec.ValidationError as error:
            return ToolResult(f"{self.name}: {error}; correct the arguments and call again", ok=False)
        try:
            return await self.run(context, args)
        except ToolError as error:
            return ToolResult(f"{self.name}: {error}", ok=False)


def shorten(text: str, limit: int = OUTPUT_CHARS) -> str:
    """`text` with its middle cut out, and a line that says how much."""
    if len(text) <= limit:
        return text
    part = limit // 2
    cut = len(text) - 2 * part
    return f"{text[:part]}\n[... {cut:,} characters left out ...]\n{text[-part:]}"


def finite(value: float | None, name: str, low: float, high: float) -> float | None:
    """`value` when it is a number in [low, high] or None. Raises ToolError."""
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise ToolError(f"{name} = {value}: give a number from {low:g} to {high:g}")
    return value
