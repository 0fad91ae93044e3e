"""The claude mind: one turn is one whole answer of the model, however many attempts it takes.

Every attempt waits for the fleet's pace, then begins a call (which checks the latches, reserves the worst case and
journals the intent), and ends in exactly one way: the returned turn, or a reported event (failed, lost, cancelled).
Nothing is kept between turns but what makes them cheaper (a count of tokens, the bytes of old messages): losing it
changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable

from ...journal.events import ModelCancelled, ModelFailed, ModelUnknownOutcome, RateLimited
from ..prices import BadUsage, Tariff
from ..protocol import Ask, Calls, Chapter, OnDelta, Turn
from . import verdict
from .call import Call
from .clock import Clock, WallClock
from .cost import Meter
from .pace import Pace
from .service import Failed, Service
from .settings import Settings
from .stream import Answer, Malformed
from .verdict import Failure
from .wire import Wire

SHOWN_EVERY_S = 0.2

PriceOf = Callable[[], Tariff]
"""The tariff of the model on the day of asking."""


class ClaudeMind:
    """Chooses turns by asking a Claude model. `service` and `pace` are the fleet's, the rest is this researcher's."""

    reads = True

    def __init__(
        self, settings: Settings, service: Service, pace: Pace, price: PriceOf, *, called: str = "",
        clock: Clock | None = None, chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.model = called or settings.model
        self._settings, self._service, self._pace, self._price = settings, service, pace, price
        self._clock, self._chance = clock or WallClock(), chance or random.Random()
        self._wire, self._meter = Wire(settings), Meter(settings.context_tokens)

    def __repr__(self) -> str:
        return f"ClaudeMind({self.model}, {self._service}, {self._meter})"

    async def turn(self, chapter: Chapter, calls: Calls, on_delta: OnDelta) -> Turn:
        """The model's next turn. Raises Held, and ClaudeError or PriceError with a sentence that names the fix."""
        sent = self._wire.body(chapter)
        for number in range(1, self._settings.attempts + 1):
            self._service.ready()
            price = self._price()
            grant = await calls.unless_held(self._pace.enter(self._meter.likely_new(len(sent))))
            call = Call(chapter, price, self._meter.bound(len(sent)), self._settings, self._clock)
            try:
                call.id = await calls.begin(Ask(self.model, call.dearest_nusd, call.most_tokens))
            except BaseException:
                grant.give_back()
                raise
            outcome = await self._try(call, sent, calls, on_delta)
            if isinstance(outcome, Turn):
                tokens = call.answer.tokens()
                grant.settle(tokens.prompt - tokens.cache_read, tokens.output)
                self._pace.answered(tokens.output)
                self._meter.counted(len(sent), tokens)
                return outcome
            wait = await self._failed(call, outcome, number, calls)
            await calls.unless_held(self._clock.sleep(wait))
        raise AssertionError("the last attempt brings a turn or raises")

    async def _try(self, call: Call, sent: bytes, calls: Calls, on_delta: OnDelta) -> Turn | Failure:
        """One attempt; a call that we stop listening to is journaled before the cancellation goes on."""
        try:
            async with asyncio.timeout(self._settings.call_s):
                await self._listen(sent, call.answer, on_delta)
            return call.turn()
        except Failed as error:
            return error.failure
        except (Malformed, BadUsage) as error:
            return Failure(kind="malformed answer", said=str(error), lost=True)
        except TimeoutError:
            return Failure(kind="too slow", said=f"no end of the answer in {self._settings.call_s:g} s", lost=True)
        except BaseException:
            await asyncio.shield(
                calls.report(
                    ModelCancelled(
                        researcher=call.researcher, call=call.id, why="we stopped listening",
                        cost_nusd=call.so_far_nusd, tokens=call.so_far_tokens,
                    )
                )
            )  # fmt: skip
            raise

    async def _listen(self, sent: bytes, answer: Answer, on_delta: OnDelta) -> None:
        """Fill `answer`. Raises Failed and Malformed."""
        shown = self._clock.now()
        async with contextlib.aclosing(self._service.stream(sent, self._pace.heard)) as events:
            async for name, data in events:
                grew = answer.hear(name, data)
                if grew and self._clock.now() - shown >= SHOWN_EVERY_S:
                    on_delta(answer.so_far())
                    shown = self._clock.now()
        if not answer.whole:
            raise Failed(Failure(kind="connection lost", said="the answer ended in the middle", lost=True))
        on_delta(answer.so_far())

    async def _failed(self, call: Call, failure: Failure, number: int, calls: Calls) -> float:
        """Report a failed attempt; seconds until the next one. Raises ClaudeError when there is to be none."""
        end = verdict.refusal(failure, self.model, self._service.where, self._service.another_key)
        if end is None and number == self._settings.attempts:
            end = verdict.gave_up(failure, number, self._service.where)
        wait = 0.0 if end else verdict.wait_s(failure, number, self._chance)
        if failure.limited and not end:
            self._pace.refused(wait)  # before the report: a wait for the disk would let others in
        if failure.lost:
            await calls.report(
                ModelUnknownOutcome(
                    researcher=call.researcher, call=call.id, cost_nusd=call.if_lost_nusd, tokens=call.if_lost_tokens
                )
            )
        else:
            retry = None if end else wait
            await calls.report(
                ModelFailed(researcher=call.researcher, call=call.id, error=failure.what, retry_in_s=retry)
            )
        if end is not None:
            raise end
        if failure.limited:
            await calls.report(RateLimited(researcher=call.researcher, call=call.id, wait_s=wait))
        return wait
