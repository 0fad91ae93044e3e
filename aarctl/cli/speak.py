"""What the commands print. Everything passes through `plain`, and nothing is ever read as markup.

Results go to stdout; what is said about them while they come (progress, refusals) goes to stderr. JSON is pure
ASCII: every other character is escaped, so it may be shown on a terminal too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from . import plain

if TYPE_CHECKING:
    from rich.console import Console

UNWATCHED_WIDTH = 120  # columns of a table where no terminal says how wide it is


def say(text: str = "") -> None:
    """Print `text`, cleaned, on stdout."""
    typer.echo(plain.clean(text))


def warn(text: str) -> None:
    """Print `text`, cleaned, on stderr."""
    typer.echo(plain.clean(text), err=True)


def dump(shape: object, *, indent: int | None = 2) -> None:
    """Print a struct of `shapes` as JSON; `indent=None` makes it one line."""
    import json

    import msgspec

    text = json.dumps(msgspec.to_builtins(shape), ensure_ascii=True, indent=indent)
    typer.echo(text.replace("\x7f", "\\u007f"))


def interactive() -> bool:
    """Whether a person sits at both ends, so that the control room can open."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def console() -> Console:
    """A Rich console on stdout that reads no markup."""
    from rich.console import Console

    made = Console(markup=False, highlight=False, emoji=False)
    return made if made.is_terminal else Console(markup=False, highlight=False, emoji=False, width=UNWATCHED_WIDTH)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; a column whose title begins with "#" is set to the right. Cells are untrusted."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in columns:
        right = title.startswith("#")
        made.add_column(Text(title.lstrip("#")), justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in rows:
        made.add_row(*(Text(plain.line(cell)) for cell in row))
    console().print(made)
