"""How far commands have come, in words."""

import pytest

from aarctl.journal.state import Command, RunState
from aarctl.tui.content.commands import commands_lines, grouped, last_command, what
from aarctl.tui.content.status import Status
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.scene import Scene

SECOND = 1_000_000


def command(name: str, verb: str, who: str = "", at: int = 0, state: str = "requested", **args: str) -> Command:
    note = args.pop("note", "")
    return Command(name, verb, who, args, "ada", at * SECOND, state, note)


def scene(*commands: Command, now: int = 5) -> Scene:
    state = RunState(commands={one.id: one for one in commands})
    return Scene(state, Status("running", "●", "good"), now * SECOND)


def said(*commands: Command, now: int = 5, room: int = 300) -> str:
    return plain(last_command(scene(*commands, now=now), room))


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (command("c1", "pause"), "pause fleet"),
        (command("c1", "freeze", "r1", release="yes"), "freeze and release r1"),
        (command("c1", "verdict", submission="s5", verdict="accept", because="fine"), "accept s5"),
        (command("c1", "replicate", submission="s5"), "replicate s5"),
        (command("c1", "cancel", experiment="x3"), "cancel x3"),
        (command("c1", "move", experiment="x3", before="x2"), "move x3 before x2"),
        (command("c1", "move", experiment="x3"), "move x3 to the front"),
        (command("c1", "budget", "r2", what="usd", change="+20"), "budget of r2: usd +20"),
        (command("c1", "budget", what="usd", limit="none"), "budget of the fleet: usd none"),
        (command("c1", "add", direction="look"), "add a researcher: look"),
        (command("c1", "post", text="hello"), "post: hello"),
        (command("c1", "stop"), "stop the run"),
        (command("c1", "stop", "r1"), "stop r1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_asked_is_told_in_a_few_words(one: Command, words: str) -> None:
    assert what([one]) == words


def test_what_was_asked_at_once_and_stands_alike_is_told_as_one() -> None:
    asked = [command(f"c{at}", "pause", f"r{at}", at=at // 3) for at in range(1, 4)]
    assert [len(group) for group in grouped(asked)] == [3] and what(asked) == "pause r1, r2 and r3"
    asked[1].state = "acknowledged"
    assert [[one.id for one in group] for group in grouped(asked)] == [["c1", "c3"], ["c2"]]
    assert len(grouped([command("c1", "pause", "r1", at=0), command("c2", "pause", "r2", at=60)])) == 2
    assert len(grouped([command("c1", "pause"), command("c2", "pause")])) == 2


@pytest.mark.parametrize(
    ("verb", "state", "words"),
    [
        ("pause", "requested", "✓ requested → · acknowledged → · effective"),
        ("pause", "effective", "✓ requested → ✓ acknowledged → ✓ effective"),
        ("steer", "acknowledged", "✓ requested → ✓ queued → · delivered"),
        ("steer", "effective", "✓ delivered"),
        ("post", "effective", "✓ posted"),
    ],
)
def test_the_steps_that_are_reached_are_marked(verb: str, state: str, words: str) -> None:
    assert words in said(command("c1", verb, "r1", state=state))


def test_an_open_command_stays_a_finished_one_goes_and_others_are_counted() -> None:
    assert said() == ""
    done = command("c1", "pause", "r1", state="effective")
    assert said(done, now=59) and not said(done, now=61)
    late = command("c2", "steer", "r2", state="acknowledged")
    assert "steer r2" in said(late, done, now=4000)
    assert said(late, command("c3", "pause", "r1"), now=4000).endswith("and 1 more: c")
    assert width(last_command(scene(late), 30)) <= 30


def test_a_refusal_has_its_whole_sentence_in_the_list_and_nothing_untrusted_breaks_a_line() -> None:
    why = "r2 has ended: " + "it takes no further turn " * 4
    rows = commands_lines(
        scene(command("c1", "pause"), command("c2", "steer", "r2", state="refused", text="a\n\x1b[31mb", note=why)), 60
    )
    words = [plain(row) for row in rows]
    assert "steer r2" in words[0] and "✗ refused: r2 has ended" in words[1]
    assert "pause fleet" in words[-2] and all(width(row) <= 60 for row in rows)
    assert " ".join(" ".join(words).split()).count("no further turn") == 4
    assert "Nobody has asked" in plain(commands_lines(scene(), 60)[0])
