"""One researcher's loop: think, act, settle; and stop at turn boundaries when a latch holds.

A turn waits for the disk three times: before a paid request leaves, before tools act, after they have acted; and once
more when the person or aarctl has something to say at its beginning. Everything is decided from the journal's state,
so a loop that was killed anywhere goes on from the same place.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from ..journal.events import (
    BudgetSettled,
    ChapterClosing,
    ChapterOpened,
    Event,
    FlagRaised,
    ModelCompleted,
    NoticeDelivered,
    PauseReached,
    ResearcherBlocked,
    ResearcherStateChanged,
    SteerDelivered,
    ToolRequested,
)
from ..journal.state import OpenTool, Researcher
from ..minds.protocol import Chapter, ChapterFull, Held, Message, Mind, MindError, ToolSpec, Turn
from ..tools import TOOLS
from . import acting, budgets, chapters, history, notices
from .calls import ResearcherCalls, used_up
from .policy import DONE
from .prompt import system_prompt
from .stopwatch import Stopwatch
from .surroundings import Surroundings

SAID_CHARS = 200

_specs = msgspec.json.Decoder(tuple[ToolSpec, ...])


class ResearcherLoop:
    """Drives one researcher. `think` chooses a turn, `act` carries it out; the fleet's schedule calls them."""

    def __init__(self, name: str, mind: Mind, around: Surroundings) -> None:
        self.name = name
        self._mind, self._around, self._journal = mind, around, around.journal
        self._calls = ResearcherCalls(name, around)
        self._chapter: Chapter | None = None
        self._seen = 0
        """The last seq that the chapter's messages hold."""
        self._waits_for: frozenset[str] | None = None
        """What it had under way when it chose to wait; None when it does not wait."""
        self._watch = Stopwatch(time.monotonic_ns())

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
        """Whether something keeps it from beginning a turn or a call."""
        return self._around.held(self.name)

    @property
    def ready(self) -> bool:
        """Whether there is a reason to think: it waits for nothing, or what it waits for has moved."""
        me = self.me
        if self.over or me.stopping:
            return True
        if self.held:
            return False
        news = self._mind.reads and bool(me.news)
        return news or bool(me.steers) or self._waits_for != frozenset(self._journal.state.under_way(self.name))

    # one turn --------------------------------------------------------------------------------------------

    async def think(self) -> bool:
        """Have the mind choose; True when there are tools to use, which `act` does."""
        if self.me.open_tools:
            if not (self.me.stopping and self._frozen):
                return True  # chosen before a crash: only the acting is left
            await self._give_up()
        if not await self._may_go_on():
            return False
        self._waits_for = None
        number = self.me.settled + 1
        chapter = await self._open_chapter(number)
        began = time.monotonic()
        try:
            if self._mind.reads and chapters.fresh(self.me):
                chapters.check(self._around.recipe, chapter)
            asking = self._mind.turn(chapter, self._calls, self._show)
            turn = await self._around.latches.breakable(self.name, "think", asking)
        except Held:
            await self._may_go_on()
            return False
        except ChapterFull as error:
            if chapters.fresh(self.me):
                return await self._block(f"{error}; start a run with longer chapters or a model that reads more")
            await self._journal.record(await self._new_chapter())
            return await self.think()
        except MindError as error:
            return await self._block(str(error))
        await self._journal.record(*await self._chosen(turn, number, time.monotonic() - began))
        if turn.stop == "waiting" and not self.me.closing:
            self._waits_for = frozenset(self._journal.state.under_way(self.name)) or None
        return bool(self.me.open_tools)

    async def act(self) -> None:
        """Use the tools that the turn chose, in order; the last one's outcome settles the turn.

        Frozen, it waits; where a person ends what is frozen, the tools stay open, as after a crash.
        """
        *before, last = sorted(self.me.open_tools.values(), key=lambda tool: tool.seq)
        try:
            for tool in before:
                *effects, completed = await self._used(tool)
                self._journal.note(*effects, completed)
                if effects:
                    await self._folded(tool.call)
            outcome = await self._used(last)
        except Held:
            return
        await self._journal.record(*outcome, self._lap(last.turn))

    async def _used(self, tool: OpenTool) -> tuple[Event, ...]:
        """What came of one tool. Raises Held when it was broken off."""
        using = acting.use(self._around, self.name, tool)
        return await self._around.latches.breakable(self.name, "act", using)

    async def _give_up(self) -> None:
        """A person ended it while it was frozen in the middle of its tools: they are over, and so is the turn."""
        tools = list(self.me.open_tools.values())
        outcomes = [await acting.give_up(self._around, self.name, tool) for tool in tools]
        await self._journal.record(*outcomes, self._lap(tools[-1].turn))

    async def _folded(self, call: str) -> None:
        """Return when the state has a tool's effects: the next tool of the turn must count them."""
        seq = self._journal.state.seq
        while call in self.me.open_tools:
            seq = await self._journal.changed(seq)

    @property
    def _frozen(self) -> bool:
        return self._journal.state.is_frozen(self.name)

    def keep_time(self) -> None:
        """Time counts between turns while nothing holds it, and in a turn while it is not frozen."""
        now = time.monotonic_ns()
        in_turn = self.me.open_call or self.me.open_tools
        if self._frozen if in_turn else self.held:
            self._watch.hold(now)
        else:
            self._watch.go(now)

    async def leave(self) -> None:
        """The schedule is over: what time it has had since its last turn is recorded."""
        if not self.over:
            await self._journal.record(self._lap(self.me.settled))

    async def _may_go_on(self) -> bool:
        """At the turn boundary: pause here, run out of budget here, or be stopped for going round in circles."""
        self.keep_time()
        if self.over:
            return False
        if self.me.stopping:
            why = "retired by a person" if self.me.retired else "ended by a person"
            ended = ResearcherStateChanged(researcher=self.name, state="finished", why=why)
            await self._journal.record(self._lap(self.me.settled), ended)
            return False
        if self.held:
            if self.me.state not in ("paused", "blocked") and not self._frozen:  # `freezing` says who is frozen
                reached = PauseReached(researcher=self.name, turn=self.me.settled)
                await self._journal.record(self._lap(self.me.settled), reached)
            return False
        limit = budgets.reached(self._around.recipe, self._journal.state, self.me)
        if limit is not None:
            await self._journal.record(self._lap(self.me.settled), *used_up(self.name, limit))
            return False
        stuck = notices.stuck(self.me) if self._mind.reads else None
        return stuck is None or await self._block(stuck.why, stuck.evidence)

    async def _block(self, why: str, evidence: Sequence[int] = ()) -> bool:
        """Wait for the person, who reads `why`; a flag shows them the evidence, where there is any."""
        events: list[Event] = [self._lap(self.me.settled)]
        flag = self._journal.next_id("f") if evidence else ""
        if flag:
            text = await self._journal.text(why)
            events.append(FlagRaised(researcher=self.name, flag=flag, detector="loop", text=text, seqs=list(evidence)))
        await self._journal.record(*events, ResearcherBlocked(researcher=self.name, why=why, flag=flag))
        self.keep_time()
        return False

    # history ---------------------------------------------------------------------------------------------

    async def _open_chapter(self, number: int) -> Chapter:
        """The chapter for turn `number`: read from the journal alone, whether live or after a crash."""
        if not self.me.chapter or self.me.stop == "context_full":
            await self._journal.record(await self._new_chapter())
        chapter = await self._read_on()
        if self.me.closing and self.me.settled >= self.me.closing:
            await self._journal.record(await self._new_chapter(chapters.summary(chapter.messages)))
            chapter = await self._read_on()
        if told := await self._told(chapter.messages, number):
            await self._journal.record(*told)
            chapter = await self._read_on()
        chapter.turn = number
        return chapter

    async def _told(self, messages: list[Message], number: int) -> list[Event]:
        """What the person and aarctl say at the beginning of a turn."""
        told: list[Event] = [SteerDelivered(researcher=self.name, steer=s.steer, turn=number) for s in self.me.steers]
        if not self._mind.reads or self.me.closing:
            return told
        if chapters.near_its_end(self._around.recipe, self.me, messages):
            tokens = chapters.tokens(self.me, messages)
            closing = ChapterClosing(researcher=self.name, chapter=self.me.chapter, turn=number, tokens=tokens)
            return [*told, closing]  # news can wait for the next chapter: here it would be lost
        for notice in notices.due(self._journal.state, self.me):
            text = await self._journal.text(notice.text)
            told.append(
                NoticeDelivered(
                    researcher=self.name, turn=number, about=notice.about, text=text, tells=list(notice.tells)
                )
            )
        return told

    async def _new_chapter(self, summary: str = "") -> ChapterOpened:
        around, journal, me = self._around, self._journal, self.me
        opening = ""
        if me.chapter:
            opening = await chapters.opening(around, me, summary)
        tools = msgspec.json.encode([tool.spec for tool in TOOLS.values()]).decode()
        return ChapterOpened(
            researcher=self.name, chapter=me.chapter + 1, tools=await journal.text(tools),
            system=await journal.text(system_prompt(around.recipe, journal.state, self.name)),
            opening=await journal.text(opening),
        )  # fmt: skip

    async def _read_on(self) -> Chapter:
        """The open chapter with every message up to now."""
        lookup, first = self._around.lookup, self.me.chapter_seq
        if self._chapter is None or self._seen < first:
            self._chapter, self._seen = await self._read_chapter(), first - 1
        for record in lookup.few(self._seen, researcher=self.name, kinds=history.KINDS):
            await history.extend(self._chapter.messages, record, lookup)
            self._seen = record.seq
        return self._chapter

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

    # what the mind chose -----------------------------------------------------------------------------------

    def _show(self, text: str) -> None:
        self._journal.live(f"turn {self.name}", {"text": text})

    async def _chosen(self, turn: Turn, number: int, seconds: float) -> list[Event]:
        """The answer and the intents of its tools, in one transaction."""
        events: list[Event] = [await self._completed(turn, number, seconds)]
        if self.me.closing:  # it was asked for words alone: a tool that it used nevertheless is not run
            return [*events, self._lap(number)]
        for use in turn.tools:
            args = await self._journal.text(msgspec.json.encode(use.input).decode())
            events.append(ToolRequested(researcher=self.name, call=use.id, turn=number, tool=use.name, args=args))
        if not turn.tools:
            events.append(self._lap(number))
            if turn.stop == "done":
                events.append(ResearcherStateChanged(researcher=self.name, state="finished"))
        return events

    async def _completed(self, turn: Turn, number: int, seconds: float) -> ModelCompleted:
        lines = [line.strip() for line in (turn.note or turn.text).splitlines() if line.strip()]
        used = turn.usage
        return ModelCompleted(
            researcher=self.name, call=self._calls.open, turn=number, stop=turn.stop,
            content=await self._journal.text(msgspec.json.encode(turn.content).decode()),
            said=lines[-1][:SAID_CHARS] if lines else "", input_tokens=used.input_tokens,
            output_tokens=used.output_tokens, cache_read_tokens=used.cache_read_tokens,
            cache_write_tokens=used.cache_write_tokens, cache_write_1h_tokens=used.cache_write_1h_tokens,
            cost_nusd=used.cost_nusd, seconds=seconds,
        )  # fmt: skip

    def _lap(self, turn: int) -> BudgetSettled:
        """The unpaused time since the last lap; with a turn that is new, it settles that turn."""
        active = self._watch.lap_us(time.monotonic_ns())
        return BudgetSettled(researcher=self.name, turn=turn, active_us=active)
