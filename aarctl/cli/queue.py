"""`aarctl move | cancel`: the order of the queue of experiments, and what is no longer wanted in it."""

from __future__ import annotations

from typing import Annotated

import typer

from .command import AsJson, RunName, Wait, submit

Experiment = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Such as x12.")]


def move(
    run: RunName,
    experiment: Experiment,
    before: Annotated[
        str | None, typer.Option("--before", metavar="EXPERIMENT", help="In front of this one; else to the front.")
    ] = None,
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Move a waiting experiment in the queue.

    Slots are shared fairly between researchers whatever the order: it decides what each of them runs next, and who
    is first among those who have run as little.
    """
    args = {"experiment": experiment, **({"before": before} if before else {})}
    submit(run, "move", wait=wait, as_json=as_json, **args)


def cancel(run: RunName, experiment: Experiment, wait: Wait = None, as_json: AsJson = False) -> None:
    """End an experiment that runs, or take one that waits out of the queue.

    A replication whose run is cancelled counts as failed.
    """
    submit(run, "cancel", wait=wait, as_json=as_json, experiment=experiment)
