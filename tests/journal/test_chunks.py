"""Sizes of events."""

from __future__ import annotations

from hypothesis import given

from aarctl.journal.chunks import chunk_of, texts_of, weight
from aarctl.journal.events import KINDS, Event, Text, head_of

from .making import post
from .strategies import events


def test_a_chunk_is_256_seqs() -> None:
    assert [chunk_of(seq) for seq in (1, 255, 256, 511, 512)] == [0, 0, 1, 1, 2]


def test_optional_texts_count_too() -> None:
    assert texts_of(KINDS["tool.completed"]) == ("output", "data")


def test_a_cut_text_weighs_what_its_row_holds() -> None:
    assert weight(post(1, "one\ntwo")) == (2, 7)
    assert weight(post(1, "line\n" * 2000)) == (820, 4096)
    assert head_of("line\n" * 2000).lines == 2001


@given(events())
def test_every_text_of_every_kind_is_weighed(event: Event) -> None:
    texts = [value for name in event.__struct_fields__ if isinstance(value := getattr(event, name), Text)]
    assert weight(event) == (sum(text.lines for text in texts), sum(len(text.head) for text in texts))
