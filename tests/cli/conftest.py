"""Homes and runs for the tests of the command line: real journals, written by the real store.

`home` is an empty home, `runs` makes runs in it, `aarctl` runs a command in it as a person would.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aarctl import recipe
from aarctl.cli.main import application
from aarctl.home import Home, RunPaths
from aarctl.journal import events as e
from aarctl.journal.inbox import ask
from aarctl.journal.lock import RunLock
from aarctl.journal.store import Journal, create

QUICKSTART = Path(__file__).parents[2] / "recipes" / "quickstart.toml"
EVIL = "\x1b[31mred\x1b[0m\x1b]0;title\x07 [bold]not markup[/bold] \u202egnp.exe\x9b2J\x00"
"""What a researcher might write: colours, a window title, markup, reversed text, a C1 control."""

HELD = "Docker 27: no network, no host files, seccomp, limits by cgroup v2, disk watched, host kernel"
"""What r1's sandbox holds back."""

Aarctl = Callable[..., Result]


def opening(run: str = "demo") -> list[e.Event]:
    """A run with its task and two researchers, in round 1."""
    return [
        e.RunOpened(run=run, aarctl="0.1.0", recipe=e.head_of("name = 'demo'")),
        e.TaskRequested(task="two-author@0123abcd"),
        e.TaskReady(
            task="two-author@0123abcd",
            feedback="code",
            held_out=["math"],
            domains=[
                e.DomainFacts(domain="code", weak=0.72, ceiling=0.99, test_items=1500),
                e.DomainFacts(domain="math", weak=0.70, ceiling=0.98, test_items=1500),
            ],
            built=True,
            seconds=12.5,
        ),
        e.ResearcherCreated(researcher="r1", mind="search", model="search", direction="Whom to believe."),
        e.ResearcherCreated(researcher="r2", mind="search", model="search", direction=EVIL),
        e.SandboxCreated(
            researcher="r1", sandbox="sb1", backend="docker", isolated=True, protection=HELD, image="sha256:0123"
        ),
        e.SandboxCreated(researcher="r2", sandbox="sb2", backend="process", isolated=False),
        e.RoundOpened(round=1),
    ]


def submitted(sub: str, who: str, method: str, claimed: float | None, scored: float) -> list[e.Event]:
    """A submission on the feedback domain with a released score."""
    return [
        e.SubmissionReceived(
            researcher=who, submission=sub, method=method, snapshot="0123456789abcdef", claimed=claimed,
            students=[e.StudentRef(seed=1, path=f"students/{sub}/code-1")],
        ),
        e.SubmissionScored(
            researcher=who, submission=sub, domain="code",
            released=e.Interval(scored, scored - 0.1, scored + 0.1),
            exact=e.Interval(scored + 0.004, scored - 0.096, scored + 0.104),
            protected=who == "r1",
        ),
    ]  # fmt: skip


def working() -> list[e.Event]:
    """Turns, an experiment, posts, three submissions of which one is replicated and one disqualified."""
    return [
        e.ModelRequested(researcher="r1", call="m1", turn=1, model="search"),
        e.ModelCompleted(
            researcher="r1", call="m1", turn=1, content=e.head_of("[]"), stop="tool_use", said=EVIL,
            input_tokens=10, output_tokens=5, cost_nusd=4_200_000,
        ),
        e.ToolRequested(researcher="r1", call="c1", turn=1, tool="shell", args=e.head_of('{"command": "ls"}')),
        e.ToolCompleted(researcher="r1", call="c1", turn=1, tool="shell", ok=True, output=e.head_of(EVIL + "\n" * 30)),
        e.ExperimentQueued(
            researcher="r1", experiment="x1", argv=["method.py"], out="out", title="screen vanilla", seed=1
        ),
        e.ExperimentLeased(researcher="r1", experiment="x1", slot="cpu0"),
        e.ExperimentFinished(
            researcher="r1", experiment="x1", outcome="done", exit_code=0, tail=e.head_of("ok"), device_s=4.5
        ),
        e.ExperimentQueued(researcher="r2", experiment="x2", argv=["method.py"], out="out", title="wait", seed=2),
        e.ForumPosted(
            researcher="r1", post="p1", thread="t1", author="r1", title="screening",
            text=e.head_of(f"{EVIL}\nsecond line"),
        ),
        e.BudgetSettled(researcher="r1", turn=1, nusd=4_200_000, active_us=2_000_000),
        *submitted("s1", "r1", "vanilla", 0.2, 0.95),
        *submitted("s2", "r2", EVIL, None, 0.7),
        *submitted("s3", "r1", "self training", 0.8, 0.8),
        e.ReplicationStarted(submission="s3", domains=["code", "math"], seeds=[7, 8, 9]),
        e.ReplicationFinished(
            submission="s3", outcome="replicated",
            domains={"code": e.Interval(0.76, 0.7, 0.82), "math": e.Interval(0.4, 0.2, 0.6)},
        ),
        e.VerdictGiven(submission="s1", verdict="disqualify", because="read the labels", by="person"),
    ]  # fmt: skip


