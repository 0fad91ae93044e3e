"""From the words a person typed to a run's folder, its reader, its researchers; or a sentence that helps."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from .errors import Failed

if TYPE_CHECKING:
    from ..home import RunPaths
    from ..journal.reader import JournalReader
    from ..journal.state import RunState


def run(name: str) -> RunPaths:
    """The existing run `name`. Raises BadRunName, Failed."""
    from ..home import Home

    home = Home.default()
    paths = home.run(name)
    if paths.journal.exists():
        return paths
    known = [each.name for each in home.runs()]
    near = get_close_matches(name, known, n=1)
    if near:
        raise Failed(f"no run {name!r}; did you mean {near[0]!r}? `aarctl runs` lists them all")
    if known:
        raise Failed(f"no run {name!r}; `aarctl runs` lists the runs there are")
    raise Failed(f"no run {name!r}, nor any other; `aarctl run recipes/quickstart.toml` starts one")


def reader(name: str) -> JournalReader:
    """The journal of the run `name`, opened for reading; use it as a context manager."""
    from ..journal.reader import JournalReader

    return JournalReader(run(name).root)


def researcher(paths: RunPaths, state: RunState, name: str) -> str:
    """`name` when it is a researcher of the run. Raises Failed with those that are.

    Before the researchers are created (their task is being built) the recipe says who will come.
    """
    known = list(state.researchers) or _planned(paths)
    if name in known:
        return name
    there = f"it has {', '.join(known)}" if known else "it has none yet"
    raise Failed(f"no researcher {name!r} in run {paths.name}; {there}")


def _planned(paths: RunPaths) -> list[str]:
    from .. import recipe

    return [each.id for each in recipe.load(paths.recipe).researchers] if paths.recipe.exists() else []
