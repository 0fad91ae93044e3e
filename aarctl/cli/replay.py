"""`aarctl replay`: the control room over the same events with another cursor."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from . import figures, find, speak
from .command import RunName
from .errors import Failed

if TYPE_CHECKING:
    from ..journal.reader import JournalReader


def replay(
    run: RunName,
    at: Annotated[
        str | None,
        typer.Option(metavar="SEQ|TIME", help="Begin at this event, or at this time (14:05, 2026-11-21T14:05:00)."),
    ] = None,
    speed: Annotated[float, typer.Option(metavar="X", help="Times the pace of the run; above 0.")] = 1.0,
) -> None:
    """Watch a run again, from any point.

    Changes nothing, and works while the run goes on.
    """
    if not speed > 0:
        raise typer.BadParameter("must be above 0", param_hint="--speed")
    paths = find.run(run)
    with find.reader(run) as reader:
        seq = moment(reader, at) if at else None
    if not speak.interactive():
        raise Failed(f"replay needs a terminal; `aarctl journal tail {run} --last 0` prints every event")
    from ..tui.app import open_room

    open_room(paths.root, readonly=True, replay=True, at=seq, speed=speed)


def moment(reader: JournalReader, at: str) -> int:
    """The seq that `at` names: a number, a local time of day, or an ISO date and time. Raises Failed."""
    last = reader.last_seq()
    if at.isdigit():
        if not 1 <= int(at) <= last:
            raise Failed(f"event {at} is not in run {reader.run}, which has 1 to {last}")
        return int(at)
    opened = next((record.at for record in reader.records(limit=1)), 0)
    begun = datetime.fromtimestamp(opened / 1e6).astimezone()
    try:
        when = _time(at, begun)
    except ValueError:
        raise Failed(
            f"--at {at!r} is no event and no time; write 1200, 14:05, 14:05:30 or 2026-11-21T14:05:00"
        ) from None
    seq = reader.seq_at(int(when.timestamp() * 1e6))
    if seq == 0:
        raise Failed(
            f"run {reader.run} began later than {at}, at {figures.date(opened)}; give a later time or an event"
        )
    return seq


def _time(at: str, begun: datetime) -> datetime:
    """A time without a day is the first such time since the run began, in its own time zone."""
    if len(at) <= 8 and ":" in at:
        clock = datetime.strptime(at, "%H:%M:%S" if at.count(":") == 2 else "%H:%M").time()
        when = datetime.combine(begun.date(), clock, begun.tzinfo)
        earliest = begun if at.count(":") == 2 else begun.replace(second=0)
        return when if when >= earliest.replace(microsecond=0) else when + timedelta(days=1)
    return datetime.fromisoformat(at)
