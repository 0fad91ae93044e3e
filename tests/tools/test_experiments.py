"""Experiments: queued by an event, followed by the journal, limited by the budget."""

from __future__ import annotations

import pytest

from aarctl.journal.events import ExperimentFinished, ExperimentLeased, ExperimentQueued, head_of
from aarctl.tools.experiments import LISTED

from .conftest import Bench

METHOD = "def train(task, seed, out): ...\n"


async def queued(bench: Bench, **args: object) -> str:
    await bench.use("files", action="create", path="m.py", text=METHOD)
    return str((await bench.use("experiments", action="queue", method="m.py", **args)).data["experiment"])


def over(name: str, outcome: str = "done", **more: object) -> ExperimentFinished:
    return ExperimentFinished(
        researcher="r1", experiment=name, outcome=outcome, exit_code=0, tail=head_of("bye"),
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


async def test_a_queued_experiment_stands_in_the_queue_with_its_command(bench: Bench) -> None:
    name = await queued(bench, seed=3, fraction=0.25)
    experiment = bench.journal.state.experiments[name]
    assert experiment.argv == ["aarctl-job", "m.py", "--seed", "3", "--out", f"students/{name}", "--fraction", "0.25"]
    assert experiment.researcher == "r1"


async def test_tags_are_kept_as_they_are_compared_and_missed_when_there_are_none(bench: Bench) -> None:
    tagged = await bench.use("experiments", action="queue", command="true", tags=["Zero-Shot", "zero-shot ", "mix"])
    (event,) = tagged.events
    assert isinstance(event, ExperimentQueued) and event.tags == ["zero-shot", "mix"]
    assert "no tags" not in tagged.text
    assert "no tags" in (await bench.use("experiments", action="queue", command="true")).text


async def test_a_method_that_is_not_there_is_known_before_the_queue(bench: Bench) -> None:
    result = await bench.use("experiments", action="queue", method="missing.py")
    assert not result.ok and "there is no file missing.py" in result.text
    assert not bench.journal.state.experiments


async def test_a_method_and_a_command_together_or_neither_are_refused(bench: Bench) -> None:
    for args in ({}, {"method": "m.py", "command": "true"}, {"command": " "}):
        assert "give either" in (await bench.use("experiments", action="queue", **args)).text


async def test_status_and_tail_follow_it_to_its_end(bench: Bench) -> None:
    name = await queued(bench, title="prior\nalone", tags=["prior"])
    assert (await bench.use("experiments", action="status")).text == f"{name} queued: prior alone [prior]"
    await bench.record(ExperimentLeased(researcher="r1", experiment=name, slot="cpu0"))
    assert (await bench.use("experiments", action="status")).data["experiments"][0]["state"] == "running"
    assert (await bench.use("experiments", action="tail", experiments=[name])).text == f"so far\n[{name} running]"
    await bench.record(over(name, result={"loss": 0.5}, device_s=12.0))
    shown = await bench.use("experiments", action="status", experiments=[name])
    (row,) = shown.data["experiments"]
    assert (row["state"], row["result"], row["device_s"]) == ("done", {"loss": 0.5}, 12.0)
    assert shown.text == f'{name} done: prior alone [prior]; 12 s on its slot; result {{"loss":0.5}}'
    assert (await bench.use("experiments", action="tail", experiments=[name])).text == f"bye\n[{name} done]"


async def test_nobody_cancels_or_sees_anothers(bench: Bench) -> None:
    name = await queued(bench)
    for action in ("cancel", "status", "tail"):
        refused = await bench.use("experiments", "r2", action=action, experiments=[name])
        assert not refused.ok and "of yours" in refused.text and "so far" not in refused.text
    assert (await bench.use("experiments", action="cancel", experiments=[name])).ok
    assert bench.journal.state.experiments[name].cancelled == "r1"
    again = await bench.use("experiments", action="cancel", experiments=[name])
    assert again.ok and not again.events


async def test_a_replication_under_ones_name_is_neither_seen_nor_cancelled(bench: Bench) -> None:
    """It runs on a domain and with seeds that its researcher must not know."""
    name = bench.journal.next_id("x")
    await bench.record(
        ExperimentQueued(
            researcher="r1", experiment=name, argv=["true"], out="", title="on math", purpose="replication",
            submission="s1", domain="math",
        )
    )  # fmt: skip
    for finished in (False, True):
        if finished:
            await bench.record(over(name, result={"secret": 1}))
        assert (await bench.use("experiments", action="status")).text == "you have no experiments"
        for action in ("status", "tail", "cancel"):
            refused = await bench.use("experiments", action=action, experiments=[name])
            assert not refused.ok and not refused.events and "math" not in refused.text


async def test_a_list_shows_the_open_ones_and_the_last_that_finished(bench: Bench) -> None:
    names = [bench.journal.next_id("x") for _ in range(LISTED + 10)]
    for name in names:
        await bench.record(ExperimentQueued(researcher="r1", experiment=name, argv=["true"], out="", title="t"))
    await bench.record(*(over(name, result={"words": "w" * 2_000}) for name in names[:-1]))
    listed = await bench.use("experiments", action="status")
    assert [row["experiment"] for row in listed.data["experiments"]] == names[9:]
    assert "9 earlier ones are over too" in listed.text
    first = await bench.use("experiments", action="status", experiments=[names[0]])
    assert "w" * 2_000 in first.text


@pytest.mark.parametrize("action", ["tail", "cancel"])
async def test_one_is_to_be_named_for_what_is_done_with_one(bench: Bench, action: str) -> None:
    for names in ([], ["x1", "x2"]):
        assert "exactly one" in (await bench.use("experiments", action=action, experiments=names)).text


async def test_the_budget_of_experiments_is_kept(bench: Bench) -> None:
    limit = bench.context().recipe.limits("r1").experiments
    assert limit is not None
    for left in range(limit - 1, -1, -1):
        assert f"{left} experiments left" in (await bench.use("experiments", action="queue", command="true")).text
    refused = await bench.use("experiments", action="queue", command="true")
    assert not refused.ok and f"{limit} of {limit}" in refused.text
    assert (await bench.use("experiments", "r2", action="queue", command="true")).ok
