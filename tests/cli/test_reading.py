"""runs, status, board, log, forum: what they say, and the shapes of their --json."""

from __future__ import annotations

import json

import msgspec
import pytest

from aarctl.cli import shapes, status_shapes
from aarctl.journal import events as e

from .conftest import EVIL, HELD, Aarctl, Runs, closing, opening, working


def decode(aarctl: Aarctl, shape: type, *args: str) -> object:
    """What a command prints with --json, held to its documented shape: no key missing, none added."""
    result = aarctl(*args, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.isascii()
    return msgspec.json.decode(result.stdout, type=shape)


def test_board_json_is_exactly_the_contract(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    board = json.loads(aarctl("board", "demo", "--json").stdout)
    assert list(board) == ["run", "task", "rows"]
    assert (board["run"], board["task"]) == ("demo", "two-author@0123abcd")
    assert board["rows"][0] == {
        "submission": "s3",
        "researcher": "r1",
        "method": "self training",
        "state": "replicated",
        "pgr": {"claimed": 0.8, "scored": 0.8, "replicated": 0.76},
        "interval": {"scored": [pytest.approx(0.7), pytest.approx(0.9)], "replicated": [0.7, 0.82]},
        "domains": {
            "code": {"replicated": 0.76, "interval": [0.7, 0.82]},
            "math": {"replicated": 0.4, "interval": [0.2, 0.6]},
        },
        "flags": [],
        "verdict": None,
    }
    assert [(row["submission"], row["state"], row["verdict"]) for row in board["rows"]] == [
        ("s3", "replicated", None),
        ("s2", "scored", None),
        ("s1", "disqualified", "disqualify"),
    ]
    assert board["rows"][1]["interval"]["replicated"] is None
    decode(aarctl, shapes.Board, "board", "demo")


def test_the_board_never_shows_exact_scores_as_scored(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    assert "0.804" not in aarctl("board", "demo", "--json").stdout


def test_the_board_says_which_scores_are_unprotected(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    shown = aarctl("board", "demo").stdout
    assert "Unprotected: s2." in shown
    assert "0.76 [0.70, 0.82]" in shown
    assert "code: 0.720 to 0.990 of 1,500 right" in shown


def test_status_json_has_its_shape_and_the_sums(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening(), *working())
    status = decode(aarctl, status_shapes.Status, "status", "demo")
    assert isinstance(status, status_shapes.Status)
    assert (status.status, status.supervised, status.round) == ("running", False, 1)
    assert status.experiments == status_shapes.Experiments(waiting=1, running=0, finished=1)
    assert status.cost.usd == pytest.approx(0.0042)
    assert status.cost.tokens == 15
    assert status.best == shapes.Best(submission="s3", method="self training", state="replicated", pgr=0.76)
    assert [each.isolated for each in status.researchers] == [True, False]
    assert [(each.protection, each.image) for each in status.researchers] == [(HELD, "sha256:0123"), ("", "")]


def test_status_says_what_is_not_isolated_and_who_must_be_resumed(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening(), *working())
    shown = aarctl("status", "demo").stdout
    assert "NOT ISOLATED: r2" in shown and "process, UNSAFE" in shown
    assert f"r1 in {HELD}" in shown
    assert "`aarctl run --resume demo` goes on" in shown


def blocked(who: str, why: str = "there is no API key: `aarctl key set`, then resume the run") -> e.Event:
    return e.ResearcherBlocked(researcher=who, why=why)


def test_status_says_once_why_researchers_are_blocked_and_what_lets_them_go_on(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening(), blocked("r1"), blocked("r2"))
    shown = " ".join(aarctl("status", "demo").stdout.split())
    assert shown.count("there is no API key") == 1
    assert "BLOCKED: r1, r2: there is no API key: `aarctl key set`, then resume the run." in shown
    assert "`aarctl resume demo` lets" in shown
    status = decode(aarctl, status_shapes.Status, "status", "demo")
    assert isinstance(status, status_shapes.Status)
    assert {(each.state, each.why) for each in status.researchers} == {("blocked", blocked("r1").why)}  # type: ignore[attr-defined]


def test_one_blocked_researcher_is_resumed_alone(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening(), blocked("r2", EVIL))
    shown = aarctl("status", "demo").stdout
    assert "`aarctl resume demo r2` lets" in " ".join(shown.split())
    assert not set(shown) & set("\x1b\x00\x07\x9b\u202e")


def test_status_tells_the_diversity_of_ideas(aarctl: Aarctl, runs: Runs) -> None:
    def post(number: int, *tags: str) -> e.Event:
        return e.ForumPosted(
            researcher="r1", post=f"p{number}", thread="t1", author="r1", title="", text=e.head_of("-"), tags=list(tags)
        )  # fmt: skip

    runs.make("demo", *opening(), post(1, "prior"), post(2, "Prior", EVIL), post(3, "cross-fit"))
    status = decode(aarctl, status_shapes.Status, "status", "demo")
    assert isinstance(status, status_shapes.Status)
    assert list(status.ideas.tags.values()) == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    assert (status.ideas.bits, status.ideas.most) == pytest.approx((1.459148, 1.584963))
    shown = aarctl("status", "demo").stdout
    assert "ideas: 1.5 bits of 1.6, 3 tags: prior 50%, cross fit 33%" in shown
    assert not set(shown) & set("\x1b\x00\x07\x9b\u202e")


def test_status_passes_on_what_researchers_tell(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening(), e.PersonTold(researcher="r2", text=e.head_of(f"Look at the build. {EVIL}")))
    shown = aarctl("status", "demo").stdout
    assert "r2 tells you: Look at the build." in shown and not set(shown) & set("\x1b\x00\x07\x9b\u202e")
    status = decode(aarctl, status_shapes.Status, "status", "demo")
    assert isinstance(status, status_shapes.Status) and status.told[0].text == f"Look at the build. {EVIL}"


def test_status_says_that_a_rehearsals_money_is_play_money(aarctl: Aarctl, runs: Runs) -> None:
    play = e.ResearcherCreated(researcher="r1", mind="claude", model="rehearsal of claude-opus-5-5", direction="")
    runs.make("demo", *opening(), play)
    assert "play money" in aarctl("status", "demo").stdout


def test_a_supervised_run_is_said_to_be_so(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    with runs.alive(paths):
        assert "no supervisor" not in aarctl("status", "demo").stdout
        found = decode(aarctl, shapes.Runs, "runs")
    assert isinstance(found, shapes.Runs)
    assert found.runs[0].supervised


def test_runs_lists_every_run_and_names_the_unreadable_one(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole("good")
    bad = runs.make("bad")
    bad.journal.write_bytes(b"this is no database, only some bytes that lie where one was" * 9)
    found = decode(aarctl, shapes.Runs, "runs")
    assert isinstance(found, shapes.Runs)
    by_name = {each.run: each for each in found.runs}
    assert by_name["good"].status == "finished"
    assert by_name["bad"].status == "unreadable"
    assert "not a database" in by_name["bad"].note
    assert aarctl("runs").exit_code == 0


def test_an_empty_home_says_how_to_begin(aarctl: Aarctl) -> None:
    result = aarctl("runs")
    assert result.exit_code == 0
    assert "aarctl run recipes/quickstart.toml" in result.stdout
    assert aarctl("runs", "--json").stdout.split() == ["{", '"runs":', "[]", "}"]


def test_log_shows_one_researcher_only(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    log = decode(aarctl, shapes.Log, "log", "demo", "r2")
    assert isinstance(log, shapes.Log)
    assert {each.researcher for each in log.events} == {"r2"}
    assert "scored PGR 0.70" in aarctl("log", "demo", "r2").stdout


def test_log_cuts_long_texts_unless_asked(aarctl: Aarctl, runs: Runs) -> None:
    text = "\n".join(f"line {n}" for n in range(2000))
    paths = runs.make("demo", *opening())
    kept = e.Text  # a text longer than a row keeps lies in a blob
    from aarctl.journal.blobs import Blobs

    kept = Blobs(paths.blobs).keep(text)
    runs.write(paths, e.ToolCompleted(researcher="r1", call="c9", turn=2, tool="shell", ok=True, output=kept))
    assert "line 1999" not in aarctl("log", "demo", "r1").stdout
    assert "1,988 more lines, --full shows all" in aarctl("log", "demo", "r1").stdout
    assert "line 1999" in aarctl("log", "demo", "r1", "--full").stdout


def test_log_shows_what_a_model_said_and_thought_without_its_json(aarctl: Aarctl, runs: Runs) -> None:
    blocks = [
        {"type": "thinking", "thinking": "The gain may be noise.", "signature": "c2ln"},
        {"type": "text", "text": "I run it again.\nWith another seed."},
        {"type": "tool_use", "id": "c1", "name": "experiments", "input": {}},
    ]
    content = e.head_of(json.dumps(blocks))
    said = e.ModelCompleted(
        researcher="r1", call="m1", turn=1, content=content, stop="tool_use", said="With another seed."
    )
    runs.make("demo", *opening(), said)
    shown = aarctl("log", "demo", "r1").stdout
    indent = " " * 12
    words = f"{indent}I run it again.\n{indent}With another seed.\n\n{indent}thought first: The gain may be noise."
    assert words in shown and "c2ln" not in shown and "{" not in shown


def test_log_shows_only_the_last_events_when_asked(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    log = decode(aarctl, shapes.Log, "log", "demo", "r1", "--last", "2")
    assert isinstance(log, shapes.Log)
    assert [each.kind for each in log.events] == ["submission.received", "submission.scored"]


def test_forum_json_holds_whole_posts_by_thread(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    forum = decode(aarctl, shapes.Forum, "forum", "demo")
    assert isinstance(forum, shapes.Forum)
    assert [(each.thread, each.title) for each in forum.threads] == [("t1", "screening")]
    assert forum.threads[0].posts[0].text == EVIL + "\nsecond line"


@pytest.mark.parametrize(
    "command",
    [("runs",), ("status", "demo"), ("board", "demo"), ("budget", "demo"), ("forum", "demo"),
     ("log", "demo", "r1", "--full"), ("journal", "tail", "demo", "--last", "0")],
)  # fmt: skip
def test_what_a_researcher_wrote_is_neither_control_codes_nor_markup(
    aarctl: Aarctl, runs: Runs, command: tuple[str, ...]
) -> None:
    runs.whole()
    shown = aarctl(*command)
    assert shown.exit_code == 0, shown.output
    assert not set(shown.stdout) & set("\x1b\x00\x07\x9b\u202e")
    if command[0] in ("log", "forum", "status", "board"):
        assert "[bold]not markup[/bold]" in " ".join(shown.stdout.split()) or "[bold]not" in shown.stdout


def test_reading_changes_nothing(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.whole()
    before = paths.journal.read_bytes()
    for command in (["runs"], ["status", "demo"], ["board", "demo"], ["log", "demo", "r1"], ["forum", "demo"],
                    ["journal", "verify", "demo"], ["journal", "tail", "demo"]):  # fmt: skip
        assert aarctl(*command).exit_code == 0
    assert paths.journal.read_bytes() == before


def test_a_run_that_has_not_begun_can_be_read(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo")
    for command in (["runs"], ["status", "demo"], ["board", "demo"], ["forum", "demo"], ["journal", "tail", "demo"]):
        result = aarctl(*command)
        assert result.exit_code == 0, result.output


def test_a_replication_that_failed_is_said_on_the_board(aarctl: Aarctl, runs: Runs) -> None:
    failed = e.ReplicationFinished(submission="s2", outcome="failed", error=e.head_of("Traceback\nValueError: no"))
    runs.make("demo", *opening(), *working(), failed, *closing())
    shown = aarctl("board", "demo").stdout
    assert "replication failed" in " ".join(shown.split())
    assert "s2: replication failed: ValueError: no" in shown
