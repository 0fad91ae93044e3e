"""One event, one line: what a person must act on is never cut off, and a sandbox without walls is called UNSAFE."""

from __future__ import annotations

import pytest

from aarctl.cli.tell import WIDTH, tell
from aarctl.journal import events as e

STEP = "run `aarctl images build`"
BARE = "process: NOT ISOLATED, commands reach this user's files and the network"


def test_the_next_step_at_the_end_of_a_long_sentence_is_shown() -> None:
    why = f"bubblewrap, because {'x' * WIDTH}: {STEP}."
    assert STEP in tell(e.SandboxChosen(backend="bubblewrap", isolated=True, why=why))
    assert STEP in tell(e.RunClosed(reason="failed", note=why))
    assert STEP in tell(e.ResearcherBlocked(researcher="r1", why=why))


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            e.SandboxCreated(sandbox="r1", backend="docker", isolated=True, protection="Docker 27: no network"),
            "sandbox r1: Docker 27: no network",
        ),
        (
            e.SandboxCreated(sandbox="r1", backend="docker", isolated=True, protection="Docker 27", attached=True),
            "sandbox r1, taken over from an earlier supervisor: Docker 27",
        ),
        (
            e.SandboxCreated(sandbox="s1-code", backend="process", isolated=False, purpose="replication"),
            "sandbox for a replication s1-code: UNSAFE process: NOT ISOLATED",
        ),
        (
            e.SandboxCreated(sandbox="r1", backend="process", isolated=False, protection=BARE),
            f"sandbox r1: UNSAFE {BARE}",
        ),
    ],
)
def test_a_new_sandbox_says_what_it_holds_back(event: e.Event, line: str) -> None:
    assert tell(event) == line


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (e.ResearcherBlocked(researcher="r1", why="there is no API key", flag="f1"),
         "blocked (f1): there is no API key"),
        (e.ChapterOpened(chapter=1, system=e.head_of("You are"), tools=e.EMPTY), "chapter 1 of its history begins"),
        (e.ChapterOpened(chapter=2, system=e.EMPTY, tools=e.EMPTY, opening=e.head_of("Chapter 2 begins.")),
         "chapter 2 of its history begins, 17 characters kept of those before"),
        (e.ChapterClosing(chapter=1, turn=90, tokens=176_400),
         "chapter 1 nears its limit (176,400 tokens): it is asked to sum it up"),
        (e.NoticeDelivered(turn=4, about="news", text=e.head_of("News:\n- x3: done")),
         "aarctl says (news): News: - x3: done"),
        (e.ModelFailed(call="m4", error="529 overloaded", retry_in_s=8.0),
         "m4 failed: 529 overloaded; tried again in 8 s"),
        (e.ModelFailed(call="m4", error="400 no such model"), "m4 failed: 400 no such model"),
        (e.ModelUnknownOutcome(call="m4", cost_nusd=940_000_000),
         "m4: its answer was lost, charged at its worst case ($0.94)"),
        (e.ModelCancelled(call="m4", why="paused"), "m4 was cancelled: paused"),
        (e.RateLimited(call="m4", wait_s=12.0), "rate limited, waits 12 s"),
        (e.ModelCompleted(call="m4", turn=2, content=e.EMPTY, stop="max_tokens", said="and so", cost_nusd=2 * 10**9),
         "cut at its token limit: and so ($2.00)"),
        (e.FlagRaised(researcher="r5", flag="f1", detector="loop", text=e.head_of("again and again")),
         "f1 raised by loop on r5: again and again"),
    ],
)  # fmt: skip
def test_what_a_claude_researcher_lives_through_is_told_in_a_line(event: e.Event, line: str) -> None:
    assert tell(event) == line
