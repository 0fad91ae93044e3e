"""A chapter as bytes: the same chapter the same bytes, and a longer one goes on from the shorter."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aarctl.minds.claude import Settings
from aarctl.minds.claude.wire import Wire
from aarctl.minds.protocol import Chapter, Message, TextBlock, Thinking, ToolAnswer, ToolSpec, ToolUse

SETTINGS = Settings()
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
answers = st.lists(
    st.builds(TextBlock, words)
    | st.builds(Thinking, words, st.sampled_from(["", "signed"]))
    | st.builds(lambda text: ToolUse(f"t{text}", "shell", {"what": text}), words),
    max_size=4,
).map(tuple)
parts = st.lists(
    st.builds(TextBlock, words.filter(str.strip)) | st.builds(lambda text: ToolAnswer("t", text), words),
    min_size=1,
    max_size=3,
).map(tuple)
histories = st.lists(st.tuples(parts, answers), max_size=6)


def chapter(messages: list[Message]) -> Chapter:
    """A chapter of these messages."""
    tools = (ToolSpec("shell", "Runs a command.", {"type": "object"}),)
    return Chapter("r1", ("r1",), "", 1, len(messages), "You are r1.", tools, messages)


def sent(wire: Wire, messages: list[Message]) -> list[dict[str, Any]]:
    """The messages of a request."""
    found: list[dict[str, Any]] = json.loads(wire.body(chapter(messages)))["messages"]
    return found


@given(histories)
def test_every_request_goes_on_from_the_last_and_remembering_changes_nothing(history: list[Any]) -> None:
    wire, messages, before = Wire(SETTINGS), [], b""
    for said, answered in history:
        messages.append(Message("user", said))
        body = wire.body(chapter(messages))
        assert body.startswith(before)
        assert body == Wire(SETTINGS).body(chapter(messages)) == wire.body(chapter(messages))
        messages.append(Message("assistant", answered))
        before = body.removesuffix(b"]}")
    assert sent(wire, messages)[-1]["role"] == "user"


@given(histories)
def test_no_part_is_empty_and_no_unsigned_thought_is_sent(history: list[Any]) -> None:
    messages = [one for said, answered in history for one in (Message("user", said), Message("assistant", answered))]
    for part in sent(Wire(SETTINGS), messages):
        assert part["content"]
        for block in part["content"]:
            assert block["type"] != "text" or block["text"].strip()
            assert block["type"] != "thinking" or block["signature"]


def test_a_users_part_that_grew_before_it_was_answered_is_written_anew() -> None:
    wire = Wire(SETTINGS)
    sent(wire, [Message("user", (TextBlock("One."),))])
    grown = sent(wire, [Message("user", (TextBlock("One."), TextBlock("Two.")))])
    assert [block["text"] for block in grown[0]["content"]] == ["One.", "Two."]


def test_answers_of_tools_stand_first_and_failures_are_marked() -> None:
    part = Message("user", (TextBlock("Mind the time."), ToolAnswer("t1", "no such file", ok=False)))
    first, second = sent(Wire(SETTINGS), [part])[0]["content"]
    assert first == {"type": "tool_result", "tool_use_id": "t1", "content": "no such file", "is_error": True}
    assert second == {"type": "text", "text": "Mind the time."}
