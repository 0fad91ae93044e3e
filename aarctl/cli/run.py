"""`aarctl run`: a recipe becomes a run; its supervisor starts as a process of its own and we watch.

Whatever happens to this command or its terminal, the run goes on. An interrupt leaves it going and says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import find, models, speak, summary
from .errors import Failed

if TYPE_CHECKING:
    from ..home import Home, RunPaths
    from ..recipe import Recipe


def run(
    recipe: Annotated[Path | None, typer.Argument(metavar="RECIPE", help="A TOML file; see recipes/.")] = None,
    name: Annotated[str | None, typer.Option(metavar="RUN", help="Name of the run; else the recipe's.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with a run instead.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Print progress; open no control room.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start it, and do not watch.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="K=V", help="Change one value of the recipe; repeatable.")
    ] = None,
) -> None:
    """Start a run and watch it; or go on with one.

    On a terminal the control room opens, and closing it leaves the run going. With --headless, or where there is no
    terminal, progress is printed until the run is over, and then the board and the cost. With --detach the run is
    started and left alone.
    """
    if (recipe is None) == (resume is None):
        raise typer.BadParameter("give either a recipe or --resume RUN", param_hint="RECIPE")
    if resume is not None:
        if name or settings:
            raise typer.BadParameter("a run that goes on keeps its name and recipe", param_hint="--resume")
        return go_on(find.run(resume), headless, detach)
    assert recipe is not None
    from ..home import Home
    from ..recipe import load

    home = Home.default()
    chosen = load(recipe, settings or ())
    models.costs(chosen, home.root, str(recipe))  # a model without a price is better known here than in the run
    for each in models.missing(chosen, home.root):
        speak.warn(each)
    paths = create(home, chosen, name)
    from ..supervisor.launch import launch

    launch(home, paths.name)
    return leave(paths) if detach else watch(paths, headless, after=0, epoch=0)


def create(home: Home, recipe: Recipe, name: str | None) -> RunPaths:
    """Make the folder of a new run. Raises BadRunName; Failed when `name` is taken.

    The journal comes last and whole: a run that has one is complete.
    """
    from ..journal.store import create as create_journal
    from ..recipe import resolve

    paths = home.run(name or recipe.name)
    number = 1
    while True:
        try:
            paths.make()
            break
        except FileExistsError:
            if name:
                raise Failed(
                    f"run {name!r} exists; `aarctl run --resume {name}` goes on with it, "
                    "another --name starts a new one"
                ) from None
            number += 1
            paths = home.run(f"{recipe.name}-{number}")
    paths.recipe.write_text(resolve(recipe), encoding="utf-8")
    create_journal(paths.root)
    return paths


def go_on(paths: RunPaths, headless: bool, detach: bool = False) -> None:
    """Start a supervisor for a run that has none and is not finished; then watch, unless it is to be left alone."""
    from ..home import Home
    from ..supervisor.launch import launch

    with find.reader(paths.name) as reader:
        state, supervised = reader.state(), reader.supervised()
    if supervised:
        speak.say(f"{paths.name} runs already{'' if detach else '; here it is'}")
        return None if detach else watch(paths, headless, after=state.seq, epoch=state.epoch - 1)
    if state.status == "finished":
        return speak.say(f"{paths.name} is finished; `aarctl board {paths.name}` shows what came of it")
    launch(Home.default(), paths.name)
    return leave(paths) if detach else watch(paths, headless, after=state.seq, epoch=state.epoch)


def leave(paths: RunPaths) -> None:
    """Say how to come back."""
    name = paths.name
    speak.say(f"{name} goes on by itself; `aarctl attach {name}` shows it, `aarctl stop {name}` ends it")


def watch(paths: RunPaths, headless: bool, *, after: int, epoch: int) -> None:
    """The control room, or lines of progress, and then the closing words. Raises Failed when the run failed."""
    if not headless and speak.interactive():
        from ..tui.app import open_room

        open_room(paths.root)
        return summary.after_room(paths)
    from .follow import follow
    from .progress import display

    name = paths.name
    try:
        speak.say(f"run {name} in {paths.root}")
        follow(paths, display(), after=after, epoch=epoch)
    except KeyboardInterrupt:
        speak.say(f"{name} goes on without us; `aarctl attach {name}` shows it, `aarctl stop {name}` ends it")
        raise typer.Exit(130) from None
    return summary.closing(paths)
