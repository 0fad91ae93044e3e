"""The history of a busy fleet, for as long as it is asked for: nine Claude researchers, all kinds of events.

Deterministic. In proportion it is five days of a real fleet for each million events: a turn is nine events, an
experiment comes every 40 turns, a post every 60, a submission every 600. Texts begin with `@` and the seq of their
event, so that whoever looks at a screen knows what is on it; one event in 600 has a needle to look for.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from aarctl.home import RunPaths
from aarctl.journal import events as ev
from aarctl.journal.sealing import plain
from aarctl.journal.store import Journal, create
from aarctl.tui.gallery.write import BEGINS, set_clock
from tests.fakes.hostile import SHORT

NAMES = tuple(f"r{number}" for number in range(1, 10))
MODEL = "claude-opus-5-5"
NEEDLE = "needle"
NEEDLE_EVERY = 600
EVENT_US = 432_000  # between two events: a million in five days
BATCH = 900
WORDS = (
    "weak", "strong", "label", "loss", "epoch", "path", "seed", "batch", "teacher", "student", "probe", "layer",
    "confidence", "agreement", "split", "held", "out", "pairs", "prior", "ceiling", "gap", "recovered", "simplest",
    "thing", "first", "then", "measure", "again", "with", "matched", "steps",
)  # fmt: skip
DOMAINS = [ev.DomainFacts("code", 0.72, 0.995, 1500), ev.DomainFacts("math", 0.66, 0.98, 1500)]
RECIPE = "[budget.fleet]\nusd = 4000\n\n[budget.researcher]\nusd = 600\ntokens = 400_000_000\n"


class Fleet:
    """Makes events; `seq` is where the next one will stand in the journal."""

    def __init__(self, seq: int, seed: int = 7) -> None:
        self.seq = seq
        self._draw = random.Random(seed * 1_000_003 + seq)
        self._given: Counter[str] = Counter(dict.fromkeys("xspmf", seq if seq > BATCH else 0))
        self._turns: Counter[str] = Counter(dict.fromkeys(NAMES, seq // 80))
        self._open: list[tuple[str, str]] = []
        self._texts = [self._prose() for _ in range(300)]

    def opening(self) -> list[ev.Event]:
        """The run's first events."""
        return [
            ev.RunOpened(run="bench", aarctl="0.2.0", recipe=ev.head_of(RECIPE)),
            ev.TaskReady(task="quickstart-v1", feedback="code", held_out=["math"], domains=DOMAINS),
            *(
                ev.ResearcherCreated(researcher=who, mind="claude", model=MODEL, direction=self._some(60))
                for who in NAMES
            ),
            *(ev.SandboxCreated(researcher=who, sandbox=who, backend="docker", isolated=True) for who in NAMES),
        ]

    def turns(self) -> Iterator[list[ev.Event]]:
        """Turn after turn, for ever; the caller commits each and adds its length to `seq`."""
        while True:
            yield self._turn(self._draw.choice(NAMES))

    def _turn(self, who: str) -> list[ev.Event]:
        draw, at = self._draw, self.seq
        self._turns[who] += 1
        turn, call = self._turns[who], self._next("m")
        tools = draw.choices(("shell", "files", "experiments", "forum"), k=draw.randint(1, 3))
        calls = [f"toolu_{at}_{number}" for number in range(len(tools))]
        both = list(zip(calls, tools, strict=True))
        blocks: list[dict[str, object]] = [
            {"type": "thinking", "thinking": f"@{at + 1} {self._text()}", "signature": "c2ln"},
            {"type": "text", "text": f"@{at + 1} {self._text()}"},
        ]
        blocks += [{"type": "tool_use", "id": one, "name": name, "input": {}} for one, name in both]
        found: list[ev.Event] = [
            ev.ModelRequested(researcher=who, call=call, turn=turn, model=MODEL, reserved_nusd=1_480_000_000),
            ev.ModelCompleted(
                researcher=who, call=call, turn=turn, content=_json(blocks), stop="tool_use", said=self._some(80),
                input_tokens=400, output_tokens=900, cache_read_tokens=60_000, cost_nusd=21_000_000, seconds=8.0,
            ),
        ]  # fmt: skip
        for one, tool in both:
            args = {"command": f"@{at + len(found)} {self._some(120)}"}
            found.append(ev.ToolRequested(researcher=who, call=one, turn=turn, tool=tool, args=_json(args)))
        for one, tool in both:
            output = ev.head_of(f"@{at + len(found)} {self._text()}")
            ok = draw.random() > 0.04
            found.append(
                ev.ToolCompleted(researcher=who, call=one, turn=turn, tool=tool, ok=ok, output=output, seconds=0.4)
            )
        found += self._now_and_then(who, at + len(found))
        found.append(ev.BudgetSettled(researcher=who, turn=turn, nusd=21_000_000, active_us=9_000_000))
        return found

    def _now_and_then(self, who: str, at: int) -> list[ev.Event]:
        draw = self._draw
        if draw.random() < 1 / 40:
            return self._experiment(who, at)
        if draw.random() < 1 / 60:
            post, thread = self._next("p"), f"t{draw.randint(1, 40)}"
            text = ev.head_of(f"@{at} {self._text()}")
            return [
                ev.ForumPosted(researcher=who, post=post, thread=thread, author=who, title=self._some(50), text=text),
                *(ev.ForumRead(researcher=other, post=post) for other in NAMES if draw.random() < 0.3),
            ]
        if draw.random() < 1 / 600:
            return self._submission(who)
        if draw.random() < 1 / 500:
            return [ev.RateLimited(researcher=who, call="m1", wait_s=12.0)]
        if draw.random() < 1 / 3000:
            flag, text = self._next("f"), ev.head_of(f"@{at} {self._text()}")
            return [ev.FlagRaised(researcher=who, flag=flag, detector="near-duplicate", text=text, seqs=[at])]
        return []

    def _experiment(self, who: str, at: int) -> list[ev.Event]:
        new, title = self._next("x"), self._some(40)
        found: list[ev.Event] = [
            ev.ExperimentQueued(researcher=who, experiment=new, argv=["run.py"], out=new, title=title, tags=["soft"]),
            ev.ExperimentLeased(researcher=who, experiment=new, slot="gpu0"),
        ]
        self._open.append((who, new))
        if len(self._open) > len(NAMES):
            whose, old = self._open.pop(0)
            tail = ev.head_of(f"@{at + 2} {self._text()}")
            done = ev.ExperimentFinished(
                researcher=whose, experiment=old, outcome="done", exit_code=0, tail=tail, device_s=300.0
            )
            found.append(done)
        return found

    def _submission(self, who: str) -> list[ev.Event]:
        name, value = self._next("s"), self._draw.uniform(0.1, 0.9)
        score = ev.Interval(value, value - 0.08, value + 0.08)
        students = [ev.StudentRef(seed, f"submissions/{name}/{seed}") for seed in range(5)]
        return [
            ev.SubmissionReceived(
                researcher=who, submission=name, method=self._some(24), snapshot="0" * 16, students=students,
                claimed=value + 0.05, card={"claim": self._text()}, tags=["soft"],
            ),
            ev.SubmissionScored(researcher=who, submission=name, domain="code", released=score, exact=score),
        ]  # fmt: skip

    def _next(self, letter: str) -> str:
        self._given[letter] += 1
        return f"{letter}{self._given[letter]}"

    def _prose(self) -> str:
        lines = self._draw.choice((1, 1, 2, 3, 6, 12, 30))
        return "\n".join(" ".join(self._draw.choices(WORDS, k=self._draw.randint(2, 18))) for _ in range(lines))

    def _text(self) -> str:
        if self.seq % NEEDLE_EVERY < 9:
            return f"{NEEDLE} {self.seq // NEEDLE_EVERY} {self._draw.choice(self._texts)}"
        return self._draw.choice(SHORT) if self._draw.random() < 0.02 else self._draw.choice(self._texts)

    def _some(self, chars: int) -> str:
        return self._draw.choice(self._texts)[:chars].replace("\n", " ")


def _json(value: object) -> ev.Text:
    return ev.head_of(msgspec.json.encode(plain(value)).decode())


async def write_history(run: Path, events: int) -> Path:
    """A run of `events` events."""
    RunPaths(run).make()
    create(run)
    set_clock(run, BEGINS)
    journal = await Journal.open(run, pid=1)
    fleet = Fleet(journal.state.seq + 1)
    await journal.record(*fleet.opening())
    fleet.seq = journal.state.seq + 1
    turns = fleet.turns()
    while journal.state.seq < events:
        batch: list[ev.Event] = []
        while len(batch) < min(BATCH, events - journal.state.seq):
            more = next(turns)
            batch += more
            fleet.seq += len(more)
        journal.state.at += len(batch) * EVENT_US
        await journal.record(*batch)
    await journal.close()
    return run
