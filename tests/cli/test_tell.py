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
