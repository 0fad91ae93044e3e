"""Half an hour of nine Claude researchers, told as events: they think, wait, go in circles, run out of credit.

Invented and deterministic, as `story` is; no model was asked. `model` is what the journal calls theirs: that of a
rehearsal shows how a rehearsal is marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from aarctl.journal import events as ev

from .fleet import ANSWER, CIRCLES, DIRECTIONS, NEWS, NO_CREDIT, POST, SAYS, SUMMARY, TELLS, THOUGHT, WORK
from .story import DOMAINS, MACHINE, TASK, Keep, Step

MODEL = "claude-opus-5-5"
RECIPE = """name = "paper-chat"
seed = 1

[budget.fleet]
usd = 400

[budget.researcher]
usd = 60
tokens = 40_000_000
"""
PROTECTION = "Docker 27: no network, no host files, seccomp, limits by cgroup v2, disk watched, host kernel"
NAMES = tuple(f"r{number}" for number in range(1, 10))
TURNS = 8  # of everybody, before the first researcher's own story begins
MINUTE = 60.0


def claudes(keep: Keep, name: str = "claude", model: str = MODEL) -> Iterator[Step]:
    """All of it, in order; the moments' names begin with `name`."""
    fleet = Fleet(keep, model)
    yield Step(0, (ev.RunOpened(run="demo", aarctl="0.2.0", recipe=keep(RECIPE), machine=MACHINE),))
    ready = ev.TaskReady(task=TASK, feedback="code", held_out=["math"], domains=DOMAINS, built=False, seconds=0.0)
    yield Step(0.2, (ev.TaskRequested(task=TASK), ready))
    for at, who in enumerate(NAMES):
        yield Step(0.3, fleet.joins(who, DIRECTIONS[at]))
    for turn in range(1, TURNS + 1):
        for at, who in enumerate(NAMES):
            yield Step(MINUTE * (3 + at % 3) / 9, fleet.turn(who, turn))
            if turn == 2 + at % 5:
                yield Step(5, fleet.submits(who, at))
    yield from _first(fleet, name)
    yield Step(40, (ev.PersonTold(researcher="r3", text=keep(TELLS)),), f"{name} tells")
    yield Step(2, (ev.ResearcherBlocked(researcher="r5", why=CIRCLES, flag="f1"),), f"{name} blocked")
    yield Step(
        30, tuple(ev.ResearcherBlocked(researcher=who, why=NO_CREDIT) for who in NAMES), f"{name} without credit"
    )


def _first(fleet: Fleet, name: str) -> Iterator[Step]:
    """r1 thinks, uses two tools at once, waits for the service, is told news, and begins a new chapter."""
    keep, turn, call = fleet.keep, TURNS + 1, fleet.next("m")
    live: dict[str, object] = {"turn r1": {"text": THOUGHT[:300]}}
    yield Step(20, (fleet.asks("r1", turn, call),), f"{name} thinks", live)
    yield Step(9, (fleet.says("r1", turn, call, THOUGHT, SAYS, ("experiments", "forum")), *fleet.uses("r1", turn)))
    done = [
        ev.ToolCompleted(
            researcher="r1", call=_call(tool), turn=turn, tool=tool, ok=True, output=keep(text), seconds=0.2
        )
        for tool, text in (("experiments", ANSWER), ("forum", POST))
    ]
    queued = ev.ExperimentQueued(
        researcher="r1", experiment="x21", argv=["method.py"], out="out/x21", title="weighted, matched steps", seed=4,
        tags=["elicitation", "reweighting"],
    )  # fmt: skip
    settled = ev.BudgetSettled(researcher="r1", turn=turn, active_us=200_000_000)
    yield Step(0.5, (queued, *done, settled), f"{name} acts", {"turn r1": {}})
    second, third, fourth = fleet.next("m"), fleet.next("m"), fleet.next("m")
    yield Step(1, (fleet.asks("r1", turn + 1, second),))
    yield Step(2, (ev.ModelFailed(researcher="r1", call=second, error="529 overloaded", retry_in_s=4.0),))
    yield Step(4, (fleet.asks("r1", turn + 1, third),))
    yield Step(3, (ev.ModelUnknownOutcome(researcher="r1", call=third, cost_nusd=1_480_000_000, tokens=96_000),))
    yield Step(1, (ev.RateLimited(researcher="r1", call=third, wait_s=18.0),), f"{name} waits")
    leased = ev.ExperimentLeased(researcher="r1", experiment="x21", slot="gpu0")
    finished = ev.ExperimentFinished(
        researcher="r1", experiment="x21", outcome="done", exit_code=0, tail=keep("step 2000  loss 0.2911"),
        result={"seed": 4, "agreement_with_weak": 0.74}, device_s=360.0,
    )  # fmt: skip
    tells = ["x21 done", "s1 scored"]
    news = ev.NoticeDelivered(researcher="r1", turn=turn + 1, about="news", text=keep(NEWS), tells=tells)
    yield Step(18, (leased, finished, news, fleet.asks("r1", turn + 1, fourth)))
    words = "With matched steps the weights are worth .05, not .13. I note it and go on to where the two disagree."
    settled = ev.BudgetSettled(researcher="r1", turn=turn + 1, active_us=60_000_000)
    closing = ev.ChapterClosing(researcher="r1", chapter=1, turn=turn + 2, tokens=176_400)
    opened = ev.ChapterOpened(
        researcher="r1", chapter=2, system=keep("You are one of nine."), tools=keep("[]"), opening=keep(SUMMARY)
    )
    yield Step(9, (fleet.says("r1", turn + 1, fourth, "", words, ()), settled, closing, opened), f"{name} chapter 2")


