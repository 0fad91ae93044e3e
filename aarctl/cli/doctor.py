"""`aarctl doctor`: what protection sandboxes really have on this machine, and the next step where more can be had."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from . import sandbox_shapes as shapes
from . import speak
from .command import AsJson

if TYPE_CHECKING:
    from ..sandbox.diagnosis import Diagnosis

WORDS = {"good": "ok", "weak": "weak", "missing": "NO", "none": "-"}
"""How the state of a finding reads."""


def doctor(as_json: AsJson = False) -> None:
    """Say what protection this machine gives.

    Starts a real sandbox of each kind, runs a command in it and removes it. Exit code 0: a run started now has isolated
    sandboxes; 1: it has not.
    """
    from ..home import Home

    home = Home.default()
    found = asyncio.run(examine(home.id if home.root.exists() else ""))
    if as_json:
        speak.dump(_shape(found))
    else:
        show(found)
    if not found.isolated:
        raise typer.Exit(1)


async def examine(home: str = "") -> Diagnosis:
    """Ask this machine, and try what it says."""
    from ..sandbox import survey
    from ..sandbox.diagnosis import diagnose

    facts, engine = await survey.gather()
    try:
        return diagnose(await survey.tried(facts, engine, home))
    finally:
        if engine is not None:
            engine.close()


def show(found: Diagnosis) -> None:
    """The diagnosis as a person reads it."""
    speak.say(f"{'' if found.isolated else 'UNSAFE: '}{found.protection}")
    speak.say(f"chosen: {found.why}")
    speak.say()
    rows = [(each.part, WORDS[each.state], each.here, each.next) for each in found.findings]
    speak.table(("", "", "here", "next step"), rows)


def _shape(found: Diagnosis) -> shapes.Doctor:
    return shapes.Doctor(
        isolated=found.isolated,
        backend=found.backend,
        why=found.why,
        protection=found.protection,
        findings=[
            shapes.Finding(part=each.part, state=each.state, here=each.here, next=each.next) for each in found.findings
        ],
    )
