"""LocalScorer: the contract on a real process, and what happens when that process is killed, stuck or absent."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from aarctl.scorer.client import LocalScorer
from aarctl.scorer.errors import ScorerLost, ScorerTimeout
from aarctl.scorer.protocol import Score, Scored, Scorer

from .contract import ScorerContract


class TestLocalScorer(ScorerContract):
    """The contract, with a process each."""

    @asynccontextmanager
    async def opened(  # type: ignore[override]
        self, home: Path, task: str, *, run: str = "demo", queries: int = 180, per_day: int | None = None
    ) -> AsyncIterator[Scorer]:
        async with LocalScorer(home, run, task, queries=queries, per_day=per_day) as scorer:
            yield scorer


async def test_the_process_carries_the_runs_name_and_no_key_of_the_supervisor(
    home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    async with LocalScorer(home, "blue", name) as scorer:
        process = psutil.Process(scorer.pid)
        assert "blue" in process.cmdline()
        assert "sk-canary" not in str(process.environ())
        assert f"pid {process.pid}" in repr(scorer)
    assert not psutil.pid_exists(process.pid)


async def test_a_killed_process_is_replaced_once_and_the_request_is_answered(
    home: Path, name: str, ask: Callable[..., Score]
) -> None:
    async with LocalScorer(home, "demo", name) as scorer:
        first = await scorer.score(ask("s1"))
        assert scorer.pid is not None
        os.kill(scorer.pid, signal.SIGKILL)
        assert await scorer.score(ask("s1")) == first
        assert len(await scorer.ledger()) == 1


async def test_kill_9_at_random_moments_then_the_same_request_gives_the_same_answer_and_spends_one_query(
    home: Path, name: str, ask: Callable[..., Score]
) -> None:
    request = ask("s1", (1, 2, 3))
    async with LocalScorer(home, "undisturbed", name) as scorer:
        began = time.monotonic()
        expected = await scorer.score(request)
        score_s = time.monotonic() - began
    chance = random.Random(5)
    for trial in range(6):
        async with LocalScorer(home, f"trial-{trial}", name) as scorer:
            pending = asyncio.create_task(scorer.score(request))
            await asyncio.wait({pending}, timeout=chance.uniform(0, 1.2 * score_s))
            if scorer.pid is not None:
                os.kill(scorer.pid, signal.SIGKILL)
            assert await pending == expected
            assert await scorer.score(request) == expected
            assert len(await scorer.ledger()) == 1


async def test_a_process_that_dies_again_is_an_error_that_says_what_it_said(home: Path, name: str) -> None:
    scorer = LocalScorer(home, "demo", "two-author@00000000")
    with pytest.raises(ScorerLost, match=r"BadVault: .*task build"):
        await scorer.start()
    await scorer.close()


async def test_a_stuck_process_is_a_timeout_and_the_next_request_gets_a_new_one(
    home: Path, name: str, ask: Callable[..., Score]
) -> None:
    request = ask()
    async with LocalScorer(home, "demo", name, ask_s=30, score_s=0.3) as scorer:
        stuck = scorer.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        with pytest.raises(ScorerTimeout, match="asking again is safe"):
            await scorer.score(request)
        assert len(await scorer.draw_seeds("aa", 2)) == 2
        assert scorer.pid != stuck
        assert not psutil.pid_exists(stuck)


async def test_a_killed_process_that_does_not_end_is_an_error_of_ours_that_names_it(
    home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = LocalScorer(home, "demo", name)
    await scorer.start()
    monkeypatch.setattr("aarctl.scorer.client.STOP_S", 0.0)
    with pytest.raises(ScorerTimeout, match=f"process {scorer.pid} was killed and has not ended .* its ledger is safe"):
        await scorer.close()
    monkeypatch.undo()
    await scorer.close()


async def test_a_cancelled_caller_leaves_the_scorer_usable(home: Path, name: str, ask: Callable[..., Score]) -> None:
    async with LocalScorer(home, "demo", name) as scorer:
        pid = scorer.pid
        for _ in range(3):
            asking = asyncio.create_task(scorer.score(ask("s1")))
            await asyncio.sleep(0)
            asking.cancel()
        assert isinstance(await scorer.score(ask("s1")), Scored)
        assert scorer.pid == pid
        assert len(await scorer.ledger()) == 1


async def test_requests_at_once_are_all_answered(home: Path, name: str, ask: Callable[..., Score]) -> None:
    async with LocalScorer(home, "demo", name) as scorer:
        requests = [ask("s1"), ask("s2", (3, 4)), ask("s1")]
        first, other, again = await asyncio.gather(*map(scorer.score, requests))
        seeds = await asyncio.gather(*(scorer.draw_seeds("aa", n) for n in range(1, 6)))
    assert first == again
    assert isinstance(other, Scored)
    assert [len(s) for s in seeds] == [1, 2, 3, 4, 5]


def test_the_process_dies_with_the_supervisor(home: Path, name: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from aarctl.scorer.client import LocalScorer\n"
        "async def main():\n"
        "    scorer = LocalScorer(Path(sys.argv[1]), 'demo', sys.argv[2])\n"
        "    await scorer.start()\n"
        "    print(scorer.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    argv = [sys.executable, "-c", code, str(home), name]
    supervisor = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert supervisor.stdout is not None
    scorer = psutil.Process(int(supervisor.stdout.readline()))
    supervisor.kill()
    supervisor.wait()
    psutil.wait_procs([scorer], timeout=60)
    assert not scorer.is_running() or scorer.status() == psutil.STATUS_ZOMBIE