def closing(reason: str = "finished", note: str = "") -> list[e.Event]:
    """The end of a run."""
    return [e.RunClosed(reason=reason, note=note)]


@dataclass
class Runs:
    """Makes runs, and plays the supervisor where a test needs one."""

    home: Home

    def make(self, name: str = "demo", *events: e.Event) -> RunPaths:
        """A run with `events`; its supervisor has let go of it."""
        paths = self.home.run(name).make()
        paths.recipe.write_text(recipe.resolve(recipe.load(QUICKSTART)))
        create(paths.root)
        if events:
            self.write(paths, *events)
        return paths

    def whole(self, name: str = "demo") -> RunPaths:
        """A finished run."""
        return self.make(name, *opening(name), *working(), *closing())

    def write(self, paths: RunPaths, *events: e.Event) -> None:
        """A supervisor that starts, records `events` and ends."""

        async def session() -> None:
            journal = await Journal.open(paths.root, pid=os.getpid())
            await journal.record(*events)
            await journal.close()

        asyncio.run(session())

    @contextlib.contextmanager
    def alive(self, paths: RunPaths) -> Iterator[RunLock]:
        """Hold the run's lock, as a supervisor that does nothing; it ends when the lock is released."""
        lock = RunLock(paths.lock)
        try:
            yield lock
        finally:
            lock.release()

    @contextlib.contextmanager
    def supervisor(self, paths: RunPaths, *, refuse: str = "") -> Iterator[None]:
        """A live supervisor that makes every command effective, or refuses it with a reason."""
        ready, done = threading.Event(), threading.Event()

        async def serve() -> None:
            journal = await Journal.open(paths.root, pid=os.getpid())
            ready.set()
            while not done.is_set():
                for row in await journal.inbox():
                    command = journal.next_id("k")
                    outcome = (
                        e.CommandRefused(command=command, reason=refuse)
                        if refuse
                        else e.CommandEffective(command=command, note=f"did {row.verb}")
                    )
                    await journal.record(
                        e.CommandRequested(
                            command=command,
                            inbox=row.id,
                            by=row.by,
                            verb=row.verb,
                            researcher=row.researcher,
                            args=row.args,
                        ),
                        e.CommandAcknowledged(command=command),
                        outcome,
                    )
                await asyncio.sleep(0.01)
            await journal.close()

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        assert ready.wait(60)
        try:
            yield
        finally:
            done.set()
            thread.join()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, named by AARCTL_HOME as a person would."""
    monkeypatch.setenv("AARCTL_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def runs(home: Home) -> Runs:
    """Makes runs in `home`."""
    return Runs(home)


APP = application()


@pytest.fixture
def aarctl(home: Home) -> Aarctl:
    """`aarctl("board", "demo", "--json")` -> typer's Result."""
    runner = CliRunner()

    def call(*args: str) -> Result:
        return runner.invoke(APP, list(args), prog_name="aarctl")

    return call


@pytest.fixture
def inbox() -> Callable[..., int]:
    """Leaves a row, as another client would."""
    return ask
