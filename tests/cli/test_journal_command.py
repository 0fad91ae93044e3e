"""`journal verify`, `journal tail` and the moments that `replay --at` can name."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from aarctl.cli import shapes
from aarctl.cli.errors import Failed
from aarctl.cli.replay import moment
from aarctl.journal.reader import JournalReader

from .conftest import Aarctl, Runs, closing, opening, working


def test_a_sound_journal_is_said_to_be_so_with_its_head(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.whole()
    found = msgspec.json.decode(aarctl("journal", "verify", "demo", "--json").stdout, type=shapes.Verification)
    with JournalReader(paths.root) as reader:
        assert (found.run, found.events, found.head) == ("demo", reader.last_seq(), reader.head())


def test_a_head_kept_elsewhere_still_verifies_after_the_run_went_on(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    with JournalReader(paths.root) as reader:
        kept = reader.head()
    runs.write(paths, *working(), *closing())
    assert aarctl("journal", "verify", "demo", "--expect", kept).exit_code == 0


def test_a_head_of_another_journal_fails(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    done = aarctl("journal", "verify", "demo", "--expect", "0" * 32)
    assert done.exit_code == 1
    assert "is not in this journal" in done.stderr
    assert aarctl("journal", "verify", "demo", "--expect", "nonsense").exit_code == 2


def test_tail_prints_one_json_object_a_line(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    lines = aarctl("journal", "tail", "demo", "--last", "3", "--json").stdout.splitlines()
    rows = [msgspec.json.decode(line, type=shapes.EventRow) for line in lines]
    assert [row.kind for row in rows] == ["replication.finished", "verdict.given", "run.closed"]
    assert rows[2].body == {"reason": "finished"}
    assert [row.seq for row in rows] == list(range(rows[0].seq, rows[0].seq + 3))


def test_tail_of_everything_has_no_gap(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    lines = aarctl("journal", "tail", "demo", "--last", "0").stdout.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))


def test_following_a_run_that_is_over_ends(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole()
    assert aarctl("journal", "tail", "demo", "--follow").exit_code == 0


def test_following_a_run_that_nobody_runs_ends_and_says_so(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening())
    done = aarctl("journal", "tail", "demo", "--follow")
    assert done.exit_code == 0
    assert done.stderr == "no supervisor runs demo: nothing more will come\n"


def test_a_moment_is_an_event_or_a_time(runs: Runs) -> None:
    paths = runs.whole()
    with JournalReader(paths.root) as reader:
        last = reader.last_seq()
        ended = datetime.fromtimestamp(reader.state().at / 1e6).astimezone()
        assert moment(reader, "7") == 7
        assert moment(reader, (ended + timedelta(seconds=1)).isoformat()) == last
        assert moment(reader, (ended + timedelta(seconds=1)).strftime("%H:%M:%S")) == last


@pytest.mark.parametrize(
    ("at", "said"),
    [("9999", "which has 1 to"), ("noon", "is no event and no time"), ("2020-01-01T00:00:00", "began later")],
)
def test_a_moment_that_is_not_there_is_refused_with_what_is(runs: Runs, at: str, said: str) -> None:
    with JournalReader(runs.whole().root) as reader, pytest.raises(Failed, match=said):
        moment(reader, at)
