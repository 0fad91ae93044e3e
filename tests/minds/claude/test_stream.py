"""Putting an answer together: whatever the pieces, the whole is the same; whatever is broken, it is said."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.minds.claude.answer import content_of, stop_of
from aarctl.minds.claude.stream import Answer, Malformed, read_object
from aarctl.minds.protocol import Chosen, Opaque, TextBlock, Thinking, ToolUse
from tests.fakes.messages_api import Block, Raw, Reply, Say, Think, Use, events

USAGE = {
    "input_tokens": 3, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 100,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 20},
}  # fmt: skip
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
blocks = st.lists(
    st.builds(Say, words)
    | st.builds(Think, words)
    | st.builds(Use, st.sampled_from(["shell", "forum"]), st.dictionaries(words, values, max_size=3))
    | st.builds(lambda data: Raw({"type": "redacted_thinking", "data": data}), words),
    max_size=6,
).map(tuple)


def stream(reply: Reply) -> list[tuple[str, str]]:
    """The (name, data) of a reply's events."""
    return [(name, json.dumps(event)) for name, event in events(reply, "msg_1", "m", USAGE, lambda text: f"s{text}")]


def heard(pieces: list[tuple[str, str]]) -> Answer:
    """An answer that was told all of them."""
    answer = Answer()
    for name, data in pieces:
        answer.hear(name, data)
    return answer


def meant(block: Block) -> Chosen | None:
    """What a block should come to; a tool's id aside."""
    match block:
        case Say(text):
            return TextBlock(text) if text.strip() else None
        case Think(text):
            return Thinking(text, f"s{text}")
        case Use(name, given_):
            return ToolUse("", name, given_)
        case Raw(inner):
            return Opaque(inner)


@given(blocks=blocks, piece=st.integers(1, 40))
def test_any_answer_in_any_pieces_comes_to_its_blocks(blocks: tuple[Block, ...], piece: int) -> None:
    answer = heard(stream(Reply(blocks, piece=piece)))
    content = content_of(answer, "r1-1")
    bare = [msgspec.structs.replace(one, id="", kept=None) if isinstance(one, ToolUse) else one for one in content]
    assert bare == [one for one in map(meant, blocks) if one is not None]
    assert answer.whole and answer.tokens().prompt == 123 and answer.tokens().cache_write_1h == 20
    assert stop_of(answer, content) == ("tool_use" if any(isinstance(one, ToolUse) for one in content) else "waiting")
    assert msgspec.json.decode(msgspec.json.encode(content), type=tuple[Chosen, ...]) == content


@given(blocks=blocks, piece=st.integers(1, 40), data=st.data())
def test_an_answer_that_ends_early_is_never_whole(blocks: tuple[Block, ...], piece: int, data: st.DataObject) -> None:
    whole = stream(Reply(blocks, piece=piece))
    answer = heard(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert not answer.whole and isinstance(answer.so_far(), str)


@given(blocks=blocks, data=st.data())
def test_a_missing_repeated_or_swapped_event_is_noticed_or_harmless(
    blocks: tuple[Block, ...], data: st.DataObject
) -> None:
    """Only the pieces of one text may be lost without notice: a stream does not number them."""
    pieces = [one for one in stream(Reply(blocks)) if one[0] not in ("ping", "content_block_delta", "message_delta")]
    at = data.draw(st.integers(0, len(pieces) - 1))
    other = data.draw(st.integers(0, len(pieces) - 1))
    kind = data.draw(st.sampled_from(["missing", "repeated", "swapped"]))
    broken = list(pieces)
    if kind == "missing":
        del broken[at]
    elif kind == "repeated":
        broken.insert(at, pieces[at])
    else:
        broken[at], broken[other] = broken[other], broken[at]
    end = stream(Reply(blocks))[-2]
    broken.insert(len(broken) - 1, end)
    if broken == [*pieces[:-1], end, pieces[-1]]:
        return
    try:
        answer = heard(broken)
    except Malformed:
        return
    assert not answer.whole


@given(data=st.text(max_size=80) | values.map(json.dumps), name=st.sampled_from(["message_start", "message_delta"]))
def test_any_data_at_all_is_understood_or_malformed(data: str, name: str) -> None:
    answer = heard([] if name == "message_start" else stream(Reply())[:1])
    try:
        answer.hear(name, data)
    except Malformed:
        pass


def test_events_that_nobody_knows_are_passed_over() -> None:
    pieces = stream(Reply((Say("Hello."),)))
    for at in range(len(pieces)):
        assert content_of(heard([*pieces[:at], ("news", "what?"), *pieces[at:]]), "") == (TextBlock("Hello."),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": "\\ud800x"}', {"a": "\ufffdx"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
    ],
)
def test_odd_arguments_are_read_so_that_the_journal_can_write_them(text: str, found: dict[str, Any]) -> None:
    assert read_object(text) == found and msgspec.json.decode(msgspec.json.encode(found)) == found


@pytest.mark.parametrize("text", ["", "[1]", '"x"', "{", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000])
def test_what_is_no_object_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read_object(text)


def test_two_tools_with_one_id_are_told_apart() -> None:
    answer = heard(stream(Reply((Use("shell", id="call_1"), Use("forum", id="call_1")))))
    first, second = content_of(answer, "r1-3")
    assert isinstance(first, ToolUse) and isinstance(second, ToolUse)
    assert (first.id, second.id, first.kept, second.kept) == ("r1-3-0", "r1-3-1", {"id": "call_1"}, None)


def test_unsigned_thinking_is_kept_for_people() -> None:
    """Other servers sign nothing; `wire` does not send it back."""
    pieces = [one for one in stream(Reply((Think("Hm."), Say("Yes.")))) if "signature_delta" not in one[1]]
    assert content_of(heard(pieces), "") == (Thinking("Hm.", ""), TextBlock("Yes."))
