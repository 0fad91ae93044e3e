"""Commands to a run: how far they came, in words and in JSON."""

from __future__ import annotations

import msgspec
import pytest

from aarctl.cli import shapes
from aarctl.journal.reader import JournalReader

from .conftest import Aarctl, Runs, opening


@pytest.mark.parametrize(
    "asked", [("pause", "demo"), ("pause", "demo", "r1"), ("resume", "demo"), ("steer", "demo", "r1", "try the prior")]
)
def test_a_live_run_makes_a_command_effective(aarctl: Aarctl, runs: Runs, asked: tuple[str, ...]) -> None:
    paths = runs.make("demo", *opening())
    with runs.supervisor(paths):
        done = aarctl(*asked, "--json")
    assert done.exit_code == 0, done.stderr
    found = msgspec.json.decode(done.stdout, type=shapes.Asked)
    assert (found.verb, found.state, found.note) == (asked[0], "effective", f"did {asked[0]}")


def test_what_is_refused_fails_with_the_reason(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    with runs.supervisor(paths, refuse="r1 has ended"):
        done = aarctl("pause", "demo", "r1", "--wait", "20")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1 and "r1 has ended" in done.stderr


def test_without_a_supervisor_a_command_waits_and_says_so(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    done = aarctl("steer", "demo", "r1", "look at the prior")
    assert done.exit_code == 0 and "aarctl run --resume demo" in done.stdout
    with runs.supervisor(paths):
        pass
    with JournalReader(paths.root) as reader:
        assert reader.last_seq() > len(opening())


def test_a_steer_arrives_word_for_word(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    text = "try 'cross_fit' [bold]now[/bold]\nand\u202e then the prior"
    with runs.supervisor(paths):
        assert aarctl("steer", "demo", "r1", text, "--wait", "20").exit_code == 0
    with JournalReader(paths.root) as reader:
        (asked,) = (record.event for record in reader.records(kinds=("command.requested",)))
    assert asked.args == {"text": text}  # type: ignore[attr-defined]


def test_a_finished_run_takes_no_commands(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole("demo")
    done = aarctl("pause", "demo")
    assert done.exit_code == 1 and "finished" in done.stderr
