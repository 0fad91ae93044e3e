"""`aarctl attach`, and bare `aarctl`: the control room on a run. Leaving it leaves the run going."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Annotated

import typer

from . import find, speak
from .command import RunName
from .errors import Failed

if TYPE_CHECKING:
    from ..home import RunPaths


def attach(
    run: RunName,
    readonly: Annotated[bool, typer.Option("--readonly", help="Look, but send no command.")] = False,
) -> None:
    """Open the control room on a run.

    Live while the run goes on, at its end when it is over. Leaving the room leaves the run going.
    """
    show(find.run(run), readonly=readonly)


def pick() -> None:
    """Pick a run and open it; the only run is opened at once."""
    from ..home import Home

    known = Home.default().runs()
    if not known and not speak.interactive():
        raise Failed("there are no runs yet; `aarctl run recipes/quickstart.toml` starts one")
    if len(known) == 1:
        return show(known[0])
    _needs_terminal("`aarctl runs` lists the runs")
    from ..tui.app import pick_run

    chosen = pick_run(known)
    return show(find.run(chosen.name)) if chosen is not None else None


def show(paths: RunPaths, *, readonly: bool = False) -> None:
    """The control room, and after it the closing words. Raises Failed without a terminal, or if the run failed."""
    _needs_terminal(f"`aarctl status {paths.name}` and `aarctl board {paths.name}` print the same")
    gc.disable()  # until the room is drawn: what is imported and built before stays, and looking through it costs 0.1 s
    from ..tui.app import open_room

    open_room(paths.root, readonly=readonly)
    from . import summary

    summary.after_room(paths)


def _needs_terminal(instead: str) -> None:
    if not speak.interactive():
        raise Failed(f"the control room needs a terminal; {instead}")
