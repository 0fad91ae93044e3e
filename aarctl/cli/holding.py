"""`aarctl pause | freeze | resume | stop`: holding a run, or one researcher, and letting go again."""

from __future__ import annotations

from typing import Annotated

import typer

from .command import AsJson, RunName, Wait, Whom, submit


def pause(run: RunName, researcher: Whom = None, wait: Wait = None, as_json: AsJson = False) -> None:
    """Pause the fleet, or one researcher.

    It stops at the next safe point, the end of a turn. Running experiments finish, waiting ones get no slot. A
    researcher paused alone stays so when the fleet resumes.
    """
    submit(run, "pause", researcher or "", wait=wait, as_json=as_json)


def freeze(
    run: RunName,
    researcher: Whom = None,
    release: Annotated[
        bool, typer.Option("--release", help="Kill running experiments and queue them again: their slots are free.")
    ] = False,
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Stop the fleet, or one researcher, this instant.

    An open answer of a model is broken off and paid for as far as it came, every process in the sandbox stands still,
    and experiments keep their slots and their memory. Frozen time counts against no budget. `aarctl resume` lets go.
    """
    args = {"release": "yes"} if release else {}
    submit(run, "freeze", researcher or "", wait=wait, as_json=as_json, **args)


def resume(run: RunName, researcher: Whom = None, wait: Wait = None, as_json: AsJson = False) -> None:
    """Let a paused, frozen or blocked fleet or researcher go on.

    Whoever is held alone stays so when the fleet resumes. A run that was stopped, or lost its supervisor, goes on with
    `aarctl run --resume RUN`.
    """
    submit(run, "resume", researcher or "", wait=wait, as_json=as_json)


def stop(run: RunName, researcher: Whom = None, wait: Wait = None, as_json: AsJson = False) -> None:
    """End a run, or one researcher, at the next safe point.

    What is frozen ends where it is. Nothing is lost of a run: `aarctl run --resume RUN` goes on from there. One
    researcher's experiments go on; `aarctl retire` ends those too.
    """
    submit(run, "stop", researcher or "", wait=wait, as_json=as_json)
