"""docs/researchers.md is what researchers are told, or this fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from aarctl.minds.protocol import PERSON
from aarctl.recipe import load
from aarctl.supervisor.page import described, kind, page, split
from aarctl.tools import TOOLS, Tool

ROOT = Path(__file__).parents[2]
COMMAND = ["-m", "aarctl.supervisor.page", "recipes/paper-directions.toml", "r4"]


def test_the_page_is_what_the_program_says() -> None:
    made = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True, check=True, cwd=ROOT)
    kept = (ROOT / "docs" / "researchers.md").read_text()
    assert made.stdout == kept, f"regenerate it: python {' '.join(COMMAND)} > docs/researchers.md"


def test_the_page_holds_the_whole_prompt_and_what_a_person_says() -> None:
    nine = load(ROOT / "recipes" / "paper-directions.toml")
    text = page(nine, "r7")
    assert "You are r7, one of 9" in text and nine.researchers[6].direction in text and PERSON.strip() in text
    with pytest.raises(KeyError):
        page(nine, "r10")


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_every_tool_is_described_whole(tool: Tool) -> None:
    shown = described(tool)
    for name, about in tool.spec.schema["properties"].items():
        assert f"| `{name}` |" in shown and about.get("description", "").split("|")[0] in shown
        assert about.get("description"), f"{tool.name}.{name} has no description"


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_every_tool_ends_its_description_with_a_call_that_it_would_take(tool: Tool) -> None:
    msgspec.json.decode(split(tool.description)[1], type=tool.args)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 2000, "minLength": 1}, "text, at most 2,000 characters"),
        ({"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, "integer, 0 to 2,147,483,647"),
        ({"type": "integer", "minimum": 1}, "integer, 1 or more"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "number, above 0 to 1"),
        ({"anyOf": [{"type": "number", "minimum": -10, "maximum": 10}, {"type": "null"}]}, "number, -10 to 10"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 8}, "list of 0 to 8: text"),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"enum": ["fleet", "me"]}, "`fleet`, `me`"),
        ({"type": "boolean"}, "true or false"),
    ],
)
def test_a_type_is_said_in_words_with_its_bounds(schema: dict[str, object], words: str) -> None:
    assert kind(schema) == words
