"""The stage: who may come in, and that the play reaches the real SDK as a model's answers would."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from urllib.parse import urlsplit

import anthropic
import pytest

from aarctl.minds.rehearsal import Rehearsal, steps
from aarctl.minds.rehearsal.words import PHRASES, listed

HELLO = {"max_tokens": 1_000, "messages": [{"role": "user", "content": "Go on."}]}


async def test_any_model_is_played_and_nobody_comes_in_without_the_key_of_this_stage() -> None:
    async with Rehearsal(delay_s=0.001) as stage, Rehearsal(delay_s=0) as other:
        assert urlsplit(stage.url).hostname == "127.0.0.1" and stage.key != other.key and stage.url != other.url
        assert stage.key not in repr(stage)
        async with anthropic.AsyncAnthropic(api_key=stage.key, base_url=stage.url, max_retries=0) as sdk:
            for model in ("claude-opus-5-5", "anything-at-all"):
                async with sdk.messages.stream(model=model, **HELLO) as stream:  # type: ignore[arg-type]
                    message = await stream.get_final_message()
                assert message.model == model and message.stop_reason == "end_turn"
            stranger = sdk.with_options(api_key=other.key)
            with pytest.raises(anthropic.AuthenticationError):
                await stranger.messages.create(model="m", stream=True, **HELLO)  # type: ignore[call-overload]


async def test_thoughts_come_as_they_were_asked_for() -> None:
    kinds = {}
    async with (
        Rehearsal(delay_s=0) as stage,
        anthropic.AsyncAnthropic(api_key=stage.key, base_url=stage.url, max_retries=0) as sdk,
    ):
        tools = [{"name": "shell", "description": "x", "input_schema": {"type": "object"}}]
        for display in ("summarized", "omitted", None):
            more = {"thinking": {"type": "adaptive", "display": display}} if display else {}
            async with sdk.messages.stream(model="m", tools=tools, **HELLO, **more) as stream:  # type: ignore[arg-type]
                first = (await stream.get_final_message()).content[0]
            kinds[display] = (first.type, bool(getattr(first, "thinking", "")))
    assert kinds == {"summarized": ("thinking", True), "omitted": ("thinking", False), None: ("text", False)}


def test_every_phrase_that_a_step_says_exists_and_every_phrase_is_said() -> None:
    """With what is filled in: a name that is left open would break an answer in the middle of a day."""
    said: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(Path(steps.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            about = node.args[0]
            assert isinstance(about, ast.Constant)
            said.setdefault(about.value, {word.arg for word in node.keywords if word.arg})
    assert said.keys() == PHRASES.keys()
    for about, ways in PHRASES.items():
        open_names = {name for way in ways for _, name, _, _ in string.Formatter().parse(way) if name}
        assert open_names <= said[about], about


def test_a_list_in_words() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
