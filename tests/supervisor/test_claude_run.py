"""A whole run with Claude researchers: the supervisor in a process of its own, a key that a person gives late.

The one thing that is not real is the service, which listens on the loopback.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from aarctl.home import Home, RunPaths
from aarctl.journal.inbox import ask
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.minds.claude import write_key
from aarctl.recipe import Recipe
from tests.fakes.claude_fleet import recipe_of
from tests.fakes.messages_api import Asked, MessagesApi, Reply, Use, use
from tests.fakes.small_run import make_run


def worker(asked: Asked) -> Reply:
    """Looks for the key, from inside its sandbox."""
    looks = "env; cat /proc/[0-9]*/environ; ls -a ~ /workspace; find / -name key -size -2 -exec cat {} +"
    return use(Use("shell", {"command": looks}))


def recipe_for(api: MessagesApi, *overrides: str) -> Recipe:
    """Two Claude researchers that take two turns each, asking this service."""
    recipe = recipe_of(2, "look", "budget.researcher.turns=2", *overrides)
    return msgspec.structs.replace(recipe, claude=msgspec.structs.replace(recipe.claude, base_url=api.url, attempts=2))


@asynccontextmanager
async def supervised(home: Home, name: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A supervisor whose environment has no key but what is given."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ANTHROPIC")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aarctl.supervisor", "--home", str(home.root), "--run", name,
        env={**clean, **environment},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until(process: asyncio.subprocess.Process, run: RunPaths, true: Callable[[RunState], bool]) -> RunState:
    """The first state seen of which something is true."""
    while True:
        ended = process.returncode
        with JournalReader(run.root) as reader:
            state = reader.state()
        if true(state):
            return state
        assert ended is None, f"the supervisor ended with {ended} at {state.status}: {state.note}"
        await asyncio.sleep(0.1)


def all_blocked(state: RunState) -> bool:
    """Whether nobody goes on without the person."""
    return bool(state.researchers) and all(who.blocked for who in state.researchers.values())


async def test_a_run_without_a_key_waits_says_how_and_goes_on_with_the_key_it_is_given(home: Home) -> None:
    async with MessagesApi(worker) as api:
        run = make_run(home, f"late-key-{os.getpid()}", recipe_for(api))
        async with supervised(home, run.name) as process:
            state = await until(process, run, all_blocked)
            assert {who.why for who in state.researchers.values()} == {
                "there is no API key: set ANTHROPIC_API_KEY, or `aarctl key set`, then resume the run"
            }
            write_key(home.root, "sk-ant-mistyped-0000")
            ask(run.root, "resume")
            refused = "refused the API key"
            await until(process, run, lambda s: all_blocked(s) and refused in s.researchers["r1"].why)
            write_key(home.root, api.key)
            ask(run.root, "resume")
            state = await until(process, run, lambda s: s.over)
            assert await process.wait() == 0
        assert state.status == "finished" and [who.settled for who in state.researchers.values()] == [2, 2]
        assert state.nusd == api.account.dollars(delivered=True) * 10**9 and api.refused == []
        secret = api.key.encode()
    write_key(home.root, "sk-ant-another-0000000")  # the file itself may have it
    isolated = all(who.isolated for who in state.researchers.values())
    assert isolated, "where nothing is isolated a researcher can read what the person can"
    assert [file for file in everything(home.root) if secret in file.read_bytes()] == []


async def test_a_service_that_is_not_there_and_a_model_it_does_not_know_are_one_sentence_each(home: Home) -> None:
    async with MessagesApi(worker, models=["another"]) as api:
        recipe = recipe_for(api)
        unknown = make_run(home, f"unknown-{os.getpid()}", recipe)
        nowhere = msgspec.structs.replace(recipe.claude, base_url="http://127.0.0.1:1", attempts=1)
        gone = make_run(home, f"gone-{os.getpid()}", msgspec.structs.replace(recipe, claude=nowhere))
        for run, words in ((unknown, ["knows no model", "correct model or base_url"]), (gone, ["check the network"])):
            async with supervised(home, run.name, ANTHROPIC_API_KEY=api.key) as process:
                state = await until(process, run, all_blocked)
            for who in state.researchers.values():
                assert all(each in who.why for each in words) and who.why.count(". ") == 0 and who.settled == 0
            assert state.nusd == 0


async def test_code_of_a_language_model_is_not_run_where_nothing_is_isolated(home: Home) -> None:
    async with MessagesApi(worker) as api:
        plain = recipe_for(api, "sandbox.backend=process", "sandbox.allow_unsafe=true")
        sandbox = msgspec.structs.replace(plain.sandbox, allow_unsafe=False)
        run = make_run(home, f"unsafe-{os.getpid()}", msgspec.structs.replace(plain, sandbox=sandbox))
        async with supervised(home, run.name, ANTHROPIC_API_KEY=api.key) as process:
            assert await process.wait() != 0
        assert api.calls == 0


def everything(folder: Path) -> list[Path]:
    """Every file below."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
