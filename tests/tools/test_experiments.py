"""Experiments: queued by an event, followed by the journal, limited by the budget."""

from __future__ import annotations

from aarctl.journal.events import ExperimentFinished, ExperimentLeased, head_of

from .conftest import Bench

METHOD = "def train(task, seed, out): ...\n"


async def queued(bench: Bench, **args: object) -> str:
    await bench.use("files", action="create", path="m.py", text=METHOD)
    return str((await bench.use("experiments", action="queue", method="m.py", **args)).data["experiment"])


async def test_a_queued_experiment_stands_in_the_queue_with_its_command(bench: Bench) -> None:
    name = await queued(bench, seed=3, fraction=0.25)
    experiment = bench.journal.state.experiments[name]
    assert experiment.argv == ["aarctl-job", "m.py", "--seed", "3", "--out", f"students/{name}", "--fraction", "0.25"]
    assert experiment.researcher == "r1"


async def test_a_method_that_is_not_there_is_known_before_the_queue(bench: Bench) -> None:
    result = await bench.use("experiments", action="queue", method="missing.py")
    assert not result.ok and "there is no file missing.py" in result.text
    assert not bench.journal.state.experiments


async def test_status_and_tail_follow_it_to_its_end(bench: Bench) -> None:
    name = await queued(bench)
    assert (await bench.use("experiments", action="status")).data["experiments"][0]["state"] == "queued"
    await bench.record(ExperimentLeased(researcher="r1", experiment=name, slot="cpu0"))
    assert (await bench.use("experiments", action="status")).data["experiments"][0]["state"] == "running"
    await bench.record(
        ExperimentFinished(
            researcher="r1", experiment=name, outcome="done", exit_code=0, tail=head_of("bye"), result={"loss": 0.5}
        )
    )
    (row,) = (await bench.use("experiments", action="status", experiments=[name])).data["experiments"]
    assert (row["state"], row["result"]) == ("done", {"loss": 0.5})
    assert (await bench.use("experiments", action="tail", experiments=[name])).text == "bye"


async def test_a_running_ones_output_is_shown_as_far_as_it_goes(bench: Bench) -> None:
    assert (await bench.use("experiments", action="tail", experiments=["x9"])).text == "so far"


async def test_nobody_cancels_or_sees_anothers(bench: Bench) -> None:
    name = await queued(bench)
    assert not (await bench.use("experiments", "r2", action="cancel", experiments=[name])).ok
    assert not (await bench.use("experiments", "r2", action="status", experiments=[name])).ok
    assert (await bench.use("experiments", action="cancel", experiments=[name])).ok
    assert bench.journal.state.experiments[name].cancelled == "r1"


async def test_the_budget_of_experiments_is_kept(bench: Bench) -> None:
    limit = bench.context().recipe.limits("r1").experiments
    assert limit is not None
    for _ in range(limit):
        assert (await bench.use("experiments", action="queue", command="true")).ok
    refused = await bench.use("experiments", action="queue", command="true")
    assert not refused.ok and f"{limit} of {limit}" in refused.text
    assert (await bench.use("experiments", "r2", action="queue", command="true")).ok
