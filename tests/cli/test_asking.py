"""Commands of a person's on the command line: what lands in the inbox, how it is told, and runs that are over."""

from __future__ import annotations

import msgspec
import pytest

from aarctl.cli import shapes
from aarctl.home import RunPaths
from aarctl.journal.events import CommandRequested, FlagRaised, head_of
from aarctl.journal.reader import JournalReader

from .conftest import EVIL, Aarctl, Runs, closing, opening, submitted, working


def asked(paths: RunPaths) -> list[CommandRequested]:
    """What a supervisor found in the inbox."""
    with JournalReader(paths.root) as reader:
        events = [record.event for record in reader.records(kinds=("command.requested",))]
    return [event for event in events if isinstance(event, CommandRequested)]


@pytest.mark.parametrize(
    ("words", "verb", "whom", "args"),
    [
        (("freeze", "demo"), "freeze", "", {}),
        (("freeze", "demo", "r1", "--release"), "freeze", "r1", {"release": "yes"}),
        (("add", "demo", "--direction", "the prior"), "add", "", {"direction": "the prior"}),
        (
            ("add", "demo", "--direction", "x", "--mind", "claude", "--model", "claude-opus-5"),
            "add", "", {"direction": "x", "mind": "claude", "model": "claude-opus-5"},
        ),
        (("retire", "demo", "r2"), "retire", "r2", {}),
        (("move", "demo", "x2"), "move", "", {"experiment": "x2"}),
        (("move", "demo", "x2", "--before", "x1"), "move", "", {"experiment": "x2", "before": "x1"}),
        (("cancel", "demo", "x2"), "cancel", "", {"experiment": "x2"}),
        (
            ("verdict", "demo", "s1", "accept", "--because", "it holds"),
            "verdict", "", {"submission": "s1", "verdict": "accept", "because": "it holds"},
        ),
        (("replicate", "demo", "s1"), "replicate", "", {"submission": "s1"}),
    ],
)  # fmt: skip
def test_a_command_lands_in_the_inbox_as_it_was_meant_and_is_told_when_it_is_done(
    aarctl: Aarctl, runs: Runs, words: tuple[str, ...], verb: str, whom: str, args: dict[str, str]
) -> None:
    paths = runs.make("demo", *opening())
    with runs.supervisor(paths):
        done = aarctl(*words, "--json")
    assert done.exit_code == 0, done.stderr
    found = msgspec.json.decode(done.stdout, type=shapes.Asked)
    assert (found.verb, found.researcher, found.state) == (verb, whom, "effective")
    (row,) = asked(paths)
    assert (row.verb, row.researcher, row.args) == (verb, whom, args)


@pytest.mark.parametrize(("whom", "steered"), [("r1,r2", ["r1", "r2"]), ("all", ["r1", "r2"]), ("r2, r2", ["r2"])])
def test_several_are_steered_in_the_same_words(aarctl: Aarctl, runs: Runs, whom: str, steered: list[str]) -> None:
    paths = runs.make("demo", *opening())
    with runs.supervisor(paths):
        done = aarctl("steer", "demo", whom, "look again", "--json")
    found = msgspec.json.decode(done.stdout, type=shapes.AskedAll)
    assert [(each.researcher, each.state) for each in found.asked] == [(name, "effective") for name in steered]
    assert [(row.researcher, row.args) for row in asked(paths)] == [(name, {"text": "look again"}) for name in steered]


