"""The minds of a run: made once, sharing one service and one pace where they ask the same one.

A rehearsal's researchers ask a script on this machine through the same SDK, and their model says so.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Literal, cast

import msgspec

from ..home import Home
from ..journal.state import REHEARSED, Researcher
from ..minds.claude import ClaudeMind, Key, Limits, Pace, Service, Settings, read_key
from ..minds.claude.clock import WallClock
from ..minds.prices import PriceError, PriceList, Tariff
from ..minds.protocol import Mind
from ..minds.scripted import ScriptedMind
from ..minds.search import SearchMind
from ..recipe import Recipe
from ..recipe import Researcher as Wanted

MindName = Literal["search", "scripted", "claude", "recorded"]


def model_of(wanted: Wanted, recipe: Recipe) -> str:
    """What the journal and the screen call the model of a researcher."""
    if wanted.mind == "claude":
        model = wanted.model or recipe.claude.model
        return f"{REHEARSED}{model}" if recipe.claude.rehearsal else model
    return SearchMind.model if wanted.mind == "search" else ScriptedMind.model


def definition(recipe: Recipe, who: Researcher) -> Wanted:
    """What a researcher is made from: its entry in the recipe, or what the journal knows of one who was added."""
    for one in recipe.researchers:
        if one.id == who.id:
            return one
    model = who.model.removeprefix(REHEARSED) if who.mind == "claude" else None
    return Wanted(id=who.id, mind=cast(MindName, who.mind), model=model, direction=who.direction)


class Minds:
    """Makes the minds of one run; as a context, it holds what they share."""

    def __init__(self, home: Home, recipe: Recipe) -> None:
        self._home, self._recipe = home, recipe
        self._prices: PriceList | None = None
        self._held = AsyncExitStack()
        self._service: Service | None = None
        self._settings = Settings()
        self._pace = Pace(WallClock())

    async def __aenter__(self) -> Minds:
        return self

    async def _served(self) -> Service:
        """What all Claude researchers ask; made when the first of them is."""
        if self._service is not None:
            return self._service
        recipe = self._recipe
        choice, url, key = recipe.claude, recipe.claude.base_url, partial(read_key, self._home.root)
        if choice.rehearsal:
            from ..minds.rehearsal import Rehearsal  # a server: only a rehearsal needs it

            stage = await self._held.enter_async_context(Rehearsal())
            url, key = stage.url, partial(Key, stage.key, "the rehearsal")
        self._settings = Settings(
            model=choice.model, max_tokens=choice.max_tokens, effort=choice.effort,
            thinking=None if choice.thinking == "none" else choice.thinking, cache_ttl=choice.cache_ttl, base_url=url,
            context_tokens=choice.context_tokens, attempts=choice.attempts,
        )  # fmt: skip
        self._pace = Pace(
            WallClock(),
            Limits(
                requests=choice.requests_per_minute, input_tokens=choice.input_tokens_per_minute,
                output_tokens=choice.output_tokens_per_minute,
            ),
        )  # fmt: skip
        await asyncio.to_thread(import_module, "anthropic")  # a second: better now than in the middle of the first turn
        self._service = Service(self._settings, key)
        self._held.push_async_callback(self._service.close)
        return self._service

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()

    async def mind(self, wanted: Wanted) -> Mind:
        """The mind that a recipe, or a person who adds a researcher, asks for."""
        recipe = self._recipe
        if wanted.mind == "search":
            choice = recipe.search
            return SearchMind(
                candidates=choice.candidates, fraction=choice.screen_fraction, promote=choice.promote,
                students=recipe.scorer.students_max,
            )  # fmt: skip
        if wanted.mind != "claude":
            return ScriptedMind(())
        service = await self._served()
        model = wanted.model or recipe.claude.model
        settings = msgspec.structs.replace(self._settings, model=model)
        return ClaudeMind(settings, service, self._pace, partial(self._tariff, model), called=model_of(wanted, recipe))

    def _tariff(self, model: str) -> Tariff:
        """What a model costs today. After an error the files are read anew: a person may have mended them."""
        try:
            if self._prices is None:
                self._prices = PriceList.open(self._home.root, self._recipe)
            return self._prices.tariff(model, datetime.now(UTC).date())
        except PriceError:
            self._prices = None
            raise
