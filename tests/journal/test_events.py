"""Kinds, their rows and their texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal.errors import JournalError
from aarctl.journal.events import EMPTY, HEAD_BYTES, KINDS, Event, UnknownEvent, clean, decode, encode, head_of, kind_of

from .strategies import events

EVER_WRITTEN = [
    "budget.changed", "budget.exceeded", "budget.reserved", "budget.settled", "chapter.opened", "command.acknowledged",
    "command.effective", "command.refused", "command.requested", "egress.attempted", "experiment.cancelled",
    "experiment.finished",
    "experiment.leased", "experiment.moved", "experiment.queued", "experiment.released", "flag.raised", "forum.posted",
    "forum.read", "model.cancelled", "model.completed", "model.failed", "model.requested",
    "model.unknown_outcome", "pause.reached", "person.told", "rate_limited", "sandbox.chosen", "replication.finished",
    "replication.started", "researcher.created", "researcher.state_changed", "round.opened", "run.closed",
    "run.opened", "sandbox.created", "sandbox.lost", "sandbox.removed", "snapshot.taken", "steer.delivered",
    "steer.queued", "submission.received", "submission.rejected", "submission.scored", "submission.withheld",
    "supervisor.recovered", "supervisor.started", "task.ready", "task.requested", "tool.completed",
    "tool.requested", "verdict.given",
]  # fmt: skip


def test_no_kind_that_was_ever_written_is_renamed_or_removed() -> None:
    assert set(EVER_WRITTEN) <= set(KINDS)
    assert len(EVER_WRITTEN) == 52


@given(events())
def test_every_kind_round_trips(event: Event) -> None:
    assert decode(encode(event)) == event
    assert KINDS[kind_of(event)] is type(event)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_carries_its_kind_and_every_kind_says_what_it_is(kind: str) -> None:
    assert KINDS[kind].__struct_config__.tag == kind
    assert KINDS[kind].__struct_config__.frozen
    assert KINDS[kind].__doc__


@pytest.mark.parametrize(
    "body", [b'{"kind":"run.exploded"}', b"{}", b"", b"\xff", b'{"kind":"forum.read","post":3}', b"[]"]
)
def test_a_body_of_no_known_kind_is_refused_with_the_next_step(body: bytes) -> None:
    with pytest.raises(UnknownEvent, match="journal verify") as caught:
        decode(body)
    assert isinstance(caught.value, JournalError)


def test_a_field_of_a_later_version_is_skipped() -> None:
    assert decode(b'{"kind":"forum.read","post":"p1","mood":"good"}') == KINDS["forum.read"](post="p1")


@given(st.text(alphabet=st.characters(), max_size=3000) | st.integers(1360, 1370).map(lambda n: "€" * n))
def test_a_head_is_cut_at_a_character_and_counts_the_whole(text: str) -> None:
    kept = head_of(text)
    assert kept.bytes == len(clean(text).encode())
    assert kept.chars == len(clean(text))
    assert len(kept.head.encode()) <= HEAD_BYTES
    assert clean(text).startswith(kept.head)
    assert kept.bytes - len(kept.head.encode()) < 4 or kept.bytes > HEAD_BYTES


@pytest.mark.parametrize("extra", range(4))
def test_no_half_character_is_left_at_the_cut(extra: int) -> None:
    kept = head_of("a" * (HEAD_BYTES - extra) + "😀" * 5)
    assert kept.head == "a" * (HEAD_BYTES - extra)
    assert not kept.whole


@pytest.mark.parametrize(
    ("dirty", "kept"),
    [("a\ud800b", "a\ufffdb"), ("\ufffd\ud800", "\ufffd\ufffd"), ("é\udcff", "é\ufffd"), ("\ud83d\ude00", "😀")],
)
def test_a_lone_surrogate_becomes_a_replacement_character_whatever_stands_beside_it(dirty: str, kept: str) -> None:
    assert head_of(dirty).head == kept
    assert head_of(dirty).bytes == len(kept.encode())


def test_a_cut_head_without_a_blob_does_not_pass_for_the_whole() -> None:
    assert not head_of("x" * (HEAD_BYTES + 1)).whole
    assert head_of("x" * HEAD_BYTES).whole
    assert EMPTY.whole
