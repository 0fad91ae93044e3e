"""One researcher's loop: think, act, settle; and stop at turn boundaries when a latch holds.

A turn waits for the disk at most three times: before a paid request leaves, before tools act, after they have acted.
Everything is decided from the journal's state, so a loop that was killed anywhere goes on from the same place.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ..home import RunPaths
from ..journal.events import (
    BudgetExceeded,
    BudgetSettled,
    ChapterOpened,
    Event,
    ModelCompleted,
    ModelRequested,
    PauseReached,
    ResearcherStateChanged,
    SteerDelivered,
    ToolCompleted,
    ToolRequested,
)
from ..journal.lookup import Lookup
from ..journal.state import OpenTool, Researcher
from ..journal.store import Journal
from ..minds.protocol import Chapter, Held, Mind, ToolSpec, Turn
from ..recipe import Recipe
from ..sandbox.protocol import Sandbox, SandboxError
from ..tools import TOOLS, Context, ToolResult
from . import history
from .budgets import reached
from .latches import Latches
from .policy import DONE
from .prompt import system_prompt

SAID_CHARS = 200

_specs = msgspec.json.Decoder(tuple[ToolSpec, ...])


class Bench(Protocol):
    """Where a researcher's commands run, and what its running experiments have printed so far."""

    async def sandbox(self, researcher: str) -> Sandbox:
        """The researcher's sandbox, made when there is none."""
        ...

    def live_tail(self, experiment: str) -> str | None:
        """The end of a running experiment's output; None when it is not running."""
        ...


@dataclass(frozen=True)
class Surroundings:
    """What all researchers of a run share."""

    recipe: Recipe
    run: RunPaths
    journal: Journal
    lookup: Lookup
    bench: Bench
    latches: Latches


