"""Days of the scripted researcher: real loops, tools, sandbox, journal and SDK; experiments and scores cost nothing.

    async with Day(folder) as day:
        await day.play(30)

Entered again on the same folder, it is the next supervisor, with a server that has another key.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

from msgspec.structs import replace

from aarctl.journal.events import (
    ExperimentFinished,
    ExperimentLeased,
    Interval,
    SteerQueued,
    SubmissionScored,
)
from aarctl.minds.rehearsal.researcher import research
from tests.fakes.claude_fleet import ClaudeFleet
from tests.fakes.messages_api import Asked, MessagesApi, Reply

Call = tuple[str, dict[str, Any]]


class Day:
    """So many researchers, played in turn. `pairs` has every request with its answer."""

    def __init__(self, folder: Path, *overrides: str, researchers: int = 1, key: str = "sk-ant-first") -> None:
        self.pairs: list[tuple[Asked, Reply]] = []
        self.api = MessagesApi(self._rule, models=None, key=key)
        self._folder, self._researchers = folder, researchers
        self._overrides = ("scorer.students_max=2", *overrides)

    def _rule(self, asked: Asked) -> Reply:
        reply = research(asked)
        self.pairs.append((asked, reply))
        return reply

    async def __aenter__(self) -> Day:
        await self.api.__aenter__()
        self.fleet = ClaudeFleet(
            self._folder, self.api, *self._overrides, researchers=self._researchers, direction="whom to trust, and how"
        )
        await self.fleet.__aenter__()
        task = self._folder / "task"
        task.mkdir(exist_ok=True)
        (task / "pool.jsonl").write_text('{"id": "1", "prompt": "1 + 1", "first": "2", "second": "3"}\n')
        (task / "weak_labels.jsonl").write_text('{"id": "1", "p": 0.8}\n')
        plain = self.fleet.bench._spec_of
        self.fleet.bench._spec_of = lambda who: replace(plain(who), read_only={"/task": task})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fleet.__aexit__()
        await self.api.__aexit__()

    async def play(self, turns: int) -> None:
        """So many rounds, each with a turn of everybody."""
        for _ in range(turns):
            for loop in self.fleet.loops:
                if await loop.think():
                    await loop.act()
            if self.fleet.loops[0].me.settled % 3 == 0:  # not at once, so that there is something to wait for
                await self._settle()

    async def say(self, text: str, steer: str = "n1") -> None:
        """A steer to r1."""
        journal = self.fleet.journal
        await journal.record(SteerQueued(researcher="r1", steer=steer, text=await journal.text(text), by="me"))

    async def calls(self, researcher: str = "r1") -> list[Call]:
        """Every tool call so far, in order."""
        asked = await self.fleet.lookup.records(kinds=("tool.requested",), researcher=researcher)
        return [(one.event.tool, json.loads(await self.fleet.lookup.text(one.event.args))) for one in asked]  # type: ignore[attr-defined]

    async def answers(self, researcher: str = "r1") -> list[tuple[str, bool, str]]:
        """(tool, ok, text) of every call."""
        done = await self.fleet.lookup.records(kinds=("tool.completed",), researcher=researcher)
        read = self.fleet.lookup.text
        return [(one.event.tool, one.event.ok, await read(one.event.output)) for one in done]  # type: ignore[attr-defined]

    async def _settle(self) -> None:
        """Train and score all that waits, at once and out of thin air."""
        journal = self.fleet.journal
        for one in list(journal.state.experiments.values()):
            folder = self.fleet.run.work / one.researcher / one.out
            folder.mkdir(parents=True, exist_ok=True)
            share = crc32(one.title.encode()) % 1000 / 4000
            result = {"seed": one.seed, "pool": {"weak_agreement": 0.7 + share, "prior_agreement": 0.6 + share}}
            for name, text in (("result.json", json.dumps(result)), ("student.json", json.dumps({"seed": one.seed}))):
                (folder / name).write_text(text)
            (folder / "model.safetensors").write_bytes(b"weights")
            leased = ExperimentLeased(researcher=one.researcher, experiment=one.id, slot="cpu0")
            finished = ExperimentFinished(
                researcher=one.researcher, experiment=one.id, outcome="done", exit_code=0, result=result,
                tail=await journal.text(""),
            )  # fmt: skip
            await journal.record(leased, finished)
        for handed in [one for one in journal.state.submissions.values() if one.state == "claimed"]:
            score = Interval(0.5, 0.4, 0.6)
            await journal.record(
                SubmissionScored(
                    researcher=handed.researcher, submission=handed.id, domain="code", released=score, exact=score
                )
            )
