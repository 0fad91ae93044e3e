"""A researcher with a real sandbox and a real journal, ready to use tools."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aarctl.home import Home
from aarctl.journal.events import Event, ResearcherCreated, RoundOpened
from aarctl.journal.lookup import Lookup
from aarctl.journal.store import Journal
from aarctl.sandbox.choose import pick
from aarctl.sandbox.protocol import Backend, Sandbox, SandboxSpec
from aarctl.tools import TOOLS, Context, ToolResult
from tests.fakes.small_run import make_run, small_recipe
from tests.sandbox.bubble import needs_bubblewrap
from tests.sandbox.make import backend_named

Use = Callable[..., Awaitable[ToolResult]]


class Bench:
    """Two researchers on one journal; `use` runs a tool and commits what it did, as the supervisor would."""

    def __init__(self, contexts: dict[str, Context], backend: Backend) -> None:
        self._contexts, self._backend = contexts, backend
        self._calls = 0

    @property
    def journal(self) -> Journal:
        return self._contexts["r1"].journal

    def context(self, researcher: str = "r1") -> Context:
        return self._contexts[researcher]

    def sandbox(self, researcher: str = "r1") -> Sandbox:
        return self._contexts[researcher].sandbox

    async def use(self, tool: str, researcher: str = "r1", /, **args: Any) -> ToolResult:
        """One call, its effects committed."""
        self._calls += 1
        return await self.call(f"{researcher}-{self._calls}", tool, args, researcher)

    async def again(self, tool: str, researcher: str = "r1", /, **args: Any) -> ToolResult:
        """The last call once more, as a supervisor makes it that crashed before it had the answer."""
        return await self.call(f"{researcher}-{self._calls}", tool, args, researcher)

    async def call(self, call: str, tool: str, args: dict[str, Any], researcher: str = "r1") -> ToolResult:
        """The call of this id."""
        result = await TOOLS[tool].call(replace(self._contexts[researcher], call=call), args)
        if result.events:
            await self.journal.record(*result.events)
        return result

    async def record(self, *events: Event) -> None:
        await self.journal.record(*events)

    async def renew(self, researcher: str = "r1") -> None:
        """The sandbox ends, with all that runs in it, and another is made on its workspace and spool."""
        before = self._contexts[researcher]
        await before.sandbox.remove()
        self._contexts[researcher] = replace(before, sandbox=await self._backend.create(before.sandbox.spec))


@asynccontextmanager
async def benches(folder: Path, backend: Backend) -> AsyncIterator[Bench]:
    """A bench of r1 and r2 with sandboxes of `backend`, which is left as it was."""
    recipe = small_recipe()
    paths = make_run(Home(folder), "tools", recipe)
    journal = await Journal.open(paths.root, pid=1)
    lookup = await Lookup.open(paths.root)
    contexts = {}
    for name in ("r1", "r2"):
        spec = SandboxSpec(run="tools", name=name, workspace=paths.work / name, spool=paths.spool / name, home="tools")
        sandbox = await backend.create(spec)
        await journal.record(ResearcherCreated(researcher=name, mind="scripted", model="scripted", direction=""))
        contexts[name] = Context(
            researcher=name, call="", turn=1, journal=journal, lookup=lookup, run=paths, recipe=recipe,
            sandbox=sandbox, live_tail=lambda name: {"x1": "so far"}.get(name),
        )  # fmt: skip
    await journal.record(RoundOpened(round=1))
    bench = Bench(contexts, backend)
    try:
        yield bench
    finally:
        for name in contexts:
            await bench.sandbox(name).remove()
            await backend.wipe(bench.sandbox(name).spec)
        await lookup.close()
        await journal.close()
        await backend.close()


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A bench on the best backend that makes its sandboxes in milliseconds."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    async with benches(tmp_path, (await pick("auto")).backend) as made:
        yield made


@pytest.fixture(params=["process", pytest.param("bubblewrap", marks=needs_bubblewrap)])
async def either_bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench on each backend that needs no engine."""
    async with benches(tmp_path, await backend_named(request.param, "tools")) as made:
        yield made
