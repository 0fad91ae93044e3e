"""docs/researchers.md, generated: what a researcher is told, and every tool that it has.

    python -m aarctl.supervisor.page recipes/paper-directions.toml r4 > docs/researchers.md

A test regenerates it and compares, so the page cannot lag behind the code. With a recipe of yours it shows what your
own researchers will be told.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..journal.events import DomainFacts
from ..journal.state import Researcher, RunState
from ..minds.protocol import GO_ON, PERSON
from ..recipe import Recipe, load
from ..tools import TOOLS
from ..tools.tool import Tool
from . import chapters, notices
from .prompt import system_prompt

WEAK, CEILING = 0.72, 0.995
"""Accuracies for the example: those of a real run are measured when its task is built."""

EXAMPLE = "Example: "
"""How the end of a tool's description begins: a call as a model might make it, as JSON."""


def page(recipe: Recipe, researcher: str) -> str:
    """The whole page. Raises KeyError when the recipe has no such researcher."""
    facts = DomainFacts(domain=recipe.task.feedback, weak=WEAK, ceiling=CEILING, test_items=0)
    state = RunState(feedback=recipe.task.feedback, domains=[facts])
    for one in recipe.researchers:
        state.researchers[one.id] = Researcher(id=one.id, mind=one.mind, model="", direction=one.direction)
    parts = [
        HEAD.format(recipe=recipe.name, researcher=researcher, weak=WEAK, ceiling=CEILING),
        _fenced(system_prompt(recipe, state, researcher)),
        _later(),
        TOOLS_HEAD,
        *(described(tool) for tool in TOOLS.values()),
    ]
    return "\n".join(parts)


def described(tool: Tool) -> str:
    """One tool: its description as the model reads it, its arguments as a table, the example that it ends with."""
    spec = tool.spec
    needed = spec.schema.get("required", [])
    rows = [
        f"| `{name}` | {kind(about)} | {'needed' if name in needed else _default(about)} | {_cell(about)} |"
        for name, about in spec.schema["properties"].items()
    ]
    table = ["| argument | type | default | meaning |", "|---|---|---|---|", *rows, ""]
    words, call = split(spec.description)
    quoted = [f"> {line}".rstrip() for line in words.splitlines()]
    example = ["Example:\n", f"```json\n{msgspec.json.format(call)}\n```\n"] if call else []
    return "\n".join([f"## {tool.name}\n", *quoted, "", *table, *example])


def split(description: str) -> tuple[str, str]:
    """A tool's description without its example, and the example on one line, wherever the lines were broken."""
    words, _, call = description.partition(EXAMPLE)
    return words.strip(), " ".join(call.split())


def kind(about: Mapping[str, Any]) -> str:
    """The type of an argument in words, from its JSON schema, with what bounds it."""
    if about.get("anyOf"):
        return " or ".join(kind({**about, "anyOf": None, **each}) for each in about["anyOf"] if each["type"] != "null")
    if "enum" in about:
        return ", ".join(f"`{each}`" for each in about["enum"])
    if about["type"] == "array":
        many = f"{about.get('minItems', 0)} to {about['maxItems']}: " if "maxItems" in about else ""
        return f"list of {many}{kind(about['items'])}"
    word = {"string": "text", "boolean": "true or false", "integer": "integer", "number": "number"}[about["type"]]
    if "maxLength" in about:
        return f"{word}, at most {about['maxLength']:,} characters"
    low, high = about.get("minimum", about.get("exclusiveMinimum")), about.get("maximum")
    if low is None:
        return word if high is None else f"{word}, at most {_figure(high)}"
    above = f"above {_figure(low)}" if "exclusiveMinimum" in about else _figure(low)
    return f"{word}, {above} or more" if high is None else f"{word}, {above} to {_figure(high)}"


def _figure(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:,}"


def _default(about: Mapping[str, Any]) -> str:
    default = about.get("default")
    return "" if default in (None, "", []) else f"`{msgspec.json.encode(default).decode()}`"


def _cell(about: Mapping[str, Any]) -> str:
    return " ".join(str(about.get("description", "")).split()).replace("|", "\\|")


def _later() -> str:
    """What may stand in the history later, word for word."""
    told = {
        "A message of yours (a steer), at the next turn, followed by your words": PERSON.strip(),
        "Something of its own is done": "News:\n- x12: done\n- s3: scored, PGR 0.41 [0.28, 0.54] on code",
        "You changed a budget, its own or the fleet's": f"{notices.CHANGED}\n- usd, for you: 30 in all",
        "It waits, and has nothing to wait for": notices.NOTHING_UNDER_WAY,
        "A call failed again and again": notices.LOOP.format(calls=f"shell ({notices.TOLD_AT} times)"),
        "Its answer was too long": notices.CUT,
        "Its answer was refused by the model's service": notices.REFUSED,
        "Its history is nearly full": chapters.CLOSING.format(tokens="175,000"),
        "A new chapter begins": chapters.OPENING.format(
            chapter=2, parts="(your messages, its notebook, the record and its summary, each under a heading)"
        ),
    }
    return LATER.format(go_on=GO_ON) + "\n".join(f"{when}:\n\n{_fenced(words)}" for when, words in told.items())


def _fenced(text: str) -> str:
    return f"````text\n{text.rstrip()}\n````\n"


HEAD = """# What a researcher sees

Generated from the program by `python -m aarctl.supervisor.page RECIPE RESEARCHER`, which shows it for a recipe of yours
too; a test compares. Nothing else is ever told to a Claude researcher but what its tools answer. All of it is in the
journal, byte for byte: the prompt and the tools in `chapter.opened`, everything later in its own event.

# The prompt

As `{researcher}` of `recipes/{recipe}.toml` is told. The accuracies ({weak}, {ceiling}) stand for those that are
measured when the task is built. `[prompt]` of a recipe adds words of yours, as they are.
"""

LATER = """# What comes later

The first message is "{go_on}", and so is any other where there is nothing to say. The rest is added when there is a
reason to.

"""


TOOLS_HEAD = """# Tools

Each is offered with the description and the arguments below. What is wrong with a call comes back as its answer, with
what to do instead.
"""


def main(argv: list[str]) -> str:
    """The page for a recipe's path and a researcher's id."""
    path, researcher = argv
    return page(load(Path(path)), researcher)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
