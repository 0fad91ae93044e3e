"""`aarctl journal`: checking and reading a run's event log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from . import figures, find, shapes, speak
from .command import AsJson, RunName

if TYPE_CHECKING:
    from ..journal.reader import JournalReader, Record

app = typer.Typer(help="Check or read a run's event log.", rich_markup_mode=None, no_args_is_help=True)
POLL_S = 0.2


@app.command()
def verify(
    run: RunName,
    expect: Annotated[
        str, typer.Option(metavar="HEAD", help="A head hash kept elsewhere: the journal must still contain it.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check that a journal is whole and unaltered.

    Walks all of it: no gap, in order, no row changed, every blob there.
    """
    from ..journal.verify import verify as walk

    paths = find.run(run)
    if expect and (len(expect) != 32 or expect.strip("0123456789abcdef")):
        raise typer.BadParameter("a head is 32 of 0-9 and a-f", param_hint="--expect")
    found = walk(paths.root, expect)
    if as_json:
        return speak.dump(shapes.Verification(run=paths.name, events=found.events, blobs=found.blobs, head=found.head))
    held = f"; it contains {expect}" if expect else ""
    return speak.say(
        f"{paths.name}: {figures.count(found.events, 'event')} and {figures.count(found.blobs, 'blob')} are sound, "
        f"head {found.head}{held}"
    )


@app.command()
def tail(
    run: RunName,
    last: Annotated[int, typer.Option("--last", metavar="N", min=0, help="The last N events; 0 means all.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run is over.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the journal's last events, one a line."""
    from ..journal.fold import apply

    with find.reader(run) as reader:
        state = reader.state()
        after = max(0, state.seq - last) if last else 0
        for record in reader.records(after, upto=state.seq):
            _print(record, as_json)
        version = -1
        while follow and not (state.over and not reader.supervised()):
            if (now := reader.data_version()) != version:
                version = now
                for record in reader.records(state.seq):
                    apply(state, record.seq, record.at, record.event)
                    _print(record, as_json)
            elif not reader.supervised() and not _grown(reader, state.seq):
                speak.warn(f"no supervisor runs {reader.run}: nothing more will come")
                return
            time.sleep(POLL_S)


def _grown(reader: JournalReader, seq: int) -> bool:
    return reader.last_seq() > seq


def _print(record: Record, as_json: bool) -> None:
    from ..journal.events import kind_of
    from .log import event
    from .tell import tell

    if as_json:
        speak.dump(event(record), indent=None)
    else:
        who = record.researcher or "-"
        speak.say(
            f"{record.seq:>6}  {figures.clock(record.at)}  {who:<3} {kind_of(record.event):<24} {tell(record.event)}"
        )