class ResearcherLoop:
    """Drives one researcher. `think` chooses a turn, `act` carries it out; the fleet's schedule calls them."""

    def __init__(self, name: str, mind: Mind, around: Surroundings) -> None:
        self.name = name
        self._mind, self._around, self._journal = mind, around, around.journal
        self._chapter: Chapter | None = None
        self._seen = 0
        """The last seq that the chapter's messages hold."""
        self._clock = time.monotonic()
        """Since when active time is counted; paused time is not."""
        self._resumed_at = 0

    def __repr__(self) -> str:
        return f"ResearcherLoop({self.name}, {self.me.state}, turn={self.me.turn})"

    @property
    def me(self) -> Researcher:
        """This researcher, as the journal knows it."""
        return self._journal.state.researchers[self.name]

    @property
    def over(self) -> bool:
        """Whether it takes no more turns."""
        return self.me.state in DONE

    @property
    def held(self) -> bool:
        """Whether a latch holds it at its next safe point."""
        state = self._journal.state
        return not state.runs(self.name) or state.stopping or self._around.latches.hold(self.name)

    # one turn --------------------------------------------------------------------------------------------

    async def think(self) -> bool:
        """Have the mind choose; True when there are tools to use, which `act` does."""
        if self.me.open_tools:
            return True  # chosen before a crash: only the acting is left
        if self.me.turn > self.me.settled and not self.me.open_call and self._acted():
            await self._journal.record(self._settled(self.me.turn))
        if not await self._may_go_on():
            return False
        number = self.me.settled + 1
        chapter = await self._open_chapter(number)
        try:
            turn = await self._mind.turn(chapter, self._attempt, self._show)
        except Held:
            await self._may_go_on()
            return False
        await self._journal.record(*await self._chosen(turn, number))
        return bool(turn.tools)

    async def act(self) -> None:
        """Use the tools that the turn chose, in order, and settle the turn."""
        turn = self.me.turn
        for tool in sorted(self.me.open_tools.values(), key=lambda tool: tool.seq):
            self._journal.note(*await self._use(tool))
        await self._journal.record(self._settled(turn))

    def _acted(self) -> bool:
        """Whether the last turn's answer is in the journal: then a crash cut off only its settling."""
        return self._journal.state.epoch > 1 and self.me.answered == self.me.turn

    async def _may_go_on(self) -> bool:
        """At the turn boundary: pause here, or run out of budget here."""
        if self.over:
            return False
        if self.me.stopping:
            why = "ended by a person"
            await self._journal.record(ResearcherStateChanged(researcher=self.name, state="finished", why=why))
            return False
        if self.held:
            if self.me.state != "paused":
                await self._journal.record(PauseReached(researcher=self.name, turn=self.me.settled))
            return False
        if self.me.resumed_at != self._resumed_at:
            self._clock, self._resumed_at = time.monotonic(), self.me.resumed_at
        limit = reached(self._around.recipe, self._journal.state, self.me)
        if limit is None:
            return True
        why = f"{limit.what} {limit.used:g} of {limit.limit:g}"
        await self._journal.record(
            BudgetExceeded(researcher=limit.researcher, what=limit.what, used=limit.used, limit=limit.limit),
            ResearcherStateChanged(researcher=self.name, state="budget", why=why),
        )
        return False

    # history ---------------------------------------------------------------------------------------------

    async def _open_chapter(self, number: int) -> Chapter:
        """The chapter for turn `number`: read from the journal alone, whether live or after a crash."""
        if not self.me.chapter:
            await self._journal.record(await self._new_chapter())
        if self.me.steers:
            steers = [SteerDelivered(researcher=self.name, steer=s.steer, turn=number) for s in self.me.steers]
            await self._journal.record(*steers)
        if self._chapter is None:
            self._chapter, self._seen = await self._read_chapter(), self.me.chapter_seq
        for record in await self._around.lookup.records(
            self._seen, researcher=self.name, kinds=history.KINDS
        ):
            await history.extend(self._chapter.messages, record, self._around.lookup)
            self._seen = record.seq
        self._chapter.turn = number
        return self._chapter

    async def _new_chapter(self) -> ChapterOpened:
        text = system_prompt(self._around.recipe, self._journal.state, self.name)
        tools = msgspec.json.encode([tool.spec for tool in TOOLS.values()]).decode()
        return ChapterOpened(
            researcher=self.name, chapter=self.me.chapter + 1,
            system=await self._journal.text(text), tools=await self._journal.text(tools),
        )  # fmt: skip

    async def _read_chapter(self) -> Chapter:
        lookup = self._around.lookup
        record = await lookup.record(self.me.chapter_seq)
        if record is None or not isinstance(record.event, ChapterOpened):
            raise LookupError(f"{self.name}: seq {self.me.chapter_seq} opens no chapter; verify the journal")
        return Chapter(
            researcher=self.name, fleet=tuple(self._journal.state.researchers), direction=self.me.direction,
            seed=self.me.seed, turn=0, system=await lookup.text(record.event.system),
            tools=_specs.decode(await lookup.text(record.event.tools)), messages=[],
        )  # fmt: skip

    # the mind's side -------------------------------------------------------------------------------------

    async def _attempt(self, model: str, reserve_nusd: int) -> str:
        """Before every call to a model: the latches, then the intent. Free calls need not wait for the disk."""
        if self.held:
            raise Held
        call = self._journal.next_id("m")
        asked = ModelRequested(
            researcher=self.name, call=call, turn=self.me.settled + 1, model=model, reserved_nusd=reserve_nusd
        )
        if reserve_nusd:
            await self._journal.record(asked)
        else:
            self._journal.note(asked)
        return call

    def _show(self, text: str) -> None:
        self._journal.live(f"turn {self.name}", {"text": text})

    async def _chosen(self, turn: Turn, number: int) -> list[Event]:
        """The answer and the intents of its tools, in one transaction."""
        lines = [line.strip() for line in turn.text.splitlines() if line.strip()]
        events: list[Event] = [
            ModelCompleted(
                researcher=self.name, call=f"{self.name}.{number}", turn=number, stop=turn.stop,
                content=await self._journal.text(msgspec.json.encode(turn.content).decode()),
                said=lines[-1][:SAID_CHARS] if lines else "", input_tokens=turn.usage.input_tokens,
                output_tokens=turn.usage.output_tokens, cache_read_tokens=turn.usage.cache_read_tokens,
                cache_write_tokens=turn.usage.cache_write_tokens, cost_nusd=turn.usage.cost_nusd,
            )
        ]  # fmt: skip
        for use in turn.tools:
            args = await self._journal.text(msgspec.json.encode(use.input).decode())
            events.append(
                ToolRequested(researcher=self.name, call=use.id, turn=number, tool=use.name, args=args)
            )
        if not turn.tools:
            events.append(self._settled(number))
            if turn.stop == "done":
                events.append(ResearcherStateChanged(researcher=self.name, state="finished"))
        return events

    def _settled(self, turn: int) -> BudgetSettled:
        now = time.monotonic()
        active, self._clock = int((now - self._clock) * 1e6), now
        return BudgetSettled(researcher=self.name, turn=turn, active_us=active)

    # the tools' side -------------------------------------------------------------------------------------

    async def _use(self, tool: OpenTool) -> tuple[Event, ...]:
        """Run one tool; its effects and its outcome, to be committed together."""
        began = time.monotonic()
        result = await self._run(tool)
        data = None
        if result.data is not None:
            data = await self._journal.text(msgspec.json.encode(result.data).decode())
        completed = ToolCompleted(
            researcher=self.name, call=tool.call, turn=tool.turn, tool=tool.tool, ok=result.ok,
            output=await self._journal.text(result.text), data=data, seconds=time.monotonic() - began,
        )  # fmt: skip
        return (*result.events, completed)

    async def _run(self, open_tool: OpenTool) -> ToolResult:
        known = TOOLS.get(open_tool.tool)
        if known is None:
            return ToolResult(
                f"there is no tool {open_tool.tool!r}; use one of {', '.join(TOOLS)}", ok=False
            )
        around = self._around
        args = msgspec.json.decode(await around.lookup.text(open_tool.args), type=dict)
        try:
            context = Context(
                researcher=self.name, call=open_tool.call, turn=open_tool.turn, journal=self._journal,
                lookup=around.lookup, run=around.run, recipe=around.recipe,
                sandbox=await around.bench.sandbox(self.name), live_tail=around.bench.live_tail,
            )  # fmt: skip
            return await known.call(context, args)
        except SandboxError as error:
            return ToolResult(f"{open_tool.tool}: {error}", ok=False)
