"""Submitting: what is judged is copied out at once, and nothing else is believed."""

from __future__ import annotations

import json

from .conftest import Bench

STUDENT = "mkdir -p {out} && echo '{{\"seed\": {seed}}}' > {out}/student.json && echo weights > {out}/model.safetensors"


async def prepare(bench: Bench, *students: tuple[str, int]) -> None:
    await bench.use("files", action="create", path="m/method.py", text="def train(task, seed, out): ...\n")
    for out, seed in students:
        assert (await bench.use("shell", command=STUDENT.format(out=out, seed=seed))).ok


async def test_students_are_copied_and_later_changes_do_not_count(bench: Bench) -> None:
    await prepare(bench, ("a", 5))
    result = await bench.use("submit", method="m/method.py", students=["a"], name="mine", claimed=0.5)
    assert result.ok and result.data["left"] == 0
    await bench.use("shell", command="echo other > a/model.safetensors")
    one = bench.journal.state.submissions["s1"]
    kept = bench.context().run.root / one.students[0].path
    assert (kept / "model.safetensors").read_text() == "weights\n"
    assert json.loads((kept / "student.json").read_text()) == {"seed": 5}
    assert (one.claimed, one.method, one.state) == (0.5, "mine", "claimed")


async def test_the_budget_of_submissions_is_kept(bench: Bench) -> None:
    await prepare(bench, ("a", 5))
    assert (await bench.use("submit", method="m/method.py", students=["a"], name="mine")).ok
    refused = await bench.use("submit", method="m/method.py", students=["a"], name="mine")
    assert not refused.ok and "1 of 1" in refused.text


async def test_more_students_than_the_run_takes_are_refused(bench: Bench) -> None:
    await prepare(bench, ("a", 5), ("b", 5))
    refused = await bench.use("submit", method="m/method.py", students=["a", "b"], name="mine")
    assert not refused.ok and "at most 1" in refused.text


async def test_a_student_that_is_a_link_out_of_the_sandbox_is_refused(bench: Bench) -> None:
    await prepare(bench, ("a", 5))
    await bench.use("shell", command="ln -sf /etc/passwd a/model.safetensors")
    refused = await bench.use("submit", method="m/method.py", students=["a"], name="mine")
    assert not refused.ok
    assert not bench.journal.state.submissions


async def test_a_claim_that_is_no_number_is_refused(bench: Bench) -> None:
    await prepare(bench, ("a", 5))
    for claimed in (float("nan"), float("inf"), 1e9):
        refused = await bench.use("submit", method="m/method.py", students=["a"], name="mine", claimed=claimed)
        assert not refused.ok


async def test_a_student_without_its_declaration_is_refused_with_the_way_to_write_one(bench: Bench) -> None:
    await prepare(bench)
    await bench.use("shell", command="mkdir a; echo '[]' > a/student.json; echo w > a/model.safetensors")
    refused = await bench.use("submit", method="m/method.py", students=["a"], name="mine")
    assert not refused.ok and "save_student" in refused.text


async def test_name_and_tags_are_kept_in_one_line_as_they_are_compared(bench: Bench) -> None:
    await prepare(bench, ("a", 5))
    result = await bench.use("submit", method="m", students=["a"], name=" my\nmethod ", tags=["Prior", "prior"])
    assert result.ok and "you have 0 submissions left" in result.text
    one = bench.journal.state.submissions["s1"]
    assert (one.method, one.tags) == ("my method", ["prior"])
    assert not (await bench.use("submit", "r2", method="m", students=["a"], name=" \n")).ok
