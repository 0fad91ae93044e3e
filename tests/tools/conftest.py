"""A researcher with a real sandbox and a real journal, ready to use tools."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from aarctl.home import Home
from aarctl.journal.events import Event, ResearcherCreated, RoundOpened
from aarctl.journal.lookup import Lookup
from aarctl.journal.store import Journal
from aarctl.sandbox.choose import pick
from aarctl.sandbox.protocol import SandboxSpec
from aarctl.tools import TOOLS, Context, ToolResult
from tests.fakes.small_run import make_run, small_recipe

Use = Callable[..., Awaitable[ToolResult]]


class Bench:
    """Two researchers on one journal; `use` runs a tool and commits what it did, as the supervisor would."""

    def __init__(self, contexts: dict[str, Context]) -> None:
        self._contexts = contexts
        self._calls = 0

    @property
    def journal(self) -> Journal:
        return self._contexts["r1"].journal

    def context(self, researcher: str = "r1") -> Context:
        return self._contexts[researcher]

    async def use(self, tool: str, researcher: str = "r1", **args: Any) -> ToolResult:
        """One call, its effects committed."""
        self._calls += 1
        before = self._contexts[researcher]
        call = f"{researcher}-{self._calls}"
        context = Context(**{**{f: getattr(before, f) for f in before.__dataclass_fields__}, "call": call})
        result = await TOOLS[tool].call(context, args)
        if result.events:
            await self.journal.record(*result.events)
        return result

    async def record(self, *events: Event) -> None:
        await self.journal.record(*events)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A bench of r1 and r2."""
    recipe = small_recipe()
    paths = make_run(Home(tmp_path), "tools", recipe)
    journal = await Journal.open(paths.root, pid=1)
    lookup = await Lookup.open(paths.root)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")  # a container's volumes would outlive the test
    backend = (await pick("auto")).backend
    contexts = {}
    for name in ("r1", "r2"):
        spec = SandboxSpec(run="tools", name=name, workspace=paths.work / name, spool=paths.spool / name)
        sandbox = await backend.create(spec)
        await journal.record(ResearcherCreated(researcher=name, mind="scripted", model="scripted", direction=""))
        contexts[name] = Context(
            researcher=name, call="", turn=1, journal=journal, lookup=lookup, run=paths, recipe=recipe,
            sandbox=sandbox, live_tail={"x9": "so far"}.get,
        )  # fmt: skip
    await journal.record(RoundOpened(round=1))
    yield Bench(contexts)
    for context in contexts.values():
        await context.sandbox.remove()
    await lookup.close()
    await journal.close()
