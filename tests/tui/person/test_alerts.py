"""What wants attention: named once, sent once, harmless in every sequence, and never to whoever looks already."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import aarctl.tui
from aarctl.journal import events as ev
from aarctl.journal.fold import apply
from aarctl.journal.store import Journal
from aarctl.tui.app import ControlRoom
from aarctl.tui.content.limits import Limits
from aarctl.tui.content.status import status_of
from aarctl.tui.person.alerts import Alert, in_one, standing, window_title
from aarctl.tui.person.hook import Hook, tell
from aarctl.tui.person.memory import Memory
from aarctl.tui.person.preferences import FILE, Preferences
from aarctl.tui.person.signals import BELL, ESC, Terminal, notification, terminal_of
from aarctl.tui.person.signals import window_title as titled
from aarctl.tui.scene import Scene
from aarctl.tui.screens.attending import Attending
from aarctl.tui.source import Source
from tests.fakes.journals import HOSTILE
from tests.tui.pilot import Tell, Told, until
from tests.tui.story import Story, replicates, submits


def names(story: Story, after: int = 0, *, dead: bool = False, limits: Limits | None = None) -> list[str]:
    return [alert.name for alert in standing(story.state, limits or Limits(), dead=dead, after=after)]


# what wants it --------------------------------------------------------------------------------------------


def test_each_thing_has_a_name_that_another_of_its_kind_has_not() -> None:
    story = Story()
    story.tell(
        *submits("s1", "r1", 0.4), *replicates("s1", "r1", 0.3),
        ev.FlagRaised(researcher="r1", flag="f1", detector="peek", text=ev.head_of("reads labels")),
        ev.PersonTold(researcher="r1", text=ev.head_of("one")), ev.PersonTold(researcher="r1", text=ev.head_of("two")),
        ev.ResearcherBlocked(researcher="r2", why="no credit"),
        ev.ResearcherStateChanged(researcher="r1", state="failed", why="broke"),
    )  # fmt: skip
    found = names(story, dead=True)
    assert [name.split()[0] for name in found] == [
        "blocked", "failed", "told", "told", "flag", "replicated", "dead",
    ]  # fmt: skip
    assert len(set(found)) == len(found)
    assert names(story, after=story.state.seq) == []


def test_a_researcher_that_is_blocked_again_is_another_thing() -> None:
    story = Story()
    story.tell(ev.ResearcherBlocked(researcher="r2", why="no credit"))
    first = names(story)
    story.tell(ev.SupervisorStarted(epoch=2, pid=1), ev.ResearcherBlocked(researcher="r2", why="no credit"))
    assert names(story) != first


def test_a_budget_calls_at_80_percent_and_when_it_is_used_up_and_anew_when_it_was_raised() -> None:
    story = Story()
    limits = Limits(everyone={"turns": 5.0})
    for turn in range(1, 5):
        story.tell(ev.BudgetSettled(researcher="r1", turn=turn))
    assert names(story, limits=limits) == ["budget r1 turns 5 80%"]
    story.tell(ev.BudgetSettled(researcher="r1", turn=5))
    assert names(story, limits=limits) == ["budget r1 turns 5 100%"]
    assert names(story, limits=Limits(everyone={"turns": 6.0})) == ["budget r1 turns 6 80%"]
    assert names(story, limits=Limits(everyone={"turns": 60.0})) == []


def test_a_run_that_is_over_calls_once_and_misses_no_supervisor() -> None:
    story = Story()
    story.tell(ev.SupervisorStarted(epoch=3, pid=1), ev.RunClosed(reason="finished"))
    assert names(story, dead=True) == ["over 3"]


def test_several_things_are_one_notification() -> None:
    alerts = [Alert(f"flag f{number}", "flag", f"flag f{number}") for number in range(6)]
    assert in_one(alerts[:1], "demo") == ("aarctl demo", "flag f0")
    assert in_one(alerts, "demo") == ("aarctl demo: 6 things", "flag f0; flag f1; flag f2; flag f3")


def test_the_title_says_how_the_run_stands() -> None:
    story = Story()
    assert window_title(story.state, "running", "demo", 0) == "aarctl demo running"
    story.tell(*submits("s1", "r1", 0.4))
    assert window_title(story.state, "supervisor dead", "demo", 2) == "(2) aarctl demo supervisor dead .40"


# how a terminal is told ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "notifies"),
    [
        ({"TERM": "xterm-256color"}, "bell"),
        ({}, "bell"),
        ({"TERM_PROGRAM": "iTerm.app"}, "osc9"),
        ({"TERM_PROGRAM": "WezTerm"}, "osc9"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "osc9"),
        ({"TERM": "xterm-kitty"}, "osc9"),
        ({"TERM": "foot"}, "osc777"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "osc777"),
        ({"TERM": "tmux-256color", "TMUX": "x", "LC_TERMINAL": "iTerm2"}, "osc9"),
        ({"TERM": "screen-256color", "TMUX": "x"}, "bell"),
    ],
)
def test_a_terminal_is_told_in_the_way_it_knows(environ: dict[str, str], notifies: str) -> None:
    assert terminal_of(environ).notifies == notifies


def test_the_person_decides_above_all() -> None:
    environ = {"TERM_PROGRAM": "iTerm.app"}
    assert terminal_of(environ, "bell").notifies == "bell"
    assert terminal_of(environ, "title") == Terminal("", titled=True)
    assert terminal_of(environ, "off") == Terminal("", titled=False)
    assert titled(terminal_of(environ, "off"), "x") == ""


def test_only_who_looks_elsewhere_is_notified_and_the_bell_serves_where_that_is_unknown() -> None:
    osc9, osc777, bell = Terminal("osc9"), Terminal("osc777"), Terminal("bell")
    assert [notification(each, "a", "b", True) for each in (osc9, osc777, bell)] == ["", "", ""]
    assert [notification(each, "a", "b", None) for each in (osc9, osc777, bell)] == [BELL] * 3
    assert notification(osc9, "a", "b", False) == f"{ESC}]9;a: b{BELL}"
    assert notification(osc777, "a", "b", False) == f"{ESC}]777;notify;a;b{BELL}"
    assert notification(bell, "a", "b", False) == BELL and notification(Terminal(""), "a", "b", False) == ""


def test_tmux_is_asked_to_pass_it_on_and_has_the_bell_for_where_it_may_not() -> None:
    sent = notification(Terminal("osc9", tmux=True), "a", "b", False)
    assert sent == f"{ESC}Ptmux;{ESC}{ESC}]9;a: b{BELL}{ESC}\\{BELL}"


HARSH = (
    *HOSTILE, "\x1b]0;owned\x07", "a\x9cb", "9;4;3;100", "x\x1b\\\x1b]52;c;eA==\x07", "\u202egnp.exe", "\n\r\t" * 99,
)  # fmt: skip


@pytest.mark.parametrize("words", HARSH, ids=range(len(HARSH)))
@pytest.mark.parametrize("way", ["osc9", "osc777"])
def test_hostile_words_can_neither_end_a_sequence_nor_begin_one(words: str, way: str) -> None:
    sent = notification(Terminal(way), words, words, False)
    assert sent.startswith((f"{ESC}]9;", f"{ESC}]777;notify;")) and sent.endswith(BELL)
    inside = sent[len(ESC) : -len(BELL)]
    assert all(char.isprintable() for char in inside) and len(inside) < 600
    assert way == "osc9" or inside.count(";") == 3
    title = titled(Terminal(), words)
    assert title.startswith(f"{ESC}]2;") and title.endswith(BELL) and title[1:-1].isprintable()


# a person's own command -------------------------------------------------------------------------------------


def script(folder: Path, body: str) -> list[str]:
    file = folder / "hook.py"
    file.write_text(body)
    return [sys.executable, str(file)]


async def test_a_command_is_given_the_event_as_json_and_no_shell(tmp_path: Path) -> None:
    out = tmp_path / "out"
    argv = script(tmp_path, f"import sys; open({str(out)!r}, 'w').write(sys.argv[1] + sys.stdin.read())")
    assert await tell([*argv, "$HOME; exit 3"], {"what": "flag", "text": "a\x1bb"}) == ""
    assert out.read_text() == "$HOME; exit 3" + '{"what":"flag","text":"a\\u001bb"}\n'


async def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    hangs = f"sleep 3600 & echo $! >{pid}.new; mv {pid}.new {pid}; wait"
    assert "was ended after 3 s" in await tell(["sh", "-c", hangs], {}, timeout_s=3)
    async with asyncio.timeout(60):
        while _alive(int(pid.read_text())):
            await asyncio.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_command_that_fails_or_is_not_there_is_said(tmp_path: Path) -> None:
    assert "ended with exit code 3" in await tell(script(tmp_path, "raise SystemExit(3)"), {})
    assert "cannot be started" in await tell([str(tmp_path / "none")], {})
    assert await tell(script(tmp_path, "import os; os.close(0)"), {"text": "x" * 200_000}) == ""


async def test_commands_run_one_after_the_other_in_order(tmp_path: Path) -> None:
    out = tmp_path / "out"
    hook = Hook(script(tmp_path, f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"))
    for number in range(4):
        hook.add({"n": number})
    async with asyncio.timeout(60):
        while not out.exists() or out.read_text().count("\n") < 4:
            await asyncio.sleep(0.02)
    assert [json.loads(line)["n"] for line in out.read_text().splitlines()] == [0, 1, 2, 3]
    await hook.close()


# in the room ------------------------------------------------------------------------------------------------


class Heard(ControlRoom):
    """A room that keeps what it sends to the terminal."""

    CSS_PATH = [Path(aarctl.tui.__file__).parent / path for path in ControlRoom.CSS_PATH]

    def __init__(self, moment: Told) -> None:
        super().__init__(moment.run, clock=moment.clock)
        self.sent = ""

    def send(self, sequence: str) -> None:
        """Keep it."""
        self.sent += sequence


async def test_a_flag_calls_the_person_once_though_two_rooms_are_open(
    told: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "WezTerm")
    monkeypatch.delenv("TMUX", raising=False)
    moment = told("scored s3", alive=False)
    home = tmp_path / "home"
    (home / "runs").mkdir(parents=True)
    moment = moment._replace(run=moment.run.rename(home / "runs" / "demo"))
    out = tmp_path / "out"
    command = json.dumps(script(tmp_path, f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"))
    (home / FILE).write_text(f"[attention]\ncommand = {command}\n")
    one, other = Heard(moment), Heard(moment)
    async with one.run_test(size=(80, 24)) as pilot, other.run_test(size=(80, 24)) as second:
        await pilot.pause()
        journal = await Journal.open(moment.run, pid=os.getpid())
        for app in (one, other):
            app.on_app_blur()
        flag = ev.FlagRaised(researcher="r1", flag="f1", detector="peek", text=ev.head_of("reads \x1b[31mlabels"))
        await journal.record(flag)
        await until(pilot, lambda: "]9;" in one.sent + other.sent)
        await until(pilot, lambda: out.exists() and out.read_text().endswith("\n"))
        for each in (pilot, second):
            await each.pause(1.2)  # another look of each room
        await journal.close()
        sent = one.sent + other.sent
        assert sent.count("]9;") == 1 and f"{ESC}]9;aarctl demo: flag f1 on r1: reads labels{BELL}" in sent
        assert f"{ESC}]2;(1) aarctl demo running .60{BELL}" in sent
        event = json.loads(out.read_text())
        assert (event["run"], event["what"], event["researcher"]) == ("demo", "flag", "r1")
        assert "flag f1" in Memory(moment.run).get("announced")
    third = Heard(moment)
    async with third.run_test(size=(80, 24)) as pilot:
        third.on_app_blur()
        await pilot.pause(1.2)
        assert "]9;" not in third.sent
    assert third.sent.endswith(f"{ESC}[23;0t")


async def test_what_comes_while_the_room_opens_is_told_and_a_key_takes_no_digest_away(
    told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "WezTerm")
    monkeypatch.delenv("TMUX", raising=False)
    moment = told("scored s3", alive=False)
    Memory(moment.run).put("seen", {"seq": 20, "at": moment.end - 60_000_000})
    source, memory = Source(moment.run), Memory(moment.run)
    shown: list[object] = []
    sent: list[str] = []
    attending = Attending(
        source, memory, Preferences(), clock=moment.clock, send=sent.append, show=shown.append, say=shown.append
    )

    def scene() -> Scene:
        return Scene(source.state, status_of(source.state, True), moment.clock(), "demo")

    attending.looked(scene())  # a key, before the room is drawn
    await asyncio.gather(*attending._tasks)
    flag = ev.FlagRaised(researcher="r1", flag="f1", detector="peek", text=ev.head_of("reads labels"))
    apply(source.state, source.state.seq + 1, moment.end + 1, flag)
    attending.arrive(scene())
    attending.focused = False
    attending.tick(scene())
    assert "flag f1 on r1" in "".join(sent)
    async with asyncio.timeout(30):
        while not shown:
            await asyncio.sleep(0.01)
    assert attending.digest is not None and attending.digest.entries
    await attending.leave()
    source.close()


async def test_a_supervisor_that_is_just_coming_is_not_called_dead(told: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "WezTerm")
    monkeypatch.delenv("TMUX", raising=False)
    moment = told("scored s3")
    app = Heard(moment)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        attending, scene = app.screen._attending, app.screen.scene()  # type: ignore[attr-defined]
        app.on_app_blur()
        dead = replace(scene, status=status_of(scene.state, False))
        for _ in range(5):
            attending.tick(dead)
        assert app.sent.count("its supervisor is dead") == 1
        scene.state.epoch += 1  # somebody restarted it
        attending.tick(scene)
        attending.tick(dead)
        assert app.sent.count("its supervisor is dead") == 1
        attending.tick(dead)
        assert app.sent.count("its supervisor is dead") == 2


async def test_who_looks_at_the_room_hears_nothing(told: Tell) -> None:
    moment = told("scored s3", alive=False)
    app = Heard(moment)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        journal = await Journal.open(moment.run, pid=os.getpid())
        app.on_app_focus()
        await journal.record(ev.PersonTold(researcher="r1", text=ev.head_of("look")))
        await until(pilot, lambda: "told" in str(Memory(moment.run).get("announced")))
        assert BELL not in re.sub(f"{ESC}]2;[^{BELL}]*{BELL}", "", app.sent) and "(1)" not in app.sent
        await journal.close()
