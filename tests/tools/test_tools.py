"""What holds for every tool: it is described, its arguments are checked, and a mistake is an answer."""

from __future__ import annotations

import pytest

from aarctl.tools import TOOLS
from aarctl.tools.tool import shorten

from .conftest import Bench


def test_the_tools_are_those_of_the_design() -> None:
    assert list(TOOLS) == [
        "shell", "files", "notebook", "experiments", "forum", "snapshots", "submit", "board", "tell_person",
    ]  # fmt: skip


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_offers_a_schema_that_refuses_unknown_arguments(name: str) -> None:
    spec = TOOLS[name].spec
    assert spec.schema["type"] == "object" and spec.schema["additionalProperties"] is False
    assert len(spec.description) > 40


@pytest.mark.parametrize("name", TOOLS)
async def test_a_wrong_argument_is_answered_with_what_to_correct(bench: Bench, name: str) -> None:
    result = await bench.use(name, nonsense=1)
    assert not result.ok and not result.events
    assert "correct the arguments" in result.text


def test_a_long_answer_keeps_its_head_and_its_tail_and_counts_what_is_missing() -> None:
    text = "a" * 6_000 + "b" * 6_000
    short = shorten(text, 1_000)
    assert short.startswith("a" * 500) and short.endswith("b" * 500)
    assert "11,000 characters left out" in short


async def test_the_shell_says_how_a_command_ended(bench: Bench) -> None:
    fine = await bench.use("shell", command="echo hello; pwd")
    assert fine.ok and "hello" in fine.text and "[exit code 0]" in fine.text
    wrong = await bench.use("shell", command="exit 7")
    assert not wrong.ok and wrong.data == {"exit_code": 7, "timed_out": False}
    slow = await bench.use("shell", command="sleep 60", timeout_s=0.3)
    assert not slow.ok and "run long work as an experiment" in slow.text


async def test_a_file_is_created_changed_and_viewed(bench: Bench) -> None:
    assert (await bench.use("files", action="create", path="a/b.txt", text="one\ntwo\n")).ok
    assert (await bench.use("files", action="replace", path="a/b.txt", old="two", text="three")).ok
    assert (await bench.use("files", action="view", path="/workspace/a/b.txt")).data == {"text": "one\nthree\n"}
    again = await bench.use("files", action="replace", path="a/b.txt", old="two", text="three")
    assert again.ok and "already" in again.text  # the same call after a crash
    unclear = await bench.use("files", action="replace", path="a/b.txt", old="e", text="x")
    assert not unclear.ok and "exactly once" in unclear.text


@pytest.mark.parametrize("path", ["../r2/secret", "/etc/passwd", "a/../../x", "\0"])
async def test_no_path_leaves_the_workspace(bench: Bench, path: str) -> None:
    for action in ("view", "create"):
        assert not (await bench.use("files", action=action, path=path)).ok


async def test_the_notebook_is_kept_and_a_repeated_entry_is_written_once(bench: Bench) -> None:
    context = bench.context()
    for _ in range(2):  # the very same call twice, as after a crash
        from aarctl.tools import TOOLS as tools

        await tools["notebook"].call(context, {"action": "append", "text": "vanilla is .24"})
    text = (await bench.use("notebook", action="read")).data["text"]
    assert text.count("vanilla is .24") == 1


async def test_the_person_is_told_by_an_event(bench: Bench) -> None:
    result = await bench.use("tell_person", text="the weak labels look shifted")
    assert [event.text.head for event in result.events] == ["the weak labels look shifted"]  # type: ignore[attr-defined]
