"""The editor and the notebook on a real workspace: every change once, and a mistake is an answer."""

from __future__ import annotations

import pytest

from aarctl.tools.notebook import MAX_CHARS, PATH
from aarctl.tools.tool import OUTPUT_CHARS

from .conftest import Bench


async def test_a_file_is_created_changed_and_viewed(either_bench: Bench) -> None:
    bench = either_bench
    assert (
        "wrote a/b.txt: 2 lines" in (await bench.use("files", action="create", path="a/b.txt", text="one\ntwo\n")).text
    )
    changed = await bench.use("files", action="replace", path="/workspace/a/b.txt", old="two", text="three")
    assert changed.ok and "     2\tthree" in changed.text
    assert (await bench.use("files", action="insert", path="a/b.txt", line=2, text="four\nfive")).ok
    seen = await bench.use("files", action="view", path="a/b.txt", first=2, last=3)
    assert seen.data == {"text": "three\nfour\n"}
    assert seen.text == "a/b.txt, lines 2 to 3 of 4\n     2\tthree\n     3\tfour"


async def test_writing_a_file_whole_says_what_was_there(bench: Bench) -> None:
    await bench.use("files", action="create", path="a.txt", text="one\ntwo")
    again = await bench.use("files", action="create", path="a.txt", text="other\n")
    assert again.ok and "1 line in place of the 2 that were there" in again.text
    assert "held already" in (await bench.use("files", action="create", path="a.txt", text="other\n")).text


async def test_a_script_that_is_changed_stays_executable(bench: Bench) -> None:
    await bench.use("files", action="create", path="x.sh", text="#!/bin/sh\necho one\n")
    assert "denied" in (await bench.use("shell", command="./x.sh")).text
    await bench.use("shell", command="chmod +x x.sh")
    assert (await bench.use("files", action="replace", path="x.sh", old="one", text="two")).ok
    assert (await bench.use("shell", command="./x.sh")).text.startswith("two")


async def test_a_change_that_is_made_again_after_a_crash_is_made_once(bench: Bench) -> None:
    await bench.use("files", action="create", path="a.txt", text="one\n")
    calls = [
        ("c1", "files", {"action": "insert", "path": "a.txt", "line": 1, "text": "two"}),
        ("c2", "files", {"action": "replace", "path": "a.txt", "old": "one", "text": "one one"}),
        ("c3", "notebook", {"action": "append", "text": "vanilla is .24"}),
        ("c4", "shell", {"command": "echo three >> a.txt"}),
        ("c5", "files", {"action": "create", "path": "b.txt", "text": "b\n"}),
        ("c6", "shell", {"command": "echo more >> b.txt"}),
    ]
    for _ in range(2):  # a turn whose end was lost: all of its calls are made again
        for call, tool, args in calls:
            assert (await bench.call(call, tool, args)).ok
    assert await bench.sandbox().get("a.txt") == b"one one\ntwo\nthree\n"
    assert await bench.sandbox().get("b.txt") == b"b\nmore\n"
    assert await bench.sandbox().get(PATH) == b"vanilla is .24\n"


async def test_a_long_file_is_viewed_in_parts(bench: Bench) -> None:
    await bench.use("shell", command="seq 10000 > long.txt")
    first = await bench.use("files", action="view", path="long.txt")
    assert len(first.text) <= OUTPUT_CHARS and "for more, view it again with first=" in first.text
    start = int(first.text.split("first=")[1].split("\n")[0])
    rest = await bench.use("files", action="view", path="long.txt", first=start, last=start)
    assert rest.data == {"text": f"{start}\n"}
    outside = await bench.use("files", action="view", path="long.txt", first=10001)
    assert not outside.ok and "has 10000 lines" in outside.text


async def test_a_folder_is_listed_two_levels_deep(either_bench: Bench) -> None:
    bench = either_bench
    await bench.use("shell", command="mkdir -p m/deep/deeper .git e; echo x > m/deep/deeper/no; echo abc > m/a.py")
    listed = await bench.use("files", action="view", path=".")
    assert "/workspace is a folder" in listed.text and "  m/a.py  4 bytes" in listed.text
    assert "deeper" not in listed.text and ".git" not in listed.text and ".aarctl" not in listed.text
    assert "m/deep/deeper/" not in listed.text
    assert "deeper/no  2 bytes" in (await bench.use("files", action="view", path="m/deep")).text
    assert (await bench.use("files", action="view", path="e")).text == "e is a folder, and empty"


async def test_what_is_no_text_or_too_long_is_refused_with_what_to_do(bench: Bench) -> None:
    await bench.use(
        "shell", command=r"printf '\xff\xfe' > b; printf 'a\0b' > n; truncate -s 20M huge; ln -s b l; : > e"
    )
    for path, said in (("b", "no UTF-8 text"), ("n", "no UTF-8 text"), ("huge", "sed -n"), ("l", "not a regular file")):
        for action in ("view", "replace"):
            result = await bench.use("files", action=action, path=path, old="a", text="b")
            assert not result.ok and (action == "replace" or said in result.text), result.text
    assert (await bench.use("files", action="view", path="e")).text == "e is empty"
    missing = await bench.use("files", action="view", path="missing.py")
    assert not missing.ok and "there is no file missing.py" in missing.text
    folder = await bench.use("files", action="create", path=".", text="x")
    assert not folder.ok and "name a file in it" in folder.text


@pytest.mark.parametrize(
    "path", ["../r2/secret", "/etc/passwd", "a/../../x", "\0", "/workspaces/x", "a" * 300, "b/" * 99]
)
async def test_no_path_leads_out_of_the_workspace_or_breaks_anything(bench: Bench, path: str) -> None:
    for action in ("view", "create", "replace", "insert"):
        assert not (await bench.use("files", action=action, path=path, text="x", old="y")).ok


async def test_a_name_that_begins_with_dots_is_a_name(bench: Bench) -> None:
    assert (await bench.use("files", action="create", path="..a/ -b", text="x")).ok
    assert "..a/ -b" in (await bench.use("files", action="view", path="/workspace")).text


async def test_the_notebook_is_read_added_to_and_written_anew(bench: Bench) -> None:
    assert (await bench.use("notebook", action="read")).text == "the notebook is empty"
    for entry in ("x1: .24", "x2: .51"):
        assert (await bench.use("notebook", action="append", text=entry)).ok
    assert (await bench.use("notebook", action="read")).data == {"text": "x1: .24\n\nx2: .51\n"}
    assert (await bench.use("notebook", action="rewrite", text="all told: prior")).ok
    assert "all told: prior" in (await bench.use("notebook", action="read")).text
    assert not (await bench.use("notebook", action="append", text=" ")).ok


async def test_a_full_notebook_is_to_be_rewritten_and_loses_nothing(bench: Bench) -> None:
    assert (await bench.use("notebook", action="rewrite", text="x" * MAX_CHARS)).ok
    refused = await bench.use("notebook", action="append", text="one more")
    assert not refused.ok and "rewrite it, shorter" in refused.text
    assert len((await bench.use("notebook", action="read")).data["text"]) == MAX_CHARS