def _call(tool: str) -> str:
    return f"toolu_01{tool[::-1]:0<20}{tool[:2]}"


class Fleet:
    """Makes the events of researchers who all work alike."""

    def __init__(self, keep: Keep, model: str) -> None:
        self.keep, self.model = keep, model
        self._given: dict[str, int] = {}

    def next(self, letter: str) -> str:
        self._given[letter] = self._given.get(letter, 0) + 1
        return f"{letter}{self._given[letter]}"

    def joins(self, who: str, direction: str) -> tuple[ev.Event, ...]:
        system = self.keep(f"You are one of nine researchers.\nYour direction: {direction}")
        return (
            ev.ResearcherCreated(researcher=who, mind="claude", model=self.model, direction=direction),
            ev.SandboxCreated(
                researcher=who, sandbox=who, backend="docker", isolated=True, protection=PROTECTION
            ),
            ev.ChapterOpened(researcher=who, chapter=1, system=system, tools=self.keep("[]")),
        )  # fmt: skip

    def asks(self, who: str, turn: int, call: str) -> ev.Event:
        held = 1_480_000_000
        return ev.ModelRequested(researcher=who, call=call, turn=turn, model=self.model, reserved_nusd=held)

    def says(
        self, who: str, turn: int, call: str, thought: str, words: str, tools: tuple[str, ...]
    ) -> ev.ModelCompleted:
        blocks: list[dict[str, Any]] = []
        if thought:
            blocks.append({"type": "thinking", "thinking": thought, "signature": "c2lnbmVk"})
        blocks.append({"type": "text", "text": words})
        blocks += [{"type": "tool_use", "id": _call(tool), "name": tool, "input": {}} for tool in tools]
        cached = 14_000 * turn
        return ev.ModelCompleted(
            researcher=who, call=call, turn=turn, content=self.keep(msgspec.json.encode(blocks).decode()),
            stop="tool_use" if tools else "waiting", said=words, input_tokens=900, cache_read_tokens=cached,
            cache_write_tokens=2_400, output_tokens=1_300, cost_nusd=52_000_000 + 440 * cached, seconds=9.0,
        )  # fmt: skip

    def uses(self, who: str, turn: int) -> tuple[ev.Event, ...]:
        queue = {"action": "queue", "method": "methods/weighted.py", "seed": 4, "tags": ["elicitation", "reweighting"]}
        read = {"action": "thread", "thread": "t3"}
        return tuple(
            ev.ToolRequested(
                researcher=who,
                call=_call(tool),
                turn=turn,
                tool=tool,
                args=self.keep(msgspec.json.encode(args).decode()),
            )
            for tool, args in (("experiments", queue), ("forum", read))
        )

    def turn(self, who: str, turn: int) -> tuple[ev.Event, ...]:
        """One turn with one tool."""
        call, tool = self.next("m"), self.next("c")
        words = f"Turn {turn}: I look at what the last run says before I queue the next."
        args = self.keep('{"command": "tail -n 2 out/log.txt"}')
        asked = ev.ToolRequested(researcher=who, call=tool, turn=turn, tool="shell", args=args)
        output = self.keep("step 1000  loss 0.3312\nagreement 0.741")
        done = ev.ToolCompleted(researcher=who, call=tool, turn=turn, tool="shell", ok=True, output=output, seconds=0.3)
        return (
            self.asks(who, turn, call), self.says(who, turn, call, "", words, ("shell",)), asked, done,
            ev.BudgetSettled(researcher=who, turn=turn, active_us=200_000_000),
        )  # fmt: skip

    def submits(self, who: str, at: int) -> tuple[ev.Event, ...]:
        """A submission, its score, and a post about it."""
        name, work, post = self.next("s"), WORK[at], self.next("p")
        mean, low, high = work.scored
        return (
            ev.SubmissionReceived(
                researcher=who, submission=name, method=work.method, snapshot=f"{at}c9a2e51b7d3f4aa"[:16],
                students=[ev.StudentRef(3, f"students/{name}/code-3")], claimed=mean + 0.05, tags=list(work.tags),
            ),
            ev.SubmissionScored(
                researcher=who, submission=name, domain="code", released=ev.Interval(mean, low, high),
                exact=ev.Interval(mean, low, high), per_seed=[mean],
            ),
            ev.ForumPosted(
                researcher=who, post=post, thread=f"t{at + 1}", author=who, title=work.method.capitalize(),
                text=self.keep(f"{work.method}: {mean:.2f} on code."), tags=list(work.tags),
            ),
        )  # fmt: skip
