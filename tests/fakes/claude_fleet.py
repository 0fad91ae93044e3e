"""Claude researchers in a run of their own: real journal, loops, tools, sandbox and SDK; the model alone is a fake.

    async with ClaudeFleet(folder, api, researchers=9) as fleet:
        await fleet.play(turns=300)

The task is said to stand and is never built: nothing here trains. Every wait between attempts is a jump of the clock.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from aarctl.home import Home
from aarctl.journal.events import DomainFacts, Event, ResearcherCreated, TaskReady
from aarctl.journal.lookup import Lookup
from aarctl.journal.state import Researcher as Member
from aarctl.journal.store import Journal
from aarctl.minds.claude import ClaudeMind, Key, Limits, Pace, Service, Settings
from aarctl.minds.prices import PriceList
from aarctl.recipe import Recipe, Researcher
from aarctl.recipe.model import Schedule
from aarctl.sandbox.choose import pick
from aarctl.sandbox.protocol import Backend, Sandbox, SandboxSpec
from aarctl.supervisor import recovery
from aarctl.supervisor.fleet import Roster
from aarctl.supervisor.latches import Latches
from aarctl.supervisor.researcher import ResearcherLoop
from aarctl.supervisor.surroundings import Surroundings

from .clock import JumpingClock
from .messages_api import MessagesApi
from .small_run import make_run, small_recipe

PRICES = PriceList.open(Path("/nonexistent"))
"""Those that come with aarctl."""
TODAY = date(2026, 11, 21)


class Elsewhere(NamedTuple):
    """A Messages API in another process."""

    url: str
    key: str


class OneEach:
    """A bench with a sandbox for every researcher, and no compute slot."""

    def __init__(self, backend: Backend, spec_of: Callable[[str], SandboxSpec]) -> None:
        self._backend, self._spec_of = backend, spec_of
        self._made: dict[str, Sandbox] = {}

    async def sandbox(self, researcher: str) -> Sandbox:
        """The researcher's own, made when first asked for."""
        if researcher not in self._made:
            self._made[researcher] = await self._backend.create(self._spec_of(researcher))
        return self._made[researcher]

    def live_tail(self, experiment: str) -> str | None:
        """Nothing runs here."""
        return None

    async def remove(self) -> None:
        """All of them."""
        await asyncio.gather(*(one.remove() for one in self._made.values()))
        await self._backend.close()


def recipe_of(researchers: int, direction: str, *overrides: str) -> Recipe:
    """A recipe with so many Claude researchers on the free schedule, without limits but those of `overrides`."""
    everyone = tuple(
        Researcher(id=f"r{n}", mind="claude", direction=f"{direction} {n}".strip()) for n in range(1, researchers + 1)
    )
    plain = small_recipe("schedule.kind=free", *overrides)
    budget = msgspec.structs.replace(
        plain.budget,
        researcher=msgspec.structs.replace(plain.budget.researcher, turns=None, submissions=None, experiments=None)
        if not any("researcher" in each for each in overrides)
        else plain.budget.researcher,
    )
    return msgspec.structs.replace(plain, researchers=everyone, schedule=Schedule(kind="free"), budget=budget)


class ClaudeFleet:
    """A supervisor's inside, as far as researchers need it. Entered again on the same folder, it is the next one."""

    def __init__(
        self, folder: Path, api: MessagesApi | Elsewhere, *overrides: str, researchers: int = 1,
        direction: str = "look", key: str | Callable[[], Key] = "", clock: JumpingClock | None = None,
        backend: str = "process", **settings: Any,
    ) -> None:  # fmt: skip
        self.api, self.clock = api, clock or JumpingClock()
        self.recipe = recipe_of(researchers, direction, *overrides)
        self.home = Home(folder)
        self._key, self._backend = key, backend
        self._settings = Settings(**{"max_tokens": 4_000, "base_url": api.url, "cache_ttl": "5m", **settings})

    async def __aenter__(self) -> ClaudeFleet:
        name = "claude"
        self.run = self.home.run(name)
        if not (self.run.root / "journal.db").exists():
            self.run = make_run(self.home, name, self.recipe)
        self.journal = await Journal.open(self.run.root, pid=1)
        self.lookup = await Lookup.open(self.run.root)
        if not self.journal.state.researchers:
            await self.journal.record(*self._beginning())
        if events := recovery.settle(self.journal.state):
            await self.journal.record(*events)
        backend = (await pick(self._backend)).backend
        self.bench = OneEach(
            backend,
            lambda who: SandboxSpec(
                run=name, name=who, workspace=self.run.work / who, spool=self.run.spool / who, epoch=self.state.epoch
            ),
        )
        self.around = Surroundings(self.recipe, self.run, self.journal, self.lookup, self.bench, Latches())
        key = self._key if callable(self._key) else lambda: Key(str(self._key) or self.api.key, "a test")
        self.service, self.pace = Service(self._settings, key), Pace(self.clock, Limits())
        self.roster = Roster(self.journal, self._loop_of)
        self.loops = await self.roster.loops()
        return self

    async def _loop_of(self, who: Member) -> ResearcherLoop:
        return ResearcherLoop(who.id, self._mind(int(who.id[1:]) - 1), self.around)

    def _beginning(self) -> list[Event]:
        facts = [DomainFacts("code", 0.7, 0.99, 100), DomainFacts("math", 0.7, 0.99, 100)]
        created = [
            ResearcherCreated(researcher=one.id, mind="claude", model=self._settings.model, direction=one.direction)
            for one in self.recipe.researchers
        ]
        return [TaskReady(task="two-author@0", feedback="code", held_out=["math"], domains=facts), *created]

    def _mind(self, number: int) -> ClaudeMind:
        return ClaudeMind(
            self._settings, self.service, self.pace, lambda: PRICES.tariff(self._settings.model, TODAY),
            clock=self.clock, chance=random.Random(number),
        )  # fmt: skip

    async def __aexit__(self, *_: object) -> None:
        await self.bench.remove()
        await self.service.close()
        await self.lookup.close()
        await self.journal.close()

    @property
    def state(self) -> Any:
        """As the journal knows it."""
        return self.journal.state

    async def play(self, turns: int) -> None:
        """Everybody side by side, until each has settled so many turns more, or cannot go on."""
        await asyncio.gather(*(self._play(loop, loop.me.settled + turns) for loop in self.loops))

    async def _play(self, loop: ResearcherLoop, until: int) -> None:
        while loop.me.settled < until and not loop.over and not loop.held:
            if await loop.think():
                await loop.act()

    async def events(self, *kinds: str, researcher: str | None = None) -> Sequence[Any]:
        """What the journal has of some kinds."""
        return [one.event for one in await self.lookup.records(kinds=kinds, researcher=researcher)]
