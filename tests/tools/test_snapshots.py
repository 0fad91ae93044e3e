"""Code storage: immutable, content-addressed, shared."""

from __future__ import annotations

import pytest

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
    fetched = await bench.use("snapshots", "r2", action="fetch", snapshot=snapshot, path="got")
    assert fetched.data["files"] == ["method.py"]
    assert (await bench.use("files", "r2", action="view", path="got/method.py")).data["text"] == "a = 1\n"


async def test_students_and_caches_are_left_out(bench: Bench) -> None:
    await bench.use("shell", command="mkdir -p m/__pycache__; touch m/__pycache__/a.pyc m/model.safetensors")
    await bench.use("files", action="create", path="m/method.py", text="a = 1\n")
    taken = await bench.use("snapshots", action="share", path="m")
    assert "1 files" in taken.text


async def test_two_snapshots_are_compared(bench: Bench) -> None:
    one, two = await share(bench, "a = 1\n"), await share(bench, "a = 2\n")
    text = (await bench.use("snapshots", action="diff", snapshot=one, other=two)).text
    assert "-a = 1" in text and "+a = 2" in text


@pytest.mark.parametrize("wrong", ["", "../../etc", "zz" * 8, "0" * 16])
async def test_a_wrong_id_is_refused(bench: Bench, wrong: str) -> None:
    assert not (await bench.use("snapshots", action="fetch", snapshot=wrong)).ok