def test_who_is_steered_with_others_must_exist_too(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    done = aarctl("steer", "demo", "r1,r7", "look again")
    assert done.exit_code == 1 and "r7" in done.stderr and "r1, r2" in done.stderr
    assert asked(paths) == []


@pytest.mark.parametrize(
    ("options", "args"),
    [
        (("--usd", "+5"), [{"what": "usd", "change": "+5"}]),
        (("--usd", "-2.5"), [{"what": "usd", "change": "-2.5"}]),
        (("--usd", "$1,000"), [{"what": "usd", "limit": "1000"}]),
        (("--turns", "none", "--tokens", "+1_000_000"), [
            {"what": "tokens", "change": "+1000000"}, {"what": "turns", "limit": "none"},
        ]),
    ],
)  # fmt: skip
def test_a_limit_is_set_moved_or_lifted(
    aarctl: Aarctl, runs: Runs, options: tuple[str, ...], args: list[dict[str, str]]
) -> None:
    paths = runs.make("demo", *opening())
    with runs.supervisor(paths):
        done = aarctl("budget", "demo", "r1", *options, "--wait", "20")
    assert done.exit_code == 0 and done.stdout.count("budget r1: done") == len(args)
    assert [row.args for row in asked(paths)] == args


def test_a_budget_is_only_read_when_no_limit_is_given(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    assert aarctl("budget", "demo").exit_code == 0 and asked(paths) == []
    done = aarctl("budget", "demo", "--wait", "3")
    assert done.exit_code == 2 and "--usd +5" in done.stderr


def test_a_refusal_of_one_of_several_fails_with_its_reason_once(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    with runs.supervisor(paths, refuse="it has ended"):
        done = aarctl("steer", "demo", "all", "hello", "--wait", "20")
    assert done.exit_code == 1 and done.stderr.strip() == "steer was refused: it has ended"


@pytest.mark.parametrize(
    "words",
    [
        ("verdict", "demo", "s1", "maybe", "--because", "x"),
        ("verdict", "demo", "s1", "accept"),
        ("add", "demo"),
        ("add", "demo", "--direction", " "),
    ],
)
def test_bad_usage_asks_for_nothing(aarctl: Aarctl, runs: Runs, words: tuple[str, ...]) -> None:
    runs.make("demo", *opening())
    assert aarctl(*words).exit_code == 2


def test_flags_are_listed_with_their_evidence_and_without_control_codes(aarctl: Aarctl, runs: Runs) -> None:
    raised = [
        FlagRaised(
            flag="f1", detector="loop", researcher="r1", submission="s1", text=head_of(EVIL + "\n" + "x" * 5000),
            seqs=[4, 7],
        ),
        FlagRaised(flag="f2", detector="disk", text=head_of("the disk is full")),
    ]  # fmt: skip
    runs.make("demo", *opening(), *submitted("s1", "r1", "vanilla", 0.2, 0.9), *raised)
    shown = aarctl("flags", "demo")
    assert shown.exit_code == 0 and "\x1b" not in shown.stdout and "4, 7" in shown.stdout and "the run" in shown.stdout
    found = msgspec.json.decode(aarctl("flags", "demo", "--json").stdout, type=shapes.Flags)
    assert [(row.flag, row.evidence, row.verdict) for row in found.flags] == [("f1", [4, 7], None), ("f2", [], None)]


def test_a_run_without_flags_says_so(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening())
    assert aarctl("flags", "demo").stdout == "no flags in demo\n"


# runs that are over ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["finished", "stopped", "failed"])
def test_a_verdict_opens_a_run_that_is_over_and_leaves_it_as_it_was(aarctl: Aarctl, runs: Runs, reason: str) -> None:
    ended = ["finished", "finished"] if reason == "finished" else []
    from aarctl.journal.events import ResearcherStateChanged

    paths = runs.make(
        "demo", *opening(), *[event for event in working() if getattr(event, "experiment", "") != "x2"],
        *(ResearcherStateChanged(researcher=f"r{n}", state=state) for n, state in enumerate(ended, 1)),
        *closing(reason, "as it was"),
    )  # fmt: skip
    paths.recipe.write_text(paths.recipe.read_text().replace('policy = "best-of-each"', 'policy = "none"'))
    done = aarctl("verdict", "demo", "s3", "accept", "--because", "it holds", "--json")
    assert done.exit_code == 0, done.stderr
    assert msgspec.json.decode(done.stdout, type=shapes.Asked).state == "effective"
    with JournalReader(paths.root) as reader:
        until_free(reader)
        state = reader.state()
    assert (state.status, state.note) == (reason, "as it was")
    assert (state.submissions["s3"].verdict, state.submissions["s3"].because) == ("accept", "it holds")


def until_free(reader: JournalReader) -> None:
    """Return once no supervisor holds the run."""
    import time

    deadline = time.monotonic() + 30
    while reader.supervised():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("words", [("freeze", "demo"), ("retire", "demo", "r1"), ("move", "demo", "x1")])
def test_what_needs_a_run_that_goes_on_is_not_asked_of_one_that_is_over(
    aarctl: Aarctl, runs: Runs, words: tuple[str, ...]
) -> None:
    runs.whole("demo")
    done = aarctl(*words)
    assert done.exit_code == 1 and "run demo is finished" in done.stderr


def test_a_stopped_run_is_not_opened_for_work(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening(), *closing("stopped"))
    done = aarctl("replicate", "demo", "s1")
    assert done.exit_code == 1 and "aarctl run --resume demo" in done.stderr
