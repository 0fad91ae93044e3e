"""The supervisor's side of a claude mind, for tests: the latch, the journal's events, the growing chapter."""

from __future__ import annotations

import random
from collections.abc import Coroutine
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from aarctl.journal.events import Event, ModelCancelled, ModelFailed, ModelUnknownOutcome, RateLimited
from aarctl.minds.claude import ClaudeMind, Key, Limits, Pace, Service, Settings
from aarctl.minds.prices import PriceList, Tariff
from aarctl.minds.protocol import GO_ON, Ask, Chapter, Held, Message, TextBlock, ToolAnswer, ToolSpec, Turn
from tests.fakes.clock import JumpingClock
from tests.fakes.messages_api import MessagesApi

T = TypeVar("T")

TOOLS = tuple(
    ToolSpec(name, f"{name} something", {"type": "object", "properties": {"what": {"type": "string"}}})
    for name in ("shell", "notebook", "forum")
)
PRICES = PriceList.open(Path("/nonexistent"))
"""Those that come with aarctl."""


class Desk:
    """One researcher's mind, and what became of its calls."""

    def __init__(
        self, api: MessagesApi, name: str = "r1", *, clock: JumpingClock | None = None, pace: Pace | None = None,
        service: Service | None = None, key: str = "", **settings: Any,
    ) -> None:  # fmt: skip
        self.clock = clock or JumpingClock()
        self.settings = Settings(**{"max_tokens": 4_000, "base_url": api.url, **settings})
        self.pace = pace or Pace(self.clock, Limits())
        self.service = service or Service(self.settings, lambda: Key(key or api.key, "a test"))
        self.events: list[Event] = []
        self.asked: dict[str, int] = {}
        """The calls that were let through, with what was reserved for each."""
        self.held_after: int | None = None
        self.shown: list[str] = []
        self.chapter = Chapter(
            researcher=name, fleet=(name,), direction="", seed=1, turn=0, system=f"You are {name}. " * 20, tools=TOOLS,
            messages=[],
        )  # fmt: skip
        self.mind = ClaudeMind(
            self.settings, self.service, self.pace, self.tariff, clock=self.clock, chance=random.Random(1)
        )
        self.spent_nusd = 0

    def tariff(self) -> Tariff:
        """Of the model, on a day when all prices are known."""
        return PRICES.tariff(self.settings.model, date(2026, 11, 21))

    async def turn(self, *steers: str) -> Turn:
        """One turn, as the supervisor plays it: the answer joins the history, and its tools answer "done"."""
        for steer in steers:
            self._say(TextBlock(steer))
        self.chapter.turn += 1
        turn = await self.mind.turn(self.chapter, self, self.shown.append)
        self.spent_nusd += turn.usage.cost_nusd
        messages = self.chapter.messages
        if not messages or messages[-1].role == "assistant":
            messages.append(Message("user", (TextBlock(GO_ON),)))
        messages.append(Message("assistant", turn.content))
        for tool in turn.tools:
            self._say(ToolAnswer(tool.id, f"{tool.name} done"))
        return turn

    def _say(self, block: TextBlock | ToolAnswer) -> None:
        messages = self.chapter.messages
        if messages and messages[-1].role == "user":
            messages[-1] = Message("user", (*messages[-1].content, block))
        else:
            messages.append(Message("user", (block,)))

    @property
    def failed(self) -> list[ModelFailed]:
        """Attempts that cost nothing."""
        return [one for one in self.events if isinstance(one, ModelFailed)]

    @property
    def lost(self) -> list[ModelUnknownOutcome]:
        """Attempts whose answer was lost."""
        return [one for one in self.events if isinstance(one, ModelUnknownOutcome)]

    @property
    def cancelled(self) -> list[ModelCancelled]:
        """Attempts that we gave up."""
        return [one for one in self.events if isinstance(one, ModelCancelled)]

    @property
    def limited(self) -> list[RateLimited]:
        """Waits that the service asked for."""
        return [one for one in self.events if isinstance(one, RateLimited)]

    async def begin(self, ask: Ask) -> str:
        """See Calls."""
        if self.held_after is not None and len(self.asked) >= self.held_after:
            raise Held
        assert ask.model == self.settings.model
        call = f"m{len(self.asked) + 1}"
        self.asked[call] = ask.nusd
        return call

    async def unless_held(self, waiting: Coroutine[Any, Any, T]) -> T:
        """See Calls."""
        return await waiting

    async def report(self, event: Event) -> None:
        """See Calls."""
        self.events.append(event)
        self.spent_nusd += getattr(event, "cost_nusd", 0)
