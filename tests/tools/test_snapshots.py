"""Code storage: immutable, content-addressed, shared."""

from __future__ import annotations

import pytest

from aarctl.journal.events import RoundOpened

from .conftest import Bench


async def share(bench: Bench, text: str, researcher: str = "r1") -> str:
    await bench.use("files", researcher, action="create", path="m/method.py", text=text)
    return str((await bench.use("snapshots", researcher, action="share", path="m")).data["snapshot"])


async def test_equal_trees_have_one_id_whoever_shares_them(bench: Bench) -> None:
    first = await share(bench, "a = 1\n")
    assert await share(bench, "a = 1\n", "r2") == first
    assert await share(bench, "a = 2\n") != first


async def test_another_researcher_fetches_what_was_shared_even_if_it_changed_since(bench: Bench) -> None:
    snapshot = await share(bench, "a = 1\n")
    await bench.use("files", action="create", path="m/method.py", text="a = 2\n")
    assert not (await bench.use("snapshots", "r2", action="fetch", snapshot=snapshot)).ok  # not before the next round
    await bench.record(RoundOpened(round=2))
    fetched = await bench.use("snapshots", "r2", action="fetch", snapshot=snapshot, path="got")
    assert fetched.data["files"] == ["method.py"]
    assert (await bench.use("files", "r2", action="view", path="got/method.py")).data["text"] == "a = 1\n"


async def test_students_and_caches_are_left_out(bench: Bench) -> None:
    await bench.use("shell", command="mkdir -p m/__pycache__; touch m/__pycache__/a.pyc m/model.safetensors")
    await bench.use("files", action="create", path="m/method.py", text="a = 1\n")
    taken = await bench.use("snapshots", action="share", path="m")
    assert "1 file," in taken.text


async def test_two_snapshots_are_compared(bench: Bench) -> None:
    one, two = await share(bench, "a = 1\n"), await share(bench, "a = 2\n")
    text = (await bench.use("snapshots", action="diff", snapshot=one, other=two)).text
    assert "-a = 1" in text and "+a = 2" in text
    assert (await bench.use("snapshots", action="diff", snapshot=one, other=one)).text == "they are the same"


async def test_a_snapshot_is_compared_with_ones_own_files(bench: Bench) -> None:
    one = await share(bench, "a = 1\n")
    await bench.use("shell", command="echo b = 3 >> m/method.py; echo new > m/more.py; printf '\\xff' > m/raw")
    text = (await bench.use("snapshots", action="diff", snapshot=one, path="m")).text
    assert "+b = 3" in text and "--- /dev/null\n+++ m/more.py" in text and "m/raw" in text
    assert "or a path of your own" in (await bench.use("snapshots", action="diff", snapshot=one)).text


async def test_snapshots_are_listed_newest_first_and_by_researcher(bench: Bench) -> None:
    first = await share(bench, "a = 1\n")
    await bench.use("snapshots", action="share", path="m/method.py", why="one\nfile")
    second = await share(bench, "a = 3\n", "r2")
    await bench.record(RoundOpened(round=2))
    listed = (await bench.use("snapshots", action="list")).data["snapshots"]
    assert [row["snapshot"] for row in listed][::2] == [second, first] and listed[1]["why"] == "one file"
    only = await bench.use("snapshots", action="list", researcher="r2")
    assert [row["snapshot"] for row in only.data["snapshots"]] == [second]
    assert "no snapshots of r9" in (await bench.use("snapshots", action="list", researcher="r9")).text


async def test_only_what_was_shared_can_be_fetched_whatever_else_is_stored(bench: Bench) -> None:
    """A text that looks like a manifest is no snapshot, though the run's blobs hold it."""
    manifest = bench.journal.blobs.put(b'{"files":[["x","' + b"0" * 64 + b'",1]]}')
    refused = await bench.use("snapshots", action="fetch", snapshot=manifest[:16])
    assert not refused.ok and "no snapshot has this id" in refused.text


@pytest.mark.parametrize("wrong", ["", "../../etc", "zz" * 8, "0" * 16])
async def test_a_wrong_id_is_refused(bench: Bench, wrong: str) -> None:
    assert not (await bench.use("snapshots", action="fetch", snapshot=wrong)).ok
