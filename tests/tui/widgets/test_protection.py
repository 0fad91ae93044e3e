"""What holds a researcher's sandbox stands beside the researcher, and a sandbox that holds nothing is called UNSAFE."""

from __future__ import annotations

import pytest

from aarctl.journal import events as ev
from aarctl.journal.fold import fold
from aarctl.journal.reader import Record
from aarctl.tui.content.status import Status
from aarctl.tui.drawing.lines import plain
from aarctl.tui.scene import Scene
from aarctl.tui.transcript.items import item_of
from aarctl.tui.widgets.fleet import fleet_content, strip_line

HELD = "Docker 27.3.1: no network, no host files, seccomp, limits by cgroup v2, disk quota, host kernel"
BARE = "process: NOT ISOLATED, commands reach this user's files and the network"


def made(backend: str, protection: str) -> ev.SandboxCreated:
    isolated = backend != "process"
    return ev.SandboxCreated(researcher="r1", sandbox="r1", backend=backend, isolated=isolated, protection=protection)


def scene(*events: ev.Event) -> Scene:
    joined = ev.ResearcherCreated(researcher="r1", mind="search", model="search", direction="Try it.")
    state = fold((seq, seq, event) for seq, event in enumerate((joined, *events), 1))
    return Scene(state, Status("running", "●", "good"), now=10)


def shown(of: Scene, height: int = 30) -> str:
    return "\n".join(plain(line) for line in fleet_content(of, 118, height).lines)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (made("docker", HELD), HELD),
        (made("bubblewrap", ""), "bubblewrap: isolated"),
        (made("process", BARE), f"UNSAFE {BARE}"),
        (made("process", ""), "UNSAFE process: NOT ISOLATED"),
    ],
)
def test_where_there_is_room_each_researcher_has_its_protection_below_it(event: ev.SandboxCreated, words: str) -> None:
    assert words in shown(scene(event))
    assert words not in shown(scene(event), height=6)


def test_before_its_first_sandbox_a_researcher_has_no_protection_to_show() -> None:
    assert "no sandbox yet" in shown(scene())


def test_a_sandbox_that_was_made_anew_shows_what_the_new_one_gives() -> None:
    assert BARE not in shown(scene(made("process", BARE), made("docker", HELD)))


def test_the_table_and_the_one_line_fleet_call_a_process_sandbox_unsafe() -> None:
    bare = scene(made("process", BARE))
    assert "UNSAFE process" in shown(bare, height=6)
    assert "unsafe" in plain(strip_line(bare, 80))
    assert "unsafe" not in plain(strip_line(scene(made("docker", HELD)), 80))


@pytest.mark.parametrize(("event", "words"), [(made("docker", HELD), HELD), (made("process", BARE), f"UNSAFE {BARE}")])
def test_the_transcript_says_what_a_new_sandbox_holds_back(event: ev.SandboxCreated, words: str) -> None:
    item = item_of(Record(1, 1, "r1", event), 0)
    assert item is not None and words in item.text
