"""`aarctl`: the application, its commands in the order a person meets them, and its exit codes.

0 done, 1 failed with a sentence, 2 bad usage, 130 interrupted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import errors, speak

GROUPS = {
    "Run and watch": ("run", "attach", "replay", "serve"),
    "Read": ("runs", "status", "board", "budget", "flags", "log", "search", "forum", "journal"),
    "Steer": ("pause", "freeze", "resume", "stop", "steer", "add", "retire", "move", "cancel", "verdict", "replicate"),
    "Prepare": ("doctor", "key", "images", "sandboxes", "validate", "task", "baselines"),
}
"""The headings of `aarctl --help`, and every command."""
NAMES = tuple(name for names in GROUPS.values() for name in names)
HOMES = {
    "flags": "judging", "verdict": "judging", "replicate": "judging",
    "pause": "holding", "freeze": "holding", "resume": "holding", "stop": "holding",
    "steer": "team", "add": "team", "retire": "team",
    "move": "queue", "cancel": "queue",
}  # fmt: skip
"""The file of a command, where it is not its own."""


class Room(TyperGroup):
    """The root: errors become one sentence, and the list of commands gets headings."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what it raises ends it with exit code 1 and a sentence on stderr."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError, EOFError):
            raise
        except Exception as error:
            if hasattr(error, "exit_code") or errors.wants_traceback():  # bad usage: typer says it
                raise
            speak.warn(errors.sentence(error))
            raise typer.Exit(1) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of GROUPS."""
        return [name for name in NAMES if name in self.commands]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their headings."""
        width = formatter.width - 6 - max(map(len, self.commands))
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(width)) for name in names])


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"aarctl {__version__}")
        raise typer.Exit


def root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which aarctl this is.")
    ] = False,
) -> None:
    """A control room for a fleet of autonomous alignment researchers.

    Without a command: pick a run and open it.
    """
    if ctx.invoked_subcommand is None:
        from .attach import pick

        pick()


def application(names: Iterable[str] = NAMES) -> typer.Typer:
    """The application with these commands; only their files are imported."""
    app = typer.Typer(
        name="aarctl",
        cls=Room,
        callback=root,
        invoke_without_command=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        epilog="Exit codes: 0 done, 1 failed with a sentence, 2 bad usage, 130 interrupted.",
    )
    for name in names:
        file = importlib.import_module(f".{HOMES.get(name, name)}", __package__)
        if isinstance(group := getattr(file, "app", None), typer.Typer):
            app.add_typer(group, name=name)
        else:
            app.command(name)(getattr(file, name))
    return app


def main() -> None:
    """The console script. A command that is named first is the only one that has to be there."""
    named = sys.argv[1:2]
    application(named if set(named) & set(NAMES) else NAMES)()
