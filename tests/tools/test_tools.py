"""What holds for every tool: it is described, its arguments are checked, and a mistake is an answer."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aarctl.sandbox.protocol import SandboxError
from aarctl.tools import TOOLS
from aarctl.tools.tool import OUTPUT_CHARS, plain, shorten, tidy_tags

from .conftest import Bench

UNDERSTOOD = {
    "type", "properties", "required", "additionalProperties", "description", "enum", "default", "items", "anyOf",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
}  # fmt: skip


def test_the_tools_are_those_of_the_design() -> None:
    assert list(TOOLS) == [
        "shell", "files", "notebook", "experiments", "forum", "snapshots", "submit", "board", "tell_person",
    ]  # fmt: skip


def keywords(schema: Any) -> set[str]:
    """Every keyword of a JSON schema, at any depth."""
    found = set()
    for key, value in schema.items():
        found.add(key)
        if key == "properties":
            found |= {word for one in value.values() for word in keywords(one)}
        elif key == "items":
            found |= keywords(value)
        elif key == "anyOf":
            found |= {word for one in value for word in keywords(one)}
    return found


@pytest.mark.parametrize("name", TOOLS)
def test_a_tools_schema_is_plain_small_the_same_each_time_and_refuses_unknown_arguments(name: str) -> None:
    spec = TOOLS[name].spec
    assert spec.schema["type"] == "object" and spec.schema["additionalProperties"] is False
    assert keywords(spec.schema) <= UNDERSTOOD
    assert msgspec.json.encode(spec) == msgspec.json.encode(TOOLS[name].spec)
    assert len(msgspec.json.encode(spec)) < 4_000 and "\n" not in spec.description


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_and_each_of_its_arguments_is_described(name: str) -> None:
    spec = TOOLS[name].spec
    assert len(spec.description) > 200
    silent = [field for field, one in spec.schema["properties"].items() if len(one.get("description", "")) < 15]
    assert silent == []


@pytest.mark.parametrize("name", TOOLS)
def test_the_example_in_a_description_is_one_that_the_tool_takes(name: str) -> None:
    example = TOOLS[name].spec.description.partition("Example: ")[2]
    msgspec.convert(json.loads(example), TOOLS[name].args)


@pytest.mark.parametrize("name", TOOLS)
async def test_a_wrong_argument_is_answered_with_what_to_correct(bench: Bench, name: str) -> None:
    result = await bench.use(name, nonsense=1)
    assert not result.ok and not result.events
    assert "correct the arguments" in result.text and f"{name}(" in result.text


async def test_a_wrong_action_is_answered_with_the_right_ones(bench: Bench) -> None:
    result = await bench.use("forum", action="shout")
    assert not result.ok and "action: list | post | read | reply | search" in result.text


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["\0", "\ud800", "x1", "t1", "p1", "r1", ".", "a" * 50_000, 10**400, -1, 1e308, "../x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2), max_leaves=4,
)  # fmt: skip


@given(st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
async def test_no_arguments_however_odd_are_more_than_a_mistake(bench: Bench, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in TOOLS if name != "shell"]))
    fields = TOOLS[name].spec.schema["properties"]
    args = {}
    for field in data.draw(st.lists(st.sampled_from(sorted(fields)), unique=True)):
        args[field] = data.draw(odd | st.sampled_from(fields[field].get("enum", ["x"])))
    try:
        result = await bench.use(name, **args)
    except SandboxError:
        return
    assert result.text and len(result.text) < 3 * OUTPUT_CHARS
    result.text.encode()
    msgspec.json.encode(result.data)


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("shell", {"command": "echo \0"}),
        ("files", {"action": "create", "path": "a", "text": "\ud800"}),
        ("notebook", {"action": "append", "text": "a\0"}),
        ("forum", {"action": "post", "title": "x", "text": "y", "tags": ["\udfff"]}),
        ("tell_person", {"text": "\0"}),
    ],
)
async def test_what_no_file_can_hold_is_refused_by_name(bench: Bench, tool: str, args: dict[str, Any]) -> None:
    result = await bench.use(tool, **args)
    assert not result.ok and not result.events and "leave it out" in result.text


def test_a_long_answer_keeps_its_head_and_its_tail_and_counts_what_is_missing() -> None:
    text = "a" * 6_000 + "b" * 6_000
    short = shorten(text, 1_000)
    assert short.startswith("a" * 500) and short.endswith("b" * 500)
    assert "11,000 characters left out" in short


@given(st.text())
def test_plain_text_stays_as_it_is_and_no_control_character_is_left(text: str) -> None:
    shown = plain(text)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in shown) and plain(shown) == shown
    assert plain("plain words\n\tin two lines") == "plain words\n\tin two lines"


def test_tags_that_differ_in_case_and_space_alone_are_one() -> None:
    assert tidy_tags(["Zero-Shot  Prior", "zero-shot prior ", " ", "mixture"]) == ["zero-shot prior", "mixture"]


async def test_the_person_is_told_by_an_event(bench: Bench) -> None:
    result = await bench.use("tell_person", text="the weak labels look shifted")
    assert [event.text.head for event in result.events] == ["the weak labels look shifted"]  # type: ignore[attr-defined]
    assert not (await bench.use("tell_person", text="\n")).ok
