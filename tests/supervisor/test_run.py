"""A whole run, end to end: what its journal says afterwards."""

from __future__ import annotations

from collections import Counter

import pytest

from aarctl.home import Home, RunPaths
from aarctl.journal.events import ForumPosted, SubmissionScored, ToolCompleted, ToolRequested
from aarctl.journal.reader import JournalReader
from aarctl.journal.verify import verify
from tests.fakes.small_run import make_run, nobody_left, small_recipe, supervise_in_process_of_its_own

pytestmark = pytest.mark.xdist_group("whole-run")  # one worker makes the run that all of these look at


def test_a_run_goes_from_its_recipe_to_a_replicated_board(finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        state = reader.state()
    assert state.status == "finished"
    assert {one.researcher for one in state.submissions.values()} == {"r1", "r2", "r3"}
    for one in state.submissions.values():
        assert one.claimed is not None and one.released is not None and one.exact is not None
        assert one.replication == "replicated"
        assert set(one.replicated) == {"code", "math"}
        assert all(mean.lo <= mean.mean <= mean.hi for mean in one.replicated.values())
    assert not state.experiments


def test_every_tool_that_was_asked_for_was_answered_once(finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        events = [record.event for record in reader.records()]
    asked = Counter(event.call for event in events if isinstance(event, ToolRequested))
    answered = Counter(event.call for event in events if isinstance(event, ToolCompleted))
    assert asked == answered
    assert set(asked.values()) == {1}


def test_researchers_tell_each_other_what_they_found(finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        posts = [record.event for record in reader.records(kinds=("forum.posted",))]
    assert {post.author for post in posts if isinstance(post, ForumPosted)} == {"r1", "r2", "r3"}


def test_what_a_run_leaves_is_a_sound_journal_and_no_process(finished: RunPaths) -> None:
    assert verify(finished.root).events > 100
    assert nobody_left(finished.name)


def test_researchers_are_told_released_scores_only(finished: RunPaths) -> None:
    """Exact figures and those of replications are for people: no tool's answer holds them."""
    with JournalReader(finished.root) as reader:
        records = list(reader.records())
        secrets = set()
        for record in records:
            if isinstance(record.event, SubmissionScored):
                secrets |= {repr(record.event.exact.mean), *(repr(value) for value in record.event.per_seed)}
        for one in reader.state().submissions.values():
            secrets |= {repr(mean.mean) for mean in one.replicated.values()}
        told = [reader.text(r.event.output) for r in records if isinstance(r.event, ToolCompleted)]
        told += [reader.text(r.event.data) for r in records if isinstance(r.event, ToolCompleted) and r.event.data]
    assert len(secrets) > 6
    assert not [secret for secret in secrets for text in told if len(secret) > 6 and secret in text]


def test_the_same_recipe_on_one_home_gives_the_same_run(home: Home, finished: RunPaths) -> None:
    again = make_run(home, "again", small_recipe())
    assert supervise_in_process_of_its_own(home, "again").returncode == 0
    boards = []
    for paths in (finished, again):
        with JournalReader(paths.root) as reader:
            boards.append(reader.state().submissions)
    first, second = boards
    assert list(first) == list(second)
    for one, other in zip(first.values(), second.values(), strict=True):
        assert (one.method, one.snapshot, one.claimed) == (other.method, other.snapshot, other.claimed)
        assert one.released == other.released
        assert one.per_seed == other.per_seed
        assert one.replicated == other.replicated


def test_resuming_a_finished_run_changes_nothing_but_the_epoch(finished: RunPaths) -> None:
    """The command line does not even start a supervisor; see tests/cli."""
    with JournalReader(finished.root) as reader:
        assert reader.state().over
        assert not reader.supervised()
