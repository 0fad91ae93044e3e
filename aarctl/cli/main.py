"""`aarctl`: the application, its commands in the order a person meets them, and its exit codes.

0 done, 1 failed with a sentence, 2 bad usage, 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from . import attach as attaching
from . import baselines as baselines_file
from . import board as board_file
from . import budget as budget_file
from . import (
    doctor,
    errors,
    forum,
    holding,
    images,
    journal,
    judging,
    key,
    log,
    queue,
    replay,
    runs,
    sandboxes,
    search,
    serve,
    speak,
    status,
    task,
    team,
    validate,
)
from . import run as run_file

GROUPS = {
    "Run and watch": ("run", "attach", "replay", "serve"),
    "Read": ("runs", "status", "board", "budget", "flags", "log", "search", "forum", "journal"),
    "Steer": (
        "pause", "freeze", "resume", "stop", "steer", "add", "retire", "move", "cancel", "verdict", "replicate",
    ),
    "Prepare": ("doctor", "key", "images", "sandboxes", "validate", "task", "baselines"),
}
"""The headings of `aarctl --help`."""


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
        return [name for names in GROUPS.values() for name in names]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their headings."""
        width = formatter.width - 6 - max(map(len, self.commands))
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(width)) for name in names])


app = typer.Typer(
    name="aarctl",
    cls=Room,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed with a sentence, 2 bad usage, 130 interrupted.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"aarctl {__version__}")
        raise typer.Exit


@app.callback()
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
        attaching.pick()


for _name, _command in {
    "run": run_file.run,
    "attach": attaching.attach,
    "replay": replay.replay,
    "serve": serve.serve,
    "runs": runs.runs,
    "status": status.status,
    "board": board_file.board,
    "budget": budget_file.budget,
    "log": log.log,
    "search": search.search,
    "forum": forum.forum,
    "flags": judging.flags,
    "pause": holding.pause,
    "freeze": holding.freeze,
    "resume": holding.resume,
    "stop": holding.stop,
    "steer": team.steer,
    "add": team.add,
    "retire": team.retire,
    "move": queue.move,
    "cancel": queue.cancel,
    "verdict": judging.verdict,
    "replicate": judging.replicate,
    "doctor": doctor.doctor,
    "validate": validate.validate,
    "baselines": baselines_file.baselines,
}.items():
    app.command(_name)(cast("Callable[..., None]", _command))
app.add_typer(images.app, name="images")
app.add_typer(journal.app, name="journal")
app.add_typer(key.app, name="key")
app.add_typer(sandboxes.app, name="sandboxes")
app.add_typer(task.app, name="task")


def main() -> None:
    """The console script."""
    app()
